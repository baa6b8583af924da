/**
 * Sound in the worker: the microphone as it is, what is heard as Opus, and the samples' times.
 *
 * A sample's place is its number: no timestamp is believed. Once a second the clock is read beside
 * that number, which shows what the sound card lost.
 *
 * @import { Outlet } from "./delivery.js"
 */

import { EncodedPacket } from "../vendor/mediabunny.min.mjs";
import { Stalls } from "./stalls.js";
import { TrackWriter } from "./track_writer.js";

export const RATE_HZ = 48_000;
const PACKET_SAMPLES = 4_800;
const OPUS_SAMPLES = 960;
const OPUS_BITS_PER_SECOND = 32_000;
const TOP = 32_767;

/** Reads the clock beside the sample number, once a second, where the way to here was shortest. */
export class Anchors {
  /**
   * @param {Outlet} outlet
   * @param {"microphone" | "heard"} kind
   * @param {number} [rateHz]
   */
  constructor(outlet, kind, rateHz = RATE_HZ) {
    this.outlet = outlet;
    this.kind = kind;
    this.rateHz = rateHz;
    this.second = 0;
    /** @type {{sample: number, monotonic_us: number} | null} */
    this.best = null;
    this.bestUs = Infinity;
    /** @type {number | null} */
    this.originUs = null;
    this.stalls = new Stalls(outlet, kind);
  }

  /**
   * @param {number} sample the next one: all before it have arrived
   * @param {number} arrivedUs less the time that every sample is under way
   * @returns {number} how much later it came than the quickest of the last seconds, in us
   */
  see(sample, arrivedUs) {
    const second = Math.floor(sample / this.rateHz);
    if (second > this.second) this.hand(second);
    const originUs = arrivedUs - (sample / this.rateHz) * 1e6;
    if (!this.best || originUs < this.bestUs) {
      this.bestUs = originUs;
      this.best = { sample, monotonic_us: Math.round(arrivedUs) };
    }
    this.originUs ??= originUs;
    this.stalls.see(arrivedUs, originUs);
    return this.stalls.lateUs(originUs);
  }

  /** @param {number} [second] the one that begins */
  hand(second = this.second) {
    if (this.best) this.outlet.tell([{ is: "anchor", kind: this.kind, ...this.best }]);
    this.best = null;
    this.second = second;
  }
}

/** Gathers blocks of any size into blocks of one size. */
class Gatherer {
  /** @param {number} size */
  constructor(size) {
    this.block = new Float32Array(size);
    this.filled = 0;
  }

  /**
   * @param {Float32Array} samples
   * @param {(block: Float32Array) => void} full
   */
  add(samples, full) {
    for (let at = 0; at < samples.length; ) {
      const room = Math.min(this.block.length - this.filled, samples.length - at);
      this.block.set(samples.subarray(at, at + room), this.filled);
      this.filled += room;
      at += room;
      if (this.filled === this.block.length) {
        full(this.block);
        this.filled = 0;
      }
    }
  }

  /** @returns {Float32Array} what is left */
  rest() {
    return this.block.subarray(0, this.filled);
  }
}

/** Sound as it was captured: 16 bits a sample, nothing left out. */
export class PlainTrack {
  /**
   * @param {Outlet} outlet
   * @param {"microphone" | "heard"} kind
   * @param {() => number} originUs
   * @param {number} [rateHz]
   */
  constructor(outlet, kind, originUs, rateHz = RATE_HZ) {
    this.rateHz = rateHz;
    this.writer = new TrackWriter(outlet, { kind, format: "pcm-s16", originUs });
    this.gatherer = new Gatherer(PACKET_SAMPLES);
    this.count = 0;
  }

  /** @param {Float32Array} samples */
  add(samples) {
    this.gatherer.add(samples, (block) => this.write(block));
  }

  /** @param {Float32Array} block */
  write(block) {
    const times = [this.count / this.rateHz, block.length / this.rateHz];
    const packet = new EncodedPacket(asPcm(block), "key", times[0], times[1]);
    this.count += block.length;
    const decoderConfig = { codec: "pcm-s16", numberOfChannels: 1, sampleRate: this.rateHz };
    this.writer.add(packet, { decoderConfig }).catch(() => undefined);
  }

  async finish() {
    const rest = this.gatherer.rest();
    if (rest.length > 0) this.write(rest);
    await this.writer.finish();
  }
}

/** @param {Float32Array} samples */
function asPcm(samples) {
  const values = Int16Array.from(samples, (value) => Math.round(Math.max(-1, Math.min(1, value)) * TOP));
  return new Uint8Array(values.buffer);
}

/** The guide track: what this person heard, as Opus. */
export class OpusTrack {
  /**
   * @param {Outlet} outlet
   * @param {() => number} originUs
   */
  constructor(outlet, originUs) {
    this.writer = new TrackWriter(outlet, { kind: "heard", format: "opus", originUs });
    this.gatherer = new Gatherer(OPUS_SAMPLES);
    this.nFed = 0;
    this.nPackets = 0;
    this.encoder = new AudioEncoder({
      output: (chunk, meta) => this.write(chunk, meta),
      error: () => this.writer.fail(),
    });
    this.encoder.configure(OPUS_CONFIG);
  }

  /** @param {Float32Array} samples */
  add(samples) {
    this.gatherer.add(samples, (block) => this.encode(block));
  }

  /** @param {Float32Array} block */
  encode(block) {
    if (this.encoder.state !== "configured") return;
    const timestamp = Math.round((this.nFed / RATE_HZ) * 1e6);
    this.nFed += block.length;
    const look = { format: /** @type {const} */ ("f32"), numberOfChannels: 1, sampleRate: RATE_HZ };
    const data = new AudioData({ ...look, numberOfFrames: block.length, timestamp, data: block.slice() });
    this.encoder.encode(data);
    data.close();
  }

  /**
   * @param {EncodedAudioChunk} chunk
   * @param {EncodedAudioChunkMetadata} [meta]
   */
  write(chunk, meta) {
    const data = new Uint8Array(chunk.byteLength);
    chunk.copyTo(data);
    const start = (this.nPackets++ * OPUS_SAMPLES) / RATE_HZ;
    const packet = new EncodedPacket(data, "key", start, OPUS_SAMPLES / RATE_HZ);
    this.writer.add(packet, meta).catch(() => undefined);
  }

  async finish() {
    if (this.encoder.state === "configured") await this.encoder.flush();
    await this.writer.finish();
  }
}

const OPUS_CONFIG = {
  codec: "opus",
  sampleRate: RATE_HZ,
  numberOfChannels: 1,
  bitrate: OPUS_BITS_PER_SECOND,
};

/** @returns {Promise<boolean>} */
export async function canEncodeOpus() {
  if (!("AudioEncoder" in self)) return false;
  const told = await AudioEncoder.isConfigSupported(OPUS_CONFIG).catch(() => null);
  return told?.supported === true;
}
