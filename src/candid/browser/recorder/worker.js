/**
 * The recorder's own thread: encodes, cuts into fragments, counts samples, and hands all of it on.
 */

import { Chunks } from "./chunks.js";
import { Outlet } from "./delivery.js";
import { Frames } from "./frames.js";
import { Voice } from "./voice.js";
import { Anchors, OpusTrack, PlainTrack, RATE_HZ, canEncodeOpus } from "./waves.js";

/** @typedef {import("./shapes.js").Kind} Kind */
/** @typedef {import("./shapes.js").Trouble} Trouble */
/** @typedef {"unheard" | "paused" | "muted"} Silence */

class Take {
  /** @param {{head: any, pageOriginMs: number, soundDelayUs: number, sink: MessagePort}} request */
  constructor({ head, pageOriginMs, soundDelayUs, sink }) {
    this.pageOriginMs = pageOriginMs;
    this.soundDelayUs = soundDelayUs;
    this.outlet = new Outlet(sink, head.take_id, {
      refused: () => this.spare(),
      failed: (kind) => this.lose(kind),
    });
    this.outlet.tell([head, { is: "state", state: "recording" }]);
    /** @type {MessagePort | null} to the sound thread */
    this.sound = null;
    /** @type {() => void} */
    this.tellLast = () => undefined;
    /** @type {Promise<void>} */
    this.last = new Promise((resolve) => (this.tellLast = resolve));
    /** @type {Anchors[]} of what comes by the sound thread */
    this.anchors = [];
    /** @type {Voice | null} */
    this.voice = null;
    this.count = 0;
    /** @type {{[reason in Silence]: [number, number][]}} from when to when, on the recorder clock */
    this.silences = { unheard: [[-Infinity, Infinity]], paused: [], muted: [] };
    this.hasStarted = false;
    /** @type {PlainTrack | null} */
    this.microphone = null;
    /** @type {PlainTrack | OpusTrack | null} */
    this.heard = null;
    /** @type {Frames | Chunks | null} */
    this.camera = null;
  }

  /** The device cannot keep more for now: what it is given waits, and the picture gives way. */
  spare() {
    if (this.camera instanceof Frames) this.camera.spare();
    tellTrouble("not_kept");
  }

  /** A track ends before its take: from here on nothing of it is captured. @param {Kind} kind */
  lose(kind) {
    const gap = { is: /** @type {const} */ ("gap"), id: `lost-${kind}`, kind, end_us: null };
    this.outlet.tell([{ ...gap, reason: "stalled", start_us: Math.round(this.nowUs()) }]);
    tellTrouble(`${kind}_failed`);
  }

  /** @returns {number} the page's recorder clock; this thread's own begins elsewhere */
  nowUs() {
    return (performance.now() + performance.timeOrigin - this.pageOriginMs) * 1000;
  }

  /**
   * @param {MessagePort} port
   * @param {boolean} hasHeard
   * @param {ReadableStream<AudioData> | null} blocks
   */
  async openSound(port, hasHeard, blocks) {
    this.anchors = [new Anchors(this.outlet, "heard")];
    if (!blocks) this.anchors.push(new Anchors(this.outlet, "microphone"));
    const originUs = () => this.anchors[0].originUs ?? 0;
    const asOpus = hasHeard && (await canEncodeOpus());
    if (blocks) this.voice = this.openVoice(blocks);
    else this.microphone = new PlainTrack(this.outlet, "microphone", originUs);
    if (asOpus) this.heard = new OpusTrack(this.outlet, originUs);
    else if (hasHeard) this.heard = new PlainTrack(this.outlet, "heard", originUs);
    this.sound = port;
    port.onmessage = ({ data }) => (data.isLast ? this.tellLast() : this.hear(data));
  }

  /** @param {ReadableStream<AudioData>} blocks */
  openVoice(blocks) {
    const voice = new Voice(this.outlet, {
      blocks,
      nowUs: () => this.nowUs(),
      isSilent: (us) => this.isPaused(us) || this.isSilent("muted", us),
      started: () => this.tellStarted(),
    });
    voice.over.catch(() => tellTrouble("microphone_ended"));
    return voice;
  }

  tellStarted() {
    if (!this.hasStarted) postMessage({ tells: "started" });
    this.hasStarted = true;
  }

  /** @param {{microphone: Float32Array, heard: Float32Array}} block */
  hear({ microphone, heard }) {
    this.count += microphone.length;
    const arrivedUs = this.nowUs() - this.soundDelayUs;
    const lateUs = this.anchors.map((anchors) => anchors.see(this.count, arrivedUs));
    const beganUs = arrivedUs - lateUs[0] - (microphone.length / RATE_HZ) * 1e6;
    const isPaused = this.isPaused(beganUs);
    if (isPaused || this.isSilent("muted", beganUs)) microphone.fill(0);
    if (isPaused) heard.fill(0);
    this.microphone?.add(microphone);
    this.heard?.add(heard);
    if (!this.voice) this.tellStarted();
  }

  /**
   * @param {Silence} reason
   * @param {boolean} isOn
   * @param {number} atUs
   */
  silence(reason, isOn, atUs) {
    const silences = this.silences[reason];
    if (isOn) silences.push([atUs, Infinity]);
    else if (silences.length > 0) silences[silences.length - 1][1] = atUs;
  }

  /**
   * What is read in a silence, or was captured before the last one ended: where a device stood
   * still it seems older than it is, so when a silence began is not asked.
   *
   * @param {Silence} reason
   * @param {number} us
   */
  isSilent(reason, us) {
    return us < (this.silences[reason].at(-1)?.[1] ?? -Infinity);
  }

  /** @param {number} us @returns {boolean} whether nothing of anybody is kept of what comes of that time */
  isPaused(us) {
    return this.isSilent("unheard", us) || this.isSilent("paused", us);
  }

  /** @param {number} us @returns {boolean} the same of what comes long after its time, which is known */
  isPausedAt(us) {
    const pauses = [...this.silences.unheard, ...this.silences.paused];
    return pauses.some(([start, end]) => us >= start && us < end);
  }

  /** @param {{frames: ReadableStream<VideoFrame>, bitsPerSecond: number}} given */
  openFrames({ frames, bitsPerSecond }) {
    this.tellPicture(this.nowUs());
    this.camera = new Frames(this.outlet, {
      frames,
      bitsPerSecond,
      nowUs: () => this.nowUs(),
      isPaused: (us) => this.isPaused(us),
      trouble: tellTrouble,
    });
    const { over } = this.camera;
    over.then(() => this.tellPicture(null), () => tellTrouble("camera_failed"));
  }

  /** @param {number} startUs */
  openChunks(startUs) {
    this.tellPicture(startUs);
    this.camera = new Chunks(this.outlet, {
      startUs,
      nowUs: () => this.nowUs(),
      isPausedAt: (us) => this.isPausedAt(us),
      trouble: tellTrouble,
    });
    this.camera.over.catch(() => tellTrouble("camera_failed"));
  }

  /** The camera was turned off, or its take ends. */
  endChunks() {
    if (this.camera instanceof Chunks) this.camera.expectNoMore();
    this.tellPicture(null);
  }

  /** @param {number | null} beginUs null where the camera gives no more */
  tellPicture(beginUs) {
    this.outlet.tell([{ is: "picture", begin_us: beginUs && Math.round(beginUs) }]);
  }

  /**
   * The sound thread's blocks come by a way of their own, and may come after the page's word.
   *
   * @param {boolean} isLastSent
   */
  async endSound(isLastSent) {
    if (isLastSent) await this.last;
    if (this.sound) this.sound.onmessage = null;
  }

  /** @param {boolean} isLastSent whether the sound thread has sent its last block */
  async stop(isLastSent) {
    await this.endSound(isLastSent);
    const ends = [this.voice, this.microphone, this.heard, this.camera].map((track) => track?.finish());
    // What was heard is a guide alone: that it failed stands in its receipt.
    const [voice, microphone, , camera] = await Promise.allSettled(ends);
    if ([voice, microphone].some((end) => end?.status === "rejected")) tellTrouble("voice_failed");
    if (camera?.status === "rejected") tellTrouble("camera_failed");
    this.anchors.forEach((anchors) => anchors.hand());
    this.outlet.tell([{ is: "state", state: "complete" }]);
    await this.outlet.drained();
  }
}

/** @param {Trouble} trouble */
function tellTrouble(trouble) {
  postMessage({ tells: "trouble", trouble });
}

/** @type {Take | null} */
let take = null;

/** @type {{[ask: string]: (data: any) => unknown}} */
const ANSWERS = {
  start: async (data) => {
    take = new Take(data);
    await take.openSound(data.sound, data.hasHeard, data.microphone);
  },
  frames: (data) => take?.openFrames(data),
  chunks: (data) => take?.openChunks(data.startUs),
  chunksEnded: () => take?.endChunks(),
  chunk: (data) => take?.camera instanceof Chunks && take.camera.add(data.bytes),
  facts: (data) => take?.outlet.tell(data.facts),
  silence: (data) => take?.silence(data.reason, data.isOn, data.atUs),
  videoRate: (data) => take?.camera instanceof Frames && take.camera.setRate(data.bitsPerSecond),
  stop: async ({ isLastSent }) => {
    await take?.stop(isLastSent);
    postMessage({ tells: "stopped" });
  },
};

self.onmessage = async ({ data }) => {
  try {
    await ANSWERS[data.ask](data);
  } catch (error) {
    postMessage({ tells: "failed", error: String(error) });
  }
};
