/**
 * Records one participant on this device: camera, microphone, and what is heard of the others.
 *
 * Only what a browser insists on happens on the page's own thread. Samples go from the sound
 * thread straight to the worker, frames likewise, so a page that is blocked loses nothing.
 *
 * @import { Identity, RecordingHandle, RecordingRequest, Trouble } from "./shapes.js"
 */

import { openCamera } from "./camera.js";
import { openSound } from "./sound.js";

const ID_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";
const ID_LENGTH = 8;
const PATIENCE_MS = 15_000;

/** @returns {number} the recorder clock */
const nowUs = () => Math.round(performance.now() * 1000);

/** A take that did not begin: what it had kept until then is still to be ended (`uploads.end`). */
export class NotBegunError extends Error {
  /**
   * @param {unknown} cause
   * @param {string} takeId
   */
  constructor(cause, takeId) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.takeId = takeId;
  }
}

/**
 * Begins a take, in silence: nothing is kept before `keep`, for somebody may mute or pause while
 * the devices still begin.
 *
 * The browser wants a person to have touched the page before, or sound stays suspended.
 *
 * @param {RecordingRequest} request
 * @returns {Promise<RecordingHandle>} resolves when sound arrives; rejects with NotBegunError when it
 *   cannot
 */
export async function startRecording(request) {
  const takeId = `${request.identity.participantId}-${randomLetters(ID_LENGTH)}`;
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  const ending = new AbortController();
  try {
    return await inTime(begin(takeId, worker, request, ending));
  } catch (error) {
    ending.abort();
    worker.terminate();
    throw new NotBegunError(error, takeId);
  }
}

/**
 * @param {string} takeId
 * @param {Worker} worker
 * @param {RecordingRequest} request
 * @param {AbortController} ending closes what was opened, when the take is over or does not begin
 * @returns {Promise<RecordingHandle>}
 */
async function begin(takeId, worker, request, ending) {
  const trouble = request.onTrouble ?? (() => undefined);
  const started = answerOf(worker, "started");
  const sound = await openSound(
    request.microphone,
    request.heard ?? [],
    trouble,
    request.options?.forceMediaRecorder === true,
    ending.signal,
  );
  ending.signal.throwIfAborted();
  worker.addEventListener("message", ({ data }) => {
    if (data.tells === "trouble") trouble(data.trouble);
  });
  worker.postMessage(
    {
      ask: "start",
      head: headOf(takeId, request.identity),
      pageOriginMs: performance.timeOrigin,
      hasHeard: request.heard !== undefined,
      sound: sound.port,
      microphone: sound.microphone,
      soundDelayUs: sound.delayUs,
      sink: request.sink,
    },
    [sound.port, request.sink, ...(sound.microphone ? [sound.microphone] : [])],
  );
  const camera = request.camera ? await openCamera(request.camera, worker, request.options) : null;
  ending.signal.addEventListener("abort", () => void camera?.stop());
  if (ending.signal.aborted) void camera?.stop();
  watchEnds(request, trouble, ending.signal);
  await started;
  return new Recording(takeId, worker, { sound, camera, ending });
}

/**
 * @param {string} takeId
 * @param {Identity} identity
 */
function headOf(takeId, identity) {
  return {
    is: "head",
    call_id: identity.callId,
    participant_id: identity.participantId,
    take_id: takeId,
    clock_id: identity.clockId,
    started_us: nowUs(),
    ...(identity.name ? { name: identity.name } : {}),
  };
}

/**
 * @param {RecordingRequest} request
 * @param {(trouble: Trouble) => void} trouble
 * @param {AbortSignal} signal the devices outlive the take
 */
function watchEnds({ camera, microphone }, trouble, signal) {
  camera?.addEventListener("ended", () => trouble("camera_ended"), { signal });
  microphone.addEventListener("ended", () => trouble("microphone_ended"), { signal });
  // The system takes the microphone away for a telephone call, and gives it back.
  microphone.addEventListener("mute", () => trouble("sound_stopped"), { signal });
}

/** A take that is being recorded. @implements {RecordingHandle} */
class Recording {
  /**
   * @param {string} takeId
   * @param {Worker} worker
   * @param {{sound: import("./sound.js").Sound, camera: import("./camera.js").Camera | null, ending: AbortController}} opened
   */
  constructor(takeId, worker, { sound, camera, ending }) {
    this.takeId = takeId;
    this.worker = worker;
    this.sound = sound;
    this.camera = camera;
    this.ending = ending;
    this.nGaps = 0;
    /** @type {{[reason: string]: {is: "gap", id: string, start_us: number} | undefined}} */
    this.open = {};
  }

  /** @param {import("./shapes.js").Beacon} beacon */
  addBeacon(beacon) {
    this.tell([{ is: "beacon", ...beacon }]);
  }

  keep() {
    this.silence("unheard", false, nowUs());
    this.camera?.keep();
  }

  pause() {
    this.setGap("paused", true, {});
  }

  resume() {
    this.setGap("paused", false, {});
  }

  /** @param {boolean} isMuted */
  mute(isMuted) {
    this.setGap("muted", isMuted, { kind: "microphone" });
  }

  /**
   * @param {"paused" | "muted"} reason
   * @param {boolean} isOn
   * @param {{kind?: import("./shapes.js").Kind}} what
   */
  setGap(reason, isOn, what) {
    const open = this.open[reason];
    if ((open !== undefined) === isOn) return;
    const atUs = nowUs();
    const gap = open ?? { is: "gap", id: this.nextGap(), reason, start_us: atUs, ...what };
    this.open[reason] = isOn ? gap : undefined;
    this.silence(reason, isOn, atUs);
    this.tell([{ ...gap, end_us: isOn ? null : atUs }]);
  }

  /**
   * @param {"unheard" | "paused" | "muted"} reason
   * @param {boolean} isOn
   * @param {number} atUs when it was asked for: the worker may hear of it later
   */
  silence(reason, isOn, atUs) {
    this.worker.postMessage({ ask: "silence", reason, isOn, atUs });
  }

  nextGap() {
    this.nGaps += 1;
    return `gap-${this.nGaps}`;
  }

  /**
   * @param {number} startUs
   * @param {number} endUs
   */
  strike(startUs, endUs) {
    const times = { start_us: Math.round(startUs), end_us: Math.round(endUs) };
    this.tell([{ is: "gap", id: this.nextGap(), reason: "struck", ...times }]);
  }

  /** @param {MediaStreamTrack[]} tracks */
  hear(tracks) {
    this.sound.hear(tracks);
  }

  /** @param {number} bitsPerSecond */
  setVideoRate(bitsPerSecond) {
    this.worker.postMessage({ ask: "videoRate", bitsPerSecond });
  }

  /** @param {object[]} facts */
  tell(facts) {
    this.worker.postMessage({ ask: "facts", facts });
  }

  /** Who leaves while muted or paused stays so to the last sample: only the manifest learns of an end. */
  closeGaps() {
    for (const gap of Object.values(this.open)) if (gap) this.tell([{ ...gap, end_us: nowUs() }]);
    this.open = {};
  }

  async stop() {
    await this.camera?.stop();
    const isLastSent = await this.sound.stop();
    this.ending.abort();
    this.closeGaps();
    const stopped = answerOf(this.worker, "stopped");
    this.worker.postMessage({ ask: "stop", isLastSent });
    await stopped;
    this.worker.terminate();
  }
}

/**
 * Neither a microphone that gives nothing nor a sound that the system holds may keep a person
 * waiting for ever.
 *
 * @param {Promise<RecordingHandle>} started
 * @returns {Promise<RecordingHandle>}
 */
function inTime(started) {
  const late = new Promise((_, reject) => {
    setTimeout(() => reject(new Error("no sound came")), PATIENCE_MS);
  });
  return Promise.race([started, /** @type {Promise<never>} */ (late)]);
}

/**
 * @param {Worker} worker
 * @param {string} word
 * @returns {Promise<void>}
 */
function answerOf(worker, word) {
  return new Promise((resolve, reject) => {
    worker.addEventListener("message", ({ data }) => {
      if (data.tells === word) resolve();
      if (data.tells === "failed") reject(new Error(data.error));
    });
    worker.addEventListener("error", (event) => reject(new Error(event.message)));
  });
}

/** @param {number} count */
function randomLetters(count) {
  const numbers = crypto.getRandomValues(new Uint32Array(count));
  return Array.from(numbers, (number) => ID_LETTERS[number % ID_LETTERS.length]).join("");
}
