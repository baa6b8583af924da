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

/** Opens until there is what a page before left: for a moment that one may still hold it. */
async function openLeft(more = {}) {
  for (;;) {
    const unfinished = await open(more);
    if (unfinished.length > 0) return unfinished;
    window.uploads.close();
    await passed(0.05);
  }
}

/** Its own thread takes the frames of a copy of the camera's track, and notes when each was made. */
const WATCH = `self.onmessage = async ({ data }) => {
  const reader = data.getReader();
  const stamps = [];
  self.onmessage = () => postMessage(stamps);
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    stamps.push(value.timestamp);
    value.close();
  }
}`;

function watch(camera) {
  const { readable } = new MediaStreamTrackProcessor({ track: camera.clone(), maxBufferSize: 100 });
  window.witness = new Worker(URL.createObjectURL(new Blob([WATCH])));
  window.witness.postMessage(readable, [readable]);
}

/** @returns {Promise<number[]>} what the witness noted, in microseconds */
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
  if (options.isWatched) watch(camera);
  window.recording = await startRecording({
    camera,
    microphone,
    heard: [microphone.clone()],
    identity,
    sink: window.uploads.sink(),
    onTrouble: (trouble) => told.troubles.push(trouble),
    options,
  });
  options.before?.();
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
