/**
 * Encodes the camera's frames as H.264, a key frame every two seconds.
 *
 * Frames are stamped on a clock of their own, which stands at a constant distance from the
 * recorder's; the least distance ever seen is the truest.
 *
 * @import { Outlet } from "./delivery.js"
 */

import { EncodedPacket } from "../vendor/mediabunny.min.mjs";
import { TrackWriter } from "./track_writer.js";
import { Watch } from "./watch.js";

const KEY_EVERY_US = 2_000_000;
const MOST_PIXELS = 1920 * 1080;
const MOST_WAITING = 30;
// Measured: while a stream moves to this thread, frames two and three are now and then lost.
const UNSTEADY_FRAMES = 5;
// While the device is full the picture rests, and afterwards it is content with less.
const THRIFTY_BITS_PER_SECOND = 1_500_000;

/**
 * @typedef {object} FramesRequest
 * @property {ReadableStream<VideoFrame>} frames
 * @property {number} bitsPerSecond
 * @property {() => number} nowUs the recorder clock
 * @property {(us: number) => boolean} isPaused
 * @property {(trouble: "camera_stalled") => void} trouble
 */

export class Frames {
  /**
   * @param {Outlet} outlet
   * @param {FramesRequest} request
   */
  constructor(outlet, request) {
    this.outlet = outlet;
    this.request = request;
    this.bitsPerSecond = request.bitsPerSecond;
    this.reader = request.frames.getReader();
    this.offsetUs = Infinity;
    this.nSeen = 0;
    /** @type {number | null} */
    this.firstUs = null;
    this.keyUs = -Infinity;
    this.hasRested = false;
    this.size = "";
    this.writer = new TrackWriter(outlet, {
      kind: "camera",
      format: "avc",
      originUs: () => (this.firstUs ?? 0) + this.offsetUs,
    });
    this.watch = new Watch(outlet, request.nowUs, () => request.trouble("camera_stalled"));
    this.encoder = this.makeEncoder();
    this.over = this.read();
  }

  makeEncoder() {
    return new VideoEncoder({
      output: (chunk, meta) => this.write(chunk, meta),
      error: () => this.writer.fail(),
    });
  }

  async read() {
    for (;;) {
      const { done, value } = await this.watch.during(this.reader.read());
      if (done) return;
      this.encode(value);
      value.close();
    }
  }

  /** @param {VideoFrame} frame */
  encode(frame) {
    const at = frame.timestamp;
    this.offsetUs = Math.min(this.offsetUs, this.request.nowUs() - at);
    this.nSeen += 1;
    if (this.nSeen <= UNSTEADY_FRAMES) return;
    const isResting = this.isRestingAt(at + this.offsetUs);
    if (isResting) this.hasRested = true;
    if (isResting || this.isBehind()) return;
    this.fit(frame);
    if (this.encoder.state !== "configured") return;
    this.firstUs ??= at;
    const keyFrame = this.hasRested || at - this.keyUs >= KEY_EVERY_US;
    if (keyFrame) this.keyUs = at;
    this.hasRested = false;
    this.encoder.encode(frame, { keyFrame });
  }

  /** @param {number} us when the frame was captured */
  isRestingAt(us) {
    return this.request.isPaused(us) || this.outlet.isFull || this.bitsPerSecond === 0;
  }

  /** A frame is given up before the encoder's queue grows without end. */
  isBehind() {
    return this.encoder.encodeQueueSize > MOST_WAITING;
  }

  /**
   * Follows the camera's first size; a phone that is turned later is scaled into it.
   *
   * @param {VideoFrame} frame
   */
  fit(frame) {
    if (this.size !== "" || this.encoder.state === "closed") return;
    this.size = `${frame.displayWidth}x${frame.displayHeight}`;
    const scale = Math.min(1, Math.sqrt(MOST_PIXELS / (frame.displayWidth * frame.displayHeight)));
    this.width = even(frame.displayWidth * scale);
    this.height = even(frame.displayHeight * scale);
    this.configure();
  }

  configure() {
    this.encoder.configure({
      codec: "avc1.640028",
      width: this.width ?? 0,
      height: this.height ?? 0,
      bitrate: this.bitsPerSecond,
      framerate: 30,
      latencyMode: "realtime",
      avc: { format: "avc" },
    });
  }

  /** The device has no room: sound goes first. */
  spare() {
    this.setRate(Math.min(this.bitsPerSecond, THRIFTY_BITS_PER_SECOND));
  }

  /** @param {number} bitsPerSecond 0 lets the picture rest */
  setRate(bitsPerSecond) {
    this.bitsPerSecond = bitsPerSecond;
    if (bitsPerSecond > 0 && this.encoder.state === "configured") this.configure();
  }

  /**
   * @param {EncodedVideoChunk} chunk
   * @param {EncodedVideoChunkMetadata} [meta]
   */
  write(chunk, meta) {
    const data = new Uint8Array(chunk.byteLength);
    chunk.copyTo(data);
    const start = (chunk.timestamp - (this.firstUs ?? 0)) / 1e6;
    this.writer.add(new EncodedPacket(data, chunk.type, start, 1 / 30), meta).catch(() => undefined);
  }

  /** Ends with what there was, also where the camera's frames broke off: that was told then. */
  async finish() {
    await Promise.allSettled([this.reader.cancel(), this.over]);
    if (this.encoder.state === "configured") await this.encoder.flush();
    if (this.firstUs !== null) await this.writer.finish();
  }
}

/** @param {number} length */
function even(length) {
  return Math.max(2, Math.floor(length / 2) * 2);
}
