/**
 * Brings a camera or microphone back that stalled, was unplugged, or was taken away by the system.
 *
 * A device that comes back is another track, and with it the recorder begins another take; that is
 * `Recording.replaceDevices`. Here is only when to ask the browser again.
 *
 * @import { Check } from "./check.js"
 */

// A device that is broken for good is asked ever more seldom. A camera that stalls is given time to
// come back by itself, and the other side time to say that the picture stands still.
const WAITS_MS = { camera: [1_500, 5_000, 15_000, 45_000], microphone: [0, 5_000, 15_000, 45_000] };
const STEADY_MS = 60_000;

/** @typedef {"camera" | "microphone"} Device */

export class Mending {
  /**
   * @param {Check} check
   * @param {() => boolean} isWanted whether the call still goes on
   */
  constructor(check, isWanted) {
    this.check = check;
    this.isWanted = isWanted;
    /** @type {{[device: string]: {count: number, lastMs: number, timer?: number}}} */
    this.tries = { camera: { count: 0, lastMs: 0 }, microphone: { count: 0, lastMs: 0 } };
    navigator.mediaDevices?.addEventListener("devicechange", () => this.seekMissing());
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
    if (this.check.wantsCamera && isGone(this.check.camera)) this.seek("camera");
    if (isGone(this.check.microphone)) this.seek("microphone");
  }

  /** @param {Device} device */
  async reopen(device) {
    if (!this.isWanted()) return;
    const tried = this.tries[device];
    tried.count += 1;
    tried.lastMs = performance.now();
    if (device === "microphone") await this.check.replaceMicrophone();
    else if (this.check.wantsCamera) await this.check.turnCamera(true);
  }
}

/** @param {MediaStreamTrack | null} track */
function isGone(track) {
  return track === null || track.readyState === "ended";
}
