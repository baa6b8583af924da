/**
 * The people as equal tiles: picture, name, and what to say where there is no picture.
 */

/** One person's tile. */
export class Tile {
  /** @param {{isOwn: boolean}} kind the own picture is silent here, and seen as in a mirror */
  constructor({ isOwn }) {
    this.element = document.createElement("div");
    this.element.className = isOwn ? "tile own" : "tile";
    this.video = document.createElement("video");
    this.video.autoplay = true;
    this.video.playsInline = true;
    this.video.muted = isOwn;
    this.cover = document.createElement("p");
    this.cover.className = "cover";
    this.plate = document.createElement("span");
    this.plate.className = "name";
    this.element.append(this.video, this.cover, this.plate);
  }

  /** @param {MediaStream | null} stream */
  show(stream) {
    if (this.video.srcObject !== stream) this.video.srcObject = stream;
    if (stream) this.video.play().catch(() => this.playAtNextPress());
  }

  /** Some browsers let nothing sound before somebody has pressed something. */
  playAtNextPress() {
    const play = () => void this.video.play().catch(() => undefined);
    for (const press of ["pointerup", "keyup"]) {
      document.addEventListener(press, play, { once: true });
    }
  }

  /**
   * @param {string} name what the plate says
   * @param {string} cover why there is no picture; empty when there is one
   */
  say(name, cover) {
    if (this.plate.textContent !== name) this.plate.textContent = name;
    if (this.cover.textContent !== cover) this.cover.textContent = cover;
    this.cover.hidden = cover === "";
    this.video.setAttribute("aria-label", name);
  }

  /** @param {boolean} isSpeaking */
  light(isSpeaking) {
    this.element.classList.toggle("speaks", isSpeaking);
  }
}
