/**
 * Carries the microphone and what is heard to the worker, past the page's own thread.
 *
 * Where the browser hands out the microphone's blocks themselves, the worker takes them at the
 * device's own rate: measured under load, the sound thread lost twenty times as many samples.
 *
 * @import { Trouble } from "./shapes.js"
 *
 * @typedef {object} Sound
 * @property {MessagePort} port the worker's end: blocks of samples
 * @property {ReadableStream<AudioData> | null} microphone its blocks, where the browser hands them out
 * @property {number} delayUs how long a sample is under way from the device to the sound thread
 * @property {(tracks: MediaStreamTrack[]) => void} hear
 * @property {() => Promise<boolean>} stop resolves when the last block is on its way, and tells
 *   whether it is: the worker may wait for it
 */

const RATE_HZ = 48_000;
const USUAL_DEVICE_BLOCK_S = 0.01;
const LONGEST_DEVICE_BLOCK_S = 0.05;
const MOST_BLOCKS_WAITING = 1_000;
const LAST_BLOCK_MS = 2_000;
const MICROPHONE_INPUT = 0;
const HEARD_INPUT = 1;

/**
 * @param {MediaStreamTrack} microphone
 * @param {MediaStreamTrack[]} heard
 * @param {(trouble: Trouble) => void} trouble
 * @param {boolean} byWorklet take the microphone by the sound thread in any case
 * @param {AbortSignal} signal closes it, opened or not
 * @returns {Promise<Sound>}
 */
export async function openSound(microphone, heard, trouble, byWorklet, signal) {
  const context = new AudioContext({ sampleRate: RATE_HZ, latencyHint: "interactive" });
  signal.addEventListener("abort", () => void context.close().catch(() => undefined));
  await context.audioWorklet.addModule(new URL("./capture_worklet.js", import.meta.url));
  const node = captureNode(context);
  const { port1, port2 } = new MessageChannel();
  node.port.postMessage({ port: port1 }, [port1]);
  const blocks = byWorklet ? null : blocksOf(microphone);
  if (!blocks) sourceOf(context, microphone).connect(node, 0, MICROPHONE_INPUT);
  const hear = listener(context, node);
  hear(heard);
  // Without a way to the loudspeaker some browsers never ask the node for samples; it gives silence.
  node.connect(context.destination);
  context.addEventListener("statechange", () => wakeUp(context, trouble));
  await context.resume();
  const way = { port: port2, microphone: blocks, delayUs: delayUs(context, microphone) };
  return { ...way, hear, stop: () => close(context, node) };
}

/**
 * @param {MediaStreamTrack} microphone
 * @returns {ReadableStream<AudioData> | null}
 */
function blocksOf(microphone) {
  if (!("MediaStreamTrackProcessor" in window)) return null;
  const track = /** @type {MediaStreamAudioTrack} */ (microphone);
  return new MediaStreamTrackProcessor({ track, maxBufferSize: MOST_BLOCKS_WAITING }).readable;
}

/**
 * The device hands over a block when it is full; the sound thread fetches it within its own beat.
 *
 * @param {AudioContext} context
 * @param {MediaStreamTrack} microphone
 */
function delayUs(context, microphone) {
  const { latency } = /** @type {{latency?: number}} */ (microphone.getSettings());
  const blockS = Math.min(latency || USUAL_DEVICE_BLOCK_S, LONGEST_DEVICE_BLOCK_S);
  return (blockS + (context.baseLatency || 0) / 2) * 1e6;
}

/** @param {AudioContext} context */
function captureNode(context) {
  return new AudioWorkletNode(context, "capture", {
    numberOfInputs: 2,
    numberOfOutputs: 1,
    channelCount: 1,
    channelCountMode: "explicit",
  });
}

/**
 * @param {AudioContext} context
 * @param {MediaStreamTrack} track
 */
function sourceOf(context, track) {
  return context.createMediaStreamSource(new MediaStream([track]));
}

/**
 * @param {AudioContext} context
 * @param {AudioWorkletNode} node
 * @returns {(tracks: MediaStreamTrack[]) => void}
 */
function listener(context, node) {
  /** @type {MediaStreamAudioSourceNode[]} */
  let sources = [];
  return (tracks) => {
    sources.forEach((source) => source.disconnect());
    sources = tracks.map((track) => sourceOf(context, track));
    sources.forEach((source) => source.connect(node, 0, HEARD_INPUT));
  };
}

/**
 * A telephone call suspends the sound of a page; it comes back by itself where the browser lets it.
 *
 * @param {AudioContext} context
 * @param {(trouble: Trouble) => void} trouble
 */
function wakeUp(context, trouble) {
  if (context.state === "running" || context.state === "closed") return;
  trouble("sound_stopped");
  context.resume().catch(() => undefined);
}

/**
 * @param {AudioContext} context
 * @param {AudioWorkletNode} node
 * @returns {Promise<boolean>} whether the sound thread has sent its last block
 */
async function close(context, node) {
  const isEmpty = new Promise((resolve) => {
    node.port.onmessage = () => resolve(true);
  });
  node.port.postMessage({ stop: true });
  // A suspended context never answers; it has nothing left to give either.
  const late = new Promise((resolve) => setTimeout(() => resolve(false), LAST_BLOCK_MS));
  const isLastSent = context.state === "running" && (await Promise.race([isEmpty, late]));
  await context.close();
  return isLastSent;
}
