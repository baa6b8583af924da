/**
 * Adds up the facts of a take to the manifest of docs/take.md.
 *
 * @import { Fact, Head, TrackFact } from "../recorder/shapes.js"
 */

const SCHEMA = "candid.take/1.0";
// A gap that was open when the device fell silent hides all that this manifest can name.
const OPEN_GAP_US = 10_000_000;
// Sound and picture are written two seconds at a time, and end so far from each other at most.
const PICTURE_LATE_US = 3_000_000;

/**
 * What was struck may be told by the recorder and by the page: it is one gap.
 *
 * @param {{id: string, reason: string, start_us: number, end_us: number | null}} gap
 */
function keyOf({ id, reason, start_us, end_us }) {
  return reason === "struck" ? `struck-${start_us}-${end_us}` : id;
}

/** Gathers facts as they come. */
export class Ledger {
  constructor() {
    /** @type {Head | null} */
    this.head = null;
    this.state = "recording";
    /** @type {Map<string, {track: TrackFact, fragments: Map<number, object>}>} */
    this.tracks = new Map();
    /** @type {{[kind: string]: {sample: number, monotonic_us: number}[]}} */
    this.anchors = { microphone: [], heard: [] };
    /** @type {object[]} */
    this.beacons = [];
    /** @type {Map<string, any>} */
    this.gaps = new Map();
    /** @type {number | null} when the camera was opened, on the recorder clock */
    this.pictureUs = null;
    this.count = 0;
  }

  /** @param {Fact} fact */
  add(fact) {
    this.count += 1;
    const { is, ...said } = /** @type {any} */ (fact);
    /** @type {{[is: string]: () => unknown}} */
    const entries = {
      head: () => (this.head = said),
      state: () => (this.state = said.state),
      track: () => this.tracks.set(said.kind, { track: said, fragments: new Map() }),
      fragment: () => this.addFragment(said),
      origin: () => this.moveOrigin(said),
      anchor: () => this.addAnchor(said),
      beacon: () => this.beacons.push(said),
      picture: () => (this.pictureUs = said.begin_us),
      gap: () => this.gaps.set(keyOf(said), said),
    };
    entries[is]?.();
  }

  /** @param {{kind: string, number: number}} fragment */
  addFragment({ kind, ...entry }) {
    this.tracks.get(kind)?.fragments.set(entry.number, entry);
  }

  /** @param {{kind: string, sample: number, monotonic_us: number}} anchor */
  addAnchor({ kind, ...anchor }) {
    this.anchors[kind]?.push(anchor);
  }

  /** @param {{kind: string, origin_us: number}} origin */
  moveOrigin({ kind, origin_us }) {
    const known = this.tracks.get(kind);
    if (known) known.track.origin_us = origin_us;
  }

  /** @param {string} kind @param {string} name @returns {number | undefined} none where it is not named */
  bytesOf(kind, name) {
    const known = this.tracks.get(kind);
    if (name === "init") return known?.track.init.bytes;
    return /** @type {any} */ (known?.fragments.get(Number(name)))?.bytes;
  }

  get hasEnded() {
    return this.state !== "recording";
  }

  /** @returns {object} the manifest */
  manifest() {
    return {
      schema: SCHEMA,
      ...this.head,
      state: this.state,
      tracks: [...this.tracks.values()].map((track) => this.trackEntry(track)),
      beacons: this.beacons,
      gaps: [...this.gaps.values()].map((gap) => this.gapEntry(gap)),
    };
  }

  /** @param {{track: TrackFact, fragments: Map<number, object>}} given */
  trackEntry({ track, fragments }) {
    const isSound = track.kind !== "camera";
    return { ...track, fragments: [...fragments.values()], ...(isSound ? { anchors: this.anchors[track.kind] } : {}) };
  }

  /** @param {any} gap */
  gapEntry({ id: _, ...gap }) {
    return { ...gap, end_us: gap.end_us ?? this.lastUs(gap.start_us) + OPEN_GAP_US };
  }

  /** @param {number} atLeastUs @returns {number} the latest moment of the recorder clock that is known */
  lastUs(atLeastUs) {
    const last = Object.values(this.anchors).map((anchors) => anchors.at(-1)?.monotonic_us ?? 0);
    return Math.max(atLeastUs, ...last);
  }

  /**
   * A picture is written from one key frame to the next. Where a browser makes few of them, seconds
   * of it go with a device that dies, and no fragment would be missing for it.
   *
   * @returns {Fact[]} the gap between what was written last and what is known last, if it is one
   */
  lostPicture() {
    if (this.pictureUs === null) return [];
    const told = [...this.gaps.values()].filter(isOfPicture);
    if (told.some(({ end_us }) => end_us === null)) return [];
    const last = [...(this.tracks.get("camera")?.fragments.keys() ?? [])].at(-1);
    const [, written] = this.timesOf("camera", String(last)) ?? [0, this.pictureUs];
    const startUs = Math.round(Math.max(this.pictureUs, written, ...told.map(({ end_us }) => end_us)));
    const endUs = this.lastUs(0);
    if (endUs - startUs < PICTURE_LATE_US) return [];
    return [{ is: "gap", id: "unwritten", reason: "stalled", kind: "camera", start_us: startUs, end_us: endUs }];
  }

  /**
   * @param {string} kind
   * @param {string} name
   * @returns {[number, number] | null} the time that a fragment holds, on the recorder clock: its
   *   earliest start and latest end
   */
  timesOf(kind, name) {
    const known = this.tracks.get(kind);
    const entry = /** @type {any} */ (known?.fragments.get(Number(name)));
    if (!known || !entry) return null;
    const starts = this.capturedUs(known.track, entry.start);
    const ends = this.capturedUs(known.track, entry.start + entry.duration);
    return [Math.min(...starts), Math.max(...ends)];
  }

  /**
   * A capture that stood still moved all that came after it, and the media time tells nothing of it.
   * The server reads the anchors in the same way (recording/stretches.py): both must agree on what
   * was struck.
   *
   * @param {TrackFact} track
   * @param {number} units of its media time
   * @returns {number[]} what the anchors on both sides say of its capture
   */
  capturedUs({ kind, rate, origin_us }, units) {
    const anchors = this.anchors[kind] ?? [];
    const after = placeAfter(anchors, units);
    const near = anchors.slice(Math.max(0, after - 1), after + 1);
    if (near.length === 0) return [origin_us + (units / rate) * 1e6];
    return near.map(({ sample, monotonic_us }) => monotonic_us + ((units - sample) / rate) * 1e6);
  }
}

/** @param {{reason: string, kind?: string}} gap @returns {boolean} whether it says why there is no picture */
function isOfPicture({ reason, kind }) {
  return reason === "paused" || (reason === "stalled" && kind === "camera");
}

/**
 * @param {{sample: number}[]} anchors in order
 * @param {number} units
 * @returns {number} how many of them are not after it
 */
function placeAfter(anchors, units) {
  let [from, to] = [0, anchors.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (anchors[middle].sample <= units) from = middle + 1;
    else to = middle;
  }
  return from;
}
