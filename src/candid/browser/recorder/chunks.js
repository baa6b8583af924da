/**
 * The camera where the browser cannot encode frames one by one: what MediaRecorder makes is taken
 * apart again and written as the same fragments.
 *
 * MediaRecorder starts at time 0 with its first frame; when that frame was captured is known to
 * about a frame's length only.
 *
 * @import { Outlet } from "./delivery.js"
 */

import { ALL_FORMATS, EncodedPacketSink, Input, ReadableStreamSource } from "../vendor/mediabunny.min.mjs";
import { TrackWriter } from "./track_writer.js";
import { GATHERED_MS, Watch } from "./watch.js";

/**
 * @typedef {object} ChunksRequest
 * @property {number} startUs when MediaRecorder began
 * @property {() => number} nowUs the recorder clock
 * @property {(us: number) => boolean} isPausedAt
 * @property {(trouble: "camera_stalled") => void} trouble
 */

export class Chunks {
  /**
   * @param {Outlet} outlet
   * @param {ChunksRequest} request
   */
  constructor(outlet, request) {
    this.outlet = outlet;
    this.request = request;
    /** @type {ReadableStreamDefaultController<Uint8Array> | null} */
    this.feed = null;
    const stream = new ReadableStream({
      start: (controller) => {
        this.feed = controller;
      },
    });
    this.watch = new Watch(outlet, request.nowUs, () => request.trouble("camera_stalled"), GATHERED_MS);
    /** @type {() => void} */
    this.came = () => undefined;
    this.await();
    /** @type {() => void} called with the first bytes, or when there will be none */
    this.begin = () => undefined;
    this.hasBytes = false;
    this.over = this.open(stream);
  }

  /** A take may end before its camera gave anything: that is no trouble. @param {ReadableStream<Uint8Array>} stream */
  async open(stream) {
    await new Promise((resolve) => (this.begin = () => resolve(undefined)));
    if (this.hasBytes) await this.rewrite(stream);
  }

  /** @param {ArrayBuffer} bytes */
  add(bytes) {
    if (bytes.byteLength === 0) return;
    this.hasBytes = true;
    this.feed?.enqueue(new Uint8Array(bytes));
    this.begin();
    this.came();
    this.await();
  }

  /** Waits for the next bytes, and notices when there are none. */
  await() {
    /** @type {Promise<void>} */
    const next = new Promise((resolve) => {
      this.came = resolve;
    });
    void this.watch.during(next);
  }

  /** @param {ReadableStream<Uint8Array>} stream */
  async rewrite(stream) {
    const input = new Input({ source: new ReadableStreamSource(stream), formats: ALL_FORMATS });
    const track = await input.getPrimaryVideoTrack();
    if (!track) return;
    const decoderConfig = await track.getDecoderConfig();
    const writer = new TrackWriter(this.outlet, {
      kind: "camera",
      format: /** @type {any} */ (await codecOf(track)),
      originUs: () => this.request.startUs,
    });
    let isHidden = false;
    for await (const packet of new EncodedPacketSink(track).packets()) {
      const isPaused = this.request.isPausedAt(this.request.startUs + packet.timestamp * 1e6);
      isHidden = isPaused || (isHidden && packet.type !== "key");
      if (!isHidden) await writer.add(packet, { decoderConfig });
    }
    await writer.finish();
  }

  expectNoMore() {
    this.came();
  }

  async finish() {
    this.expectNoMore();
    this.feed?.close();
    this.begin();
    await this.over;
  }
}

/** @param {any} track */
async function codecOf(track) {
  return track.getCodec ? track.getCodec() : track.codec;
}
