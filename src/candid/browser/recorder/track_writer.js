/**
 * Writes one track as a fragmented MP4 whose beginning and fragments are pieces of their own.
 *
 * @import { Kind } from "./shapes.js"
 * @import { Outlet } from "./delivery.js"
 */

import {
  EncodedAudioPacketSource,
  EncodedPacket,
  EncodedVideoPacketSource,
  Mp4OutputFormat,
  NullTarget,
  Output,
} from "../vendor/mediabunny.min.mjs";
import { readRate, readTimes } from "./boxes.js";

const FRAGMENT_S = 1.9;

/**
 * @typedef {object} TrackLook
 * @property {Kind} kind
 * @property {"avc" | "vp8" | "vp9" | "av1" | "hevc" | "opus" | "pcm-s16"} format
 * @property {() => number} originUs the recorder clock at media time 0, as well as it is known by now
 */

export class TrackWriter {
  /**
   * @param {Outlet} outlet
   * @param {TrackLook} look
   */
  constructor(outlet, look) {
    this.outlet = outlet;
    this.look = look;
    this.number = 0;
    this.codec = "";
    /** @type {Uint8Array[]} */
    this.head = [];
    /** @type {Uint8Array} */
    this.moof = new Uint8Array();
    this.hasFailed = false;
    this.output = new Output({ format: this.format(), target: new NullTarget() });
    const isPicture = look.kind === "camera";
    /** @type {any} */
    this.source = isPicture
      ? new EncodedVideoPacketSource(/** @type {any} */ (look.format))
      : new EncodedAudioPacketSource(/** @type {any} */ (look.format));
    if (isPicture) this.output.addVideoTrack(this.source);
    else this.output.addAudioTrack(this.source);
    /** @type {{packet: EncodedPacket, meta: any} | null} a picture that waits to know how long it is seen */
    this.held = null;
    /** @type {Promise<void>} */
    this.last = this.output.start();
  }

  format() {
    return new Mp4OutputFormat({
      fastStart: "fragmented",
      minimumFragmentDuration: FRAGMENT_S,
      onFtyp: (data) => this.head.push(data.slice()),
      onMoov: (data) => this.begin(data.slice()),
      onMoof: (data) => {
        this.moof = data.slice();
      },
      onMdat: (data) => this.handFragment(data),
    });
  }

  /**
   * @param {EncodedPacket} packet
   * @param {any} [meta] of the decoder: with the first packet
   */
  add(packet, meta) {
    this.codec ||= meta?.decoderConfig?.codec ?? "";
    if (this.look.kind !== "camera") return this.write(packet, meta);
    // A picture is seen until the next one. Cameras tell another length, which would leave a
    // hole before every fragment.
    const { held } = this;
    this.held = { packet, meta };
    if (!held) return this.last;
    const duration = packet.timestamp - held.packet.timestamp;
    return this.write(held.packet.clone({ duration }), held.meta);
  }

  /**
   * @param {EncodedPacket} packet
   * @param {any} meta
   */
  write(packet, meta) {
    this.last = this.last.then(() => this.source.add(packet, meta));
    this.last.catch(() => this.fail());
    return this.last;
  }

  /** What comes from here on is lost: that is told at once, not when the take ends. */
  fail() {
    if (!this.hasFailed) this.outlet.failed(this.look.kind);
    this.hasFailed = true;
  }

  /** @param {Uint8Array} moov */
  begin(moov) {
    const { kind, originUs } = this.look;
    const codec = this.look.format === "pcm-s16" ? "ipcm" : this.codec;
    const track = { kind, codec, rate: readRate(moov), origin_us: Math.round(originUs()) };
    const bytes = joined([...this.head, moov]);
    this.outlet.hand(kind, "init", bytes, (init) => [{ is: "track", ...track, init }]);
  }

  /** @param {Uint8Array} mdat */
  handFragment(mdat) {
    const { kind, originUs } = this.look;
    const number = this.number++;
    const times = readTimes(this.moof);
    const originFact = { is: /** @type {const} */ ("origin"), kind, origin_us: Math.round(originUs()) };
    this.outlet.hand(kind, String(number), joined([this.moof, mdat]), (hashed) => [
      { is: "fragment", kind, number, ...hashed, ...times },
      originFact,
    ]);
  }

  /** Ends the track; resolves when its last fragment was handed on. */
  async finish() {
    if (this.held) this.write(this.held.packet, this.held.meta);
    await this.last;
    await this.output.finalize();
  }
}

/**
 * @param {Uint8Array[]} parts
 * @returns {Uint8Array<ArrayBuffer>}
 */
function joined(parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}
