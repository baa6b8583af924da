/**
 * What the check can tell of the network: how much it sends a second, and whether a direct way to
 * the others may be found or the conversation will go by way of the studio's relay.
 */

const SMALL_BYTES = 30_000;
const PIECE_BYTES = 60_000;
const MOST_PIECES = 8;
const GATHERING_MS = 5_000;
// What is recorded is about five million bits a second, what the others see two.
const PLENTY_MBITS = 8;
const ENOUGH_MBITS = 3;

/**
 * @typedef {"good" | "fair" | "poor"} Capacity
 * @typedef {"direct" | "relay" | "none" | "unknown"} Way
 *
 * @typedef {object} Line What is needed of the live channel.
 * @property {(message: {type: string, [field: string]: unknown}) => boolean} send
 * @property {() => Promise<number>} ping resolves with the milliseconds until the answer came, which
 *   comes after all that was sent before
 */

/**
 * Sends what the studio passes over, and times it: little first, then as much as a second takes.
 *
 * @param {Line} line
 * @returns {Promise<number>} millions of bits a second
 */
export async function measureUpload(line) {
  const tripMs = await line.ping();
  const first = rate(SMALL_BYTES, (await weigh(line, SMALL_BYTES, 1)) - tripMs);
  const pieces = Math.min(MOST_PIECES, Math.floor((first * 1e6) / 8 / PIECE_BYTES));
  if (pieces < 1) return first;
  return rate(pieces * PIECE_BYTES, (await weigh(line, PIECE_BYTES, pieces)) - tripMs);
}

/**
 * @param {Line} line
 * @param {number} bytes of each piece
 * @param {number} pieces
 */
async function weigh(line, bytes, pieces) {
  const startedMs = performance.now();
  const filler = "x".repeat(bytes);
  for (let index = 0; index < pieces; index += 1) line.send({ type: "weigh", filler });
  await line.ping();
  return performance.now() - startedMs;
}

/**
 * @param {number} bytes
 * @param {number} tookMs
 */
function rate(bytes, tookMs) {
  return (bytes * 8) / 1000 / Math.max(1, tookMs);
}

/** @param {number} mbits @returns {Capacity} */
export function judgeUpload(mbits) {
  if (mbits >= PLENTY_MBITS) return "good";
  return mbits >= ENOUGH_MBITS ? "fair" : "poor";
}

/**
 * Tries the ways out of this network, with the studio's relay at their end.
 *
 * @param {RTCIceServer[]} iceServers
 * @returns {Promise<Way>}
 */
export async function seekWay(iceServers) {
  if (iceServers.length === 0) return "unknown";
  const pc = new RTCPeerConnection({ iceServers });
  try {
    return judgeWay(await gather(pc));
  } finally {
    pc.close();
  }
}

/**
 * @param {RTCPeerConnection} pc
 * @returns {Promise<RTCIceCandidate[]>} what was found until all was tried, or long enough
 */
async function gather(pc) {
  /** @type {RTCIceCandidate[]} */
  const found = [];
  pc.createDataChannel("way");
  const gathered = new Promise((resolve) => {
    setTimeout(resolve, GATHERING_MS);
    pc.onicecandidate = ({ candidate }) => {
      if (candidate) found.push(candidate);
      else resolve(undefined);
      // Nothing better can come: this network lets datagrams out.
      if (candidate && isByDatagram(candidate)) resolve(undefined);
    };
  });
  await pc.setLocalDescription();
  await gathered;
  return found;
}

/**
 * @param {Pick<RTCIceCandidate, "type" | "candidate">[]} found
 * @returns {Way}
 */
export function judgeWay(found) {
  if (found.some(isByDatagram)) return "direct";
  return found.some((candidate) => candidate.type === "relay") ? "relay" : "none";
}

/**
 * Whether a way was found by a datagram that came back. A relay that was reached over TCP says so in
 * `relayProtocol`, which not every browser tells; there the preference that it is given does.
 *
 * @param {Pick<RTCIceCandidate, "type" | "candidate"> & {relayProtocol?: string | null}} candidate
 */
function isByDatagram(candidate) {
  if (candidate.type === "srflx") return true;
  if (candidate.type !== "relay") return false;
  if (candidate.relayProtocol) return candidate.relayProtocol === "udp";
  return Number(candidate.candidate.split(" ")[3]) >>> 24 >= 2;
}
