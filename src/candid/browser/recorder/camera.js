/**
 * Leads the camera's frames to the worker: as frames where the browser can encode H.264 itself,
 * as what MediaRecorder makes of them where not.
 *
 * @typedef {object} Camera
 * @property {() => void} keep from here on what the camera gives is kept
 * @property {() => Promise<void>} stop resolves when the worker has been sent all there is
 */

import { GATHERED_MS } from "./watch.js";

const BITS_PER_SECOND = 5_000_000;
// A fragment begins at a key frame: left to themselves, browsers make one in three to eight seconds.
const KEY_EVERY_MS = 2_000;
const RECORDED_AS = [
  "video/webm;codecs=h264",
  "video/mp4;codecs=avc1.42E01F",
  "video/webm;codecs=vp9",
  "video/webm;codecs=vp8",
  "video/mp4",
];

/**
 * @param {MediaStreamTrack} track
 * @param {Worker} worker
 * @param {{forceMediaRecorder?: boolean, videoBitsPerSecond?: number}} [options]
 * @returns {Promise<Camera>}
 */
export async function openCamera(track, worker, options = {}) {
  const bitsPerSecond = options.videoBitsPerSecond ?? BITS_PER_SECOND;
  const canEncode = !options.forceMediaRecorder && (await canEncodeFrames());
  return canEncode ? sendFrames(track, worker, bitsPerSecond) : sendChunks(track, worker, bitsPerSecond);
}

/** @returns {Promise<boolean>} */
async function canEncodeFrames() {
  if (!("MediaStreamTrackProcessor" in window) || !("VideoEncoder" in window)) return false;
  const wanted = { codec: "avc1.640028", width: 1920, height: 1080, framerate: 30 };
  const told = await VideoEncoder.isConfigSupported(wanted).catch(() => null);
  return told?.supported === true;
}

/**
 * @param {MediaStreamTrack} track
 * @param {Worker} worker
 * @param {number} bitsPerSecond
 * @returns {Camera}
 */
function sendFrames(track, worker, bitsPerSecond) {
  const picture = /** @type {MediaStreamVideoTrack} */ (track);
  const { readable } = new MediaStreamTrackProcessor({ track: picture, maxBufferSize: 30 });
  worker.postMessage({ ask: "frames", frames: readable, bitsPerSecond }, [readable]);
  return { keep: () => undefined, stop: async () => undefined };
}

/**
 * @param {MediaStreamTrack} track
 * @param {Worker} worker
 * @param {number} bitsPerSecond
 * @returns {Camera}
 */
function sendChunks(track, worker, bitsPerSecond) {
  const mimeType = RECORDED_AS.find((type) => MediaRecorder.isTypeSupported(type));
  const options = {
    videoBitsPerSecond: bitsPerSecond,
    videoKeyFrameIntervalDuration: KEY_EVERY_MS,
    ...(mimeType ? { mimeType } : {}),
  };
  const recorder = new MediaRecorder(new MediaStream([track]), options);
  /** @type {Promise<void>} */
  let sent = Promise.resolve();
  recorder.ondataavailable = ({ data }) => {
    sent = sent.then(async () => {
      const bytes = await data.arrayBuffer();
      worker.postMessage({ ask: "chunk", bytes }, [bytes]);
    });
  };
  recorder.onstart = () => worker.postMessage({ ask: "chunks", startUs: performance.now() * 1000 });
  recorder.onstop = () => void sent.then(() => worker.postMessage({ ask: "chunksEnded" }));
  // What it has once begun with begins at a key frame: one of before `keep` would hide seconds after it.
  return { keep: () => startRecorder(recorder, track), stop: () => stopRecorder(recorder, () => sent) };
}

/** @param {MediaRecorder} recorder @param {MediaStreamTrack} track one that has ended begins nothing */
function startRecorder(recorder, track) {
  if (track.readyState === "live") recorder.start(GATHERED_MS);
}

/**
 * @param {MediaRecorder} recorder
 * @param {() => Promise<void>} sent
 * @returns {Promise<void>}
 */
async function stopRecorder(recorder, sent) {
  if (recorder.state !== "inactive") {
    const stopped = new Promise((resolve) => recorder.addEventListener("stop", resolve));
    recorder.stop();
    await stopped;
  }
  await sent();
}
