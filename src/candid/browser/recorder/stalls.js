/**
 * Notices that a capture of sound stood still: the computer slept, or the device gave nothing.
 *
 * Blocks that were only late are all there afterwards, and the sound begins where it always did.
 * What was never captured moves the beginning, for good.
 *
 * @import { Outlet } from "./delivery.js"
 */

const PAUSE_US = 300_000;
const SETTLED_US = 1_000_000;
const LOST_US = 50_000;

export class Stalls {
  /**
   * @param {Outlet} outlet
   * @param {"microphone" | "heard"} kind
   */
  constructor(outlet, kind) {
    this.outlet = outlet;
    this.kind = kind;
    this.count = 0;
    this.seenUs = Infinity;
    /** the least origin of this second and of the one before */
    this.leastUs = [Infinity, Infinity];
    this.turnUs = 0;
    /** @type {{startUs: number, endUs: number, originUs: number} | null} nothing came in this time */
    this.pause = null;
  }

  /**
   * @param {number} arrivedUs
   * @param {number} originUs when the first sample was captured, judged by the last that came
   */
  see(arrivedUs, originUs) {
    if (arrivedUs - this.seenUs > PAUSE_US) this.begin(arrivedUs);
    this.seenUs = arrivedUs;
    if (arrivedUs - this.turnUs > SETTLED_US) this.turn(arrivedUs);
    this.leastUs[0] = Math.min(this.leastUs[0], originUs);
  }

  /**
   * @param {number} originUs as of the block that came last
   * @returns {number} how much later it came than the quickest of the last seconds
   */
  lateUs(originUs) {
    return originUs - Math.min(...this.leastUs, this.pause?.originUs ?? Infinity);
  }

  /** @param {number} arrivedUs */
  begin(arrivedUs) {
    const { startUs, originUs } = this.pause ?? { startUs: this.seenUs, originUs: Math.min(...this.leastUs) };
    this.pause = { startUs, endUs: arrivedUs, originUs };
    this.leastUs = [Infinity, Infinity];
    this.turnUs = arrivedUs;
  }

  /** @param {number} arrivedUs */
  turn(arrivedUs) {
    if (this.pause) this.judge(this.pause);
    this.leastUs = [Infinity, this.leastUs[0]];
    this.turnUs = arrivedUs;
  }

  /** @param {{startUs: number, originUs: number}} pause */
  judge({ startUs, originUs }) {
    this.pause = null;
    const lostUs = this.leastUs[0] - originUs;
    if (lostUs < LOST_US) return;
    this.count += 1;
    const gap = { is: /** @type {const} */ ("gap"), id: `stall-${this.kind}-${this.count}`, kind: this.kind };
    const times = { start_us: Math.round(startUs), end_us: Math.round(startUs + lostUs) };
    this.outlet.tell([{ ...gap, reason: "stalled", ...times }]);
  }
}
