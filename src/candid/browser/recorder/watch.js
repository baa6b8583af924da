/**
 * Notices that a camera has fallen silent although its track lives: that is told as a gap.
 *
 * @import { Outlet } from "./delivery.js"
 */

const STALLED_MS = 3_000;
/** MediaRecorder hands over what it has once in this time. */
export const GATHERED_MS = 1_000;

export class Watch {
  /**
   * @param {Outlet} outlet
   * @param {() => number} nowUs the recorder clock
   * @param {() => void} stalled called once for every stall
   * @param {number} [everyMs] how long what the camera gives is gathered before it comes
   */
  constructor(outlet, nowUs, stalled, everyMs = 0) {
    this.outlet = outlet;
    this.nowUs = nowUs;
    this.stalled = stalled;
    this.patienceMs = STALLED_MS + everyMs;
    this.nStalls = 0;
  }

  /**
   * Waits for what the camera gives next.
   *
   * @template T
   * @param {Promise<T>} next
   * @returns {Promise<T>}
   */
  async during(next) {
    const startUs = this.nowUs();
    let isStalled = false;
    const timer = setTimeout(() => {
      isStalled = true;
      this.nStalls += 1;
      this.tell(startUs, null);
      this.stalled();
    }, this.patienceMs);
    const given = await next;
    clearTimeout(timer);
    if (isStalled) this.tell(startUs, Math.round(this.nowUs()));
    return given;
  }

  /**
   * @param {number} startUs
   * @param {number | null} endUs
   */
  tell(startUs, endUs) {
    const times = { start_us: Math.round(startUs), end_us: endUs };
    const id = `still-${this.nStalls}`;
    this.outlet.tell([{ is: "gap", id, reason: "stalled", kind: "camera", ...times }]);
  }
}
