/**
 * Brings a camera or microphone back that stalled, was unplugged, or was taken away by the system.
 *
 * A device that comes back is another track, and with it the recorder begins another take; that is
 * `Recording.replaceDevices`. Here is only when to ask the browser again.
 *
 * @import { Check } from "./check.js"
 * @import { Trouble } from "./devices.js"
 */

// A device that is broken for good is asked ever more seldom. A camera that stalls is given time to
// come back by itself, and the other side time to say that the picture stands still.
const WAITS_MS = { camera: [1_500, 5_000, 15_000, 45_000], microphone: [0, 5_000, 15_000, 45_000] };
const STEADY_MS = 60_000;
// A telephone call, or another page, may hold a device: it comes back by itself or is asked for.
const HELD_MS = 4_000;

/** @typedef {"camera" | "microphone"} Device */

/** @type {Device[]} */
const DEVICES = ["camera", "microphone"];

export class Mending {
  /**
   * @param {Check} check
   * @param {{isWanted: () => boolean, interrupted: (device: Device) => void, returned: (device: Device) => void}} page
   *   whether the devices are still wanted, and what to do when the system holds one and when it is back
   */
  constructor(check, page) {
    this.check = check;
    this.page = page;
    /** @type {WeakSet<MediaStreamTrack>} */
    this.watched = new WeakSet();
    /** @type {Set<Device>} what the system holds, as was said */
    this.held = new Set();
    /** @type {{[device: string]: {count: number, lastMs: number, timer?: number}}} */
    this.tries = { camera: { count: 0, lastMs: 0 }, microphone: { count: 0, lastMs: 0 } };
    navigator.mediaDevices?.addEventListener("devicechange", () => this.seekMissing());
    document.addEventListener("visibilitychange", () => this.comeBack());
  }

  /** Follows the devices in use: one that ends or is held by the system is asked for again. */
  watch() {
    for (const device of DEVICES) {
      const track = this.check[device];
      if (!track || this.watched.has(track)) continue;
      this.watched.add(track);
      track.addEventListener("ended", () => this.hearEnd(device, track));
      track.addEventListener("mute", () => this.hearHold(device, track));
      track.addEventListener("unmute", () => this.hearReturn(device, track));
      this.hearReturn(device, track);
    }
  }

  /**
   * @param {Device} device
   * @param {MediaStreamTrack} track
   */
  hearEnd(device, track) {
    if (track === this.check[device]) this.seek(device);
  }

  /**
   * @param {Device} device
   * @param {MediaStreamTrack} track
   */
  hearHold(device, track) {
    if (track !== this.check[device] || !this.page.isWanted()) return;
    this.held.add(device);
    this.page.interrupted(device);
    setTimeout(() => {
      if (track === this.check[device] && track.muted && isVisible()) this.seek(device);
    }, HELD_MS);
  }

  /**
   * What was said to be held is back: by itself, or as another track.
   *
   * @param {Device} device
   * @param {MediaStreamTrack} track
   */
  hearReturn(device, track) {
    if (track !== this.check[device] || track.muted) return;
    if (this.held.delete(device) && this.page.isWanted()) this.page.returned(device);
  }

  /** A page that was put away finds its sound stopped and its devices taken. */
  comeBack() {
    if (!isVisible() || !this.page.isWanted()) return;
    void this.check.sound.start();
    for (const device of DEVICES) {
      const track = this.check[device];
      if (track && (track.muted || track.readyState === "ended")) this.seek(device);
    }
  }

  /** Asks for a device again. @param {Device} device */
  seek(device) {
    const tried = this.tries[device];
    if (performance.now() - tried.lastMs > STEADY_MS) tried.count = 0;
    const waits = WAITS_MS[device];
    const waitMs = waits[Math.min(tried.count, waits.length - 1)];
    clearTimeout(tried.timer);
    tried.timer = setTimeout(() => void this.reopen(device), waitMs);
  }

  /** Something was plugged in or out. */
  seekMissing() {
    for (const device of DEVICES) if (this.isMissing(device)) this.seek(device);
  }

  /** @param {Device} device */
  async reopen(device) {
    if (!this.page.isWanted()) return;
    const tried = this.tries[device];
    tried.count += 1;
    tried.lastMs = performance.now();
    const trouble = await this.open(device);
    // A question that was answered with no is not asked again by itself.
    if (trouble !== "refused" && this.page.isWanted() && this.isMissing(device)) this.seek(device);
  }

  /** @param {Device} device @returns {Promise<Trouble | null>} why it is not on */
  async open(device) {
    if (device === "microphone") return this.check.replaceMicrophone();
    return this.check.wantsCamera ? this.check.turnCamera(true) : null;
  }

  /** @param {Device} device */
  isMissing(device) {
    return isGone(this.check[device]) && (device === "microphone" || this.check.wantsCamera);
  }
}

/** @param {MediaStreamTrack | null} track */
function isGone(track) {
  return track === null || track.readyState === "ended";
}

function isVisible() {
  return document.visibilityState === "visible";
}
