/**
 * How good the way to another participant is, judged from the connection's own figures.
 */

/** @typedef {"good" | "fair" | "poor" | "lost"} Quality */

/**
 * @typedef {object} Figures What is compared from one look to the next.
 * @property {number} roundTripS
 * @property {number} lost packets lost on the way here, since the start
 * @property {number} received packets received, since the start
 * @property {number} frames pictures decoded, since the start
 */

const GOOD_TRIP_S = 0.3;
const FAIR_TRIP_S = 0.8;
const GOOD_LOSS = 0.02;
const FAIR_LOSS = 0.08;

/**
 * @param {RTCPeerConnection} pc
 * @returns {Promise<Figures>}
 */
export async function look(pc) {
  const figures = { roundTripS: 0, lost: 0, received: 0, frames: 0 };
  for (const report of (await pc.getStats()).values()) {
    if (report.type === "candidate-pair" && report.nominated) {
      figures.roundTripS = report.currentRoundTripTime ?? 0;
    }
    if (report.type !== "inbound-rtp") continue;
    figures.lost += report.packetsLost ?? 0;
    figures.received += report.packetsReceived ?? 0;
    figures.frames += report.framesDecoded ?? 0;
  }
  return figures;
}

/**
 * @param {Figures | undefined} before
 * @param {Figures} now
 * @returns {Quality}
 */
export function judge(before, now) {
  const received = now.received - (before?.received ?? 0);
  const lost = Math.max(0, now.lost - (before?.lost ?? 0));
  if (before && received <= 0) return "lost";
  const loss = lost / Math.max(1, lost + received);
  if (loss <= GOOD_LOSS && now.roundTripS <= GOOD_TRIP_S) return "good";
  if (loss <= FAIR_LOSS && now.roundTripS <= FAIR_TRIP_S) return "fair";
  return "poor";
}

/** @type {Quality[]} */
const WORST_FIRST = ["lost", "poor", "fair", "good"];

/**
 * @param {Quality[]} qualities
 * @returns {Quality} the worst of them; `good` when there is none
 */
export function worst(qualities) {
  return WORST_FIRST.find((quality) => qualities.includes(quality)) ?? "good";
}
