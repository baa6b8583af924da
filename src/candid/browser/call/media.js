/**
 * What of a camera goes over the network: less than is recorded, for it has to pass now.
 */

const H264 = "video/h264";

/**
 * @typedef {object} Measure The most that is sent to one other participant.
 * @property {number} heightPx
 * @property {number} bitsPerS
 */

/**
 * The most for each of the others: one, two, three. A device encodes and sends for everyone, so
 * that four people ask as much of it as two do.
 *
 * @type {Measure[]}
 */
const MEASURES = [
  { heightPx: 720, bitsPerS: 1_800_000 },
  { heightPx: 540, bitsPerS: 900_000 },
  { heightPx: 360, bitsPerS: 600_000 },
];

/**
 * @param {number} nOthers
 * @returns {Measure}
 */
export function measureFor(nOthers) {
  return MEASURES[Math.min(Math.max(nOthers, 1), MEASURES.length) - 1];
}

/**
 * Sets how much of a picture is sent. On a narrow line the picture becomes smaller before it
 * stutters, and sound goes before the picture.
 *
 * @param {RTCRtpSender} sender
 * @param {MediaStreamTrack | null} camera
 * @param {Measure} measure
 */
export async function limitPicture(sender, camera, measure) {
  const parameters = sender.getParameters();
  parameters.degradationPreference = "maintain-framerate";
  for (const encoding of parameters.encodings) {
    encoding.maxBitrate = measure.bitsPerS;
    encoding.scaleResolutionDownBy = scale(camera, measure.heightPx);
    encoding.priority = "low";
  }
  await set(sender, parameters);
}

/** @param {RTCRtpSender} sender */
export async function favourSound(sender) {
  const parameters = sender.getParameters();
  for (const encoding of parameters.encodings) encoding.priority = "high";
  await set(sender, parameters);
}

/**
 * Some browsers refuse a wish, or any wish before they have negotiated: they send what they send.
 *
 * @param {RTCRtpSender} sender
 * @param {RTCRtpSendParameters} parameters
 */
async function set(sender, parameters) {
  await sender.setParameters(parameters).catch(() => undefined);
}

/**
 * @param {MediaStreamTrack | null} camera
 * @param {number} heightPx
 */
function scale(camera, heightPx) {
  const { width = 0, height = 0 } = camera?.getSettings() ?? {};
  return Math.max(1, Math.min(width, height) / heightPx);
}

/** VP8 and VP9 at this size cost a small computer its frames; H.264 keeps them. */
export function h264First() {
  const codecs = RTCRtpReceiver.getCapabilities("video")?.codecs ?? [];
  const first = codecs.filter((codec) => codec.mimeType.toLowerCase() === H264);
  return [...first, ...codecs.filter((codec) => !first.includes(codec))];
}
