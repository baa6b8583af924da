/**
 * The microphone's own blocks, as the browser hands them out, at the device's own rate.
 *
 * @import { Outlet } from "./delivery.js"
 */

import { Anchors, PlainTrack } from "./waves.js";

const IN_TIME_US = 30_000;
const LAST_BLOCKS_MS = 1_000;

export class Voice {
  /**
   * @param {Outlet} outlet
   * @param {{blocks: ReadableStream<AudioData>, nowUs: () => number, isSilent: (us: number) => boolean, started: () => void}} request
   */
  constructor(outlet, request) {
    this.outlet = outlet;
    this.request = request;
    this.reader = request.blocks.getReader();
    this.count = 0;
    /** @type {{track: PlainTrack, anchors: Anchors, rateHz: number} | null} */
    this.open = null;
    /** @type {() => void} called with every block that came in time */
    this.cameInTime = () => undefined;
    this.over = this.read();
  }

  async read() {
    for (;;) {
      const { done, value } = await this.reader.read();
      if (done) return;
      this.add(value);
      value.close();
      this.request.started();
    }
  }

  /** @param {AudioData} block */
  add(block) {
    const open = (this.open ??= this.begin(block.sampleRate));
    const samples = atRate(mono(block), block.sampleRate, open.rateHz);
    this.count += samples.length;
    const arrivedUs = this.request.nowUs();
    const lateUs = open.anchors.see(this.count, arrivedUs);
    if (lateUs < IN_TIME_US) this.cameInTime();
    const beganUs = arrivedUs - lateUs - (samples.length / open.rateHz) * 1e6;
    if (this.request.isSilent(beganUs)) samples.fill(0);
    open.track.add(samples);
  }

  /** @param {number} rateHz */
  begin(rateHz) {
    const anchors = new Anchors(this.outlet, "microphone", rateHz);
    const originUs = () => anchors.originUs ?? 0;
    return { track: new PlainTrack(this.outlet, "microphone", originUs, rateHz), anchors, rateHz };
  }

  /** Blocks that the device gave and that wait to be read would be lost with the stream. */
  async catchUp() {
    /** @type {Promise<void>} */
    const inTime = new Promise((resolve) => (this.cameInTime = resolve));
    const late = new Promise((resolve) => setTimeout(resolve, LAST_BLOCKS_MS));
    await Promise.race([inTime, late, this.over.catch(() => undefined)]);
  }

  /** Ends with what there was, also where the blocks broke off: that was told then. */
  async finish() {
    await this.catchUp();
    await Promise.allSettled([this.reader.cancel(), this.over]);
    await this.open?.track.finish();
    this.open?.anchors.hand();
  }
}

/** @param {AudioData} block @returns {Float32Array} the mean of its channels */
function mono(block) {
  const sum = new Float32Array(block.numberOfFrames);
  const plane = new Float32Array(block.numberOfFrames);
  for (let planeIndex = 0; planeIndex < block.numberOfChannels; planeIndex += 1) {
    block.copyTo(plane, { planeIndex, format: "f32-planar" });
    plane.forEach((value, index) => (sum[index] += value / block.numberOfChannels));
  }
  return sum;
}

/**
 * A headset that takes over may have another rate; the track keeps its first one.
 *
 * @param {Float32Array} samples
 * @param {number} fromHz
 * @param {number} toHz
 */
function atRate(samples, fromHz, toHz) {
  if (fromHz === toHz) return samples;
  const length = Math.round((samples.length * toHz) / fromHz);
  return Float32Array.from({ length }, (_, index) => {
    const at = (index * fromHz) / toHz;
    const below = Math.min(Math.floor(at), samples.length - 1);
    const above = Math.min(below + 1, samples.length - 1);
    return samples[below] + (samples[above] - samples[below]) * (at - below);
  });
}
