/**
 * How much of the line the uploads may take while a call runs on it.
 *
 * What is sent fills the queues on the way before anything is lost: the call's round trip grows.
 * So the share is halved when it does, and grows again little by little while it does not.
 */

const FIRST_SHARE = 0.5;
const LEAST_SHARE = 0.05;
const MORE_SHARE = 0.1;
const RISEN_S = 0.05;
const RISEN_RATIO = 1.5;
// The way itself may grow longer: the shortest trip ever seen is forgotten little by little.
const FORGOTTEN_S = 0.002;
const LONGEST_PAUSE_MS = 30_000;

export class Pace {
  constructor() {
    /** of the time, in which something is under way */
    this.share = FIRST_SHARE;
    this.leastS = Infinity;
  }

  /** @param {number} roundTripS of the call, as it is now */
  hear(roundTripS) {
    this.leastS = Math.min(roundTripS, this.leastS + FORGOTTEN_S);
    const isRisen = roundTripS > Math.max(this.leastS + RISEN_S, this.leastS * RISEN_RATIO);
    const share = isRisen ? this.share / 2 : this.share + MORE_SHARE;
    this.share = Math.min(1, Math.max(LEAST_SHARE, share));
  }

  /**
   * @param {number} tookMs how long the line was used
   * @returns {number} how long it is then left to the call, in ms
   */
  pauseMs(tookMs) {
    return Math.min(LONGEST_PAUSE_MS, tookMs * (1 / this.share - 1));
  }
}
