/** The page of the recorder's tests: it gives the modules to the test, and no more. */
import { startRecording } from "/static/browser/recorder/recorder.js";
import { openUploads } from "/static/browser/upload/uploads.js";

const PARTICIPANT = "Ada1Ada1Ada1Ada1";
const identity = { callId: "Cal1Cal1Cal1Cal1", participantId: PARTICIPANT, clockId: crypto.randomUUID(), name: "Ada" };
const told = { words: [], troubles: [], rooms: [], progress: { kept: 0, acknowledged: 0, is_done: false } };

async function open(more = {}) {
  window.uploads = await openUploads({
    base: "/ingest/takes",
    token: "token-of-ada",
    participantId: PARTICIPANT,
    onProgress: (progress) => (told.progress = progress),
    onWord: (word) => told.words.push(word),
    onRoom: (room) => told.rooms.push(room),
    ...more,
  });
  return window.uploads.unfinished;
}

/** Opens until there is all that pages before left: for a moment the last one may still hold it. */
async function openLeft(more = {}) {
  for (;;) {
    const unfinished = await open(more);
    if (unfinished.length > 0 && unfinished.length === (await countLeft())) return unfinished;
    window.uploads.close();
    await passed(0.05);
  }
}

async function countLeft() {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle("candid-takes");
  let count = 0;
  for await (const _ of folder.keys()) count += 1;
  return count;
}

/** Its own thread takes what copies of the devices' tracks give, and notes when, and how long it is. */
const WATCH = `let pageOriginMs;
self.onmessage = ({ data: { originMs, given } }) => {
  const noted = {};
  pageOriginMs = originMs;
  self.onmessage = () => postMessage(noted);
  for (const [kind, readable] of Object.entries(given)) note(readable.getReader(), (noted[kind] = []));
}
async function note(reader, noted) {
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const readUs = (performance.now() + performance.timeOrigin - pageOriginMs) * 1000;
    noted.push([value.timestamp, value.duration ?? 0, readUs]);
    value.close();
  }
}`;

function watch(tracks) {
  const given = {};
  for (const [kind, track] of Object.entries(tracks)) {
    given[kind] = new MediaStreamTrackProcessor({ track: track.clone(), maxBufferSize: 100 }).readable;
  }
  window.witness = new Worker(URL.createObjectURL(new Blob([WATCH])));
  window.witness.postMessage({ originMs: performance.timeOrigin, given }, Object.values(given));
}

/**
 * @returns {Promise<{[kind: string]: [number, number, number][]}>} what the witness noted, in microseconds:
 *   a stamp of the device, how long what it gave is, and when it was read by the clock of the recorder
 */
function witnessed() {
  return new Promise((resolve) => {
    window.witness.onmessage = ({ data }) => resolve(data);
    window.witness.postMessage("all");
  });
}

async function record(options = {}) {
  const media = await navigator.mediaDevices.getUserMedia({
    audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    video: { width: 320, height: 240, frameRate: 30 },
  });
  window.media = media;
  const [camera] = media.getVideoTracks();
  const [microphone] = media.getAudioTracks();
  if (options.isWatched) watch({ camera, microphone });
  window.recording = await startRecording({
    camera,
    microphone,
    heard: [microphone.clone()],
    identity,
    sink: window.uploads.sink(),
    onTrouble: (trouble) => told.troubles.push(trouble),
    options,
  });
  await options.before?.();
  window.recording.keep();
  return window.recording.takeId;
}

const passed = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

async function recordFor(seconds, options) {
  const takeId = await record(options);
  await passed(seconds);
  await window.recording.stop();
  return takeId;
}

/** Holds up the page's own thread. */
function block(seconds) {
  for (const until = performance.now() + seconds * 1000; performance.now() < until; );
}

Object.assign(window, { open, openLeft, record, recordFor, passed, block, told, witnessed, isReady: true });
