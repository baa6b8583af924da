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
 * @property {number} [framesPerS] pictures decoded a second, since the look before
 * @property {number} [givenPerS] pictures a second that the other side's camera gives; 0 where it is
 *   off or held, absent where it is not known
 * @property {number} sourcePerS pictures a second that this side's camera gives
 * @property {number} atMs when it was looked
 */

/**
 * @typedef {object} Line What a device knows of its own line by a third place, the studio.
 * @property {boolean} isSlow whether the studio answers late
 * @property {boolean} isNarrow whether little goes out, as was seen at the check
 *
 * @typedef {"yours" | "theirs" | "between"} End
 */

const GOOD_TRIP_S = 0.3;
const FAIR_TRIP_S = 0.8;
const GOOD_LOSS = 0.02;
const FAIR_LOSS = 0.08;
const GOOD_FRAMES_PER_S = 10;
const FAIR_FRAMES_PER_S = 4;
// A camera in the dark gives few pictures: what arrives of them is what counts.
const WHOLE = 0.6;

/**
 * @param {RTCPeerConnection} pc
 * @param {Figures} [before] what was seen at the last look
 * @returns {Promise<Figures>}
 */
export async function look(pc, before) {
  /** @type {Figures} */
  const figures = { roundTripS: 0, lost: 0, received: 0, frames: 0, sourcePerS: 0, atMs: performance.now() };
  const stats = await pc.getStats();
  figures.roundTripS = wayInUse(stats)?.currentRoundTripTime ?? 0;
  for (const report of stats.values()) {
    if (report.type === "media-source") figures.sourcePerS += report.framesPerSecond ?? 0;
    if (report.type !== "inbound-rtp") continue;
    figures.lost += report.packetsLost ?? 0;
    figures.received += report.packetsReceived ?? 0;
    figures.frames += report.framesDecoded ?? 0;
  }
  if (before) {
    figures.framesPerS = ((figures.frames - before.frames) * 1000) / (figures.atMs - before.atMs);
  }
  return figures;
}

/**
 * The pair of addresses over which the connection runs now. A pair that was left for a better one,
 * or lost with a network, stays nominated with the figures it had then.
 * @param {RTCStatsReport} stats
 */
function wayInUse(stats) {
  const reports = [...stats.values()];
  const transport = reports.find((one) => one.type === "transport" && one.selectedCandidatePairId);
  if (transport) return stats.get(transport.selectedCandidatePairId);
  // Firefox marks the pair itself.
  return reports.find((one) => one.type === "candidate-pair" && one.selected);
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
  return worst([judgeTrip(now.roundTripS), judgeLoss(loss), judgePicture(before, now)]);
}

/**
 * Says whose line it is that carries too little. Loss and delay between two tell the way and not the
 * end: only what an end knows of itself by another way does. Where nobody knows, nobody is blamed.
 *
 * @param {{quality: Quality, theirs: Quality, line: Line}} peer what comes from there, what goes
 *   there, and what that end knows of itself
 * @param {Line} own
 * @returns {End}
 */
export function endOf({ quality, theirs, line }, own) {
  if (own.isSlow || (isPoor(theirs) && own.isNarrow)) return "yours";
  if (line.isSlow || (isPoor(quality) && line.isNarrow)) return "theirs";
  return "between";
}

/** @param {Quality} quality @returns {boolean} whether too little is carried, or nothing at all */
export function isPoor(quality) {
  return quality === "poor" || quality === "lost";
}

/** @param {number[]} tripsS the last ones to the studio @returns {boolean} */
export function isSlow(tripsS) {
  return tripsS.length > 0 && judgeTrip(Math.min(...tripsS)) === "poor";
}

/** @param {number} roundTripS @returns {Quality} */
function judgeTrip(roundTripS) {
  if (roundTripS <= GOOD_TRIP_S) return "good";
  return roundTripS <= FAIR_TRIP_S ? "fair" : "poor";
}

/** @param {number} loss @returns {Quality} */
function judgeLoss(loss) {
  if (loss <= GOOD_LOSS) return "good";
  return loss <= FAIR_LOSS ? "fair" : "poor";
}

/**
 * A narrow line may be quick and lose nothing, since the sender has seen that little passes: then
 * few pictures come. Two looks in a row have to say so, for a camera may go on or off between them.
 *
 * @param {Figures | undefined} before
 * @param {Figures} now
 * @returns {Quality}
 */
function judgePicture(before, now) {
  const given = Math.min(before?.givenPerS ?? 0, now.givenPerS ?? 0);
  const arrived = Math.max(before?.framesPerS ?? Infinity, now.framesPerS ?? Infinity);
  if (arrived >= Math.min(GOOD_FRAMES_PER_S, WHOLE * given)) return "good";
  return arrived >= FAIR_FRAMES_PER_S ? "fair" : "poor";
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
