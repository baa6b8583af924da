/**
 * Reads of an MP4's boxes what a manifest tells of a fragment.
 *
 * @typedef {{type: string, start: number, end: number}} Box `start` and `end` of what it holds
 */

const HEADER = 8;
const SAMPLE_DURATION_IN_TRUN = 0x100;
const DEFAULT_DURATION_IN_TFHD = 0x8;

/**
 * @param {DataView} view
 * @param {number} start
 * @param {number} end
 * @returns {Box[]}
 */
function boxesIn(view, start, end) {
  const found = [];
  for (let at = start; at + HEADER <= end; ) {
    const size = view.getUint32(at);
    const letters = [4, 5, 6, 7].map((offset) => view.getUint8(at + offset));
    found.push({ type: String.fromCharCode(...letters), start: at + HEADER, end: at + size });
    at += Math.max(size, HEADER);
  }
  return found;
}

/**
 * @param {DataView} view
 * @param {string[]} path
 * @returns {Box}
 */
function boxAt(view, path) {
  let box = { type: "", start: 0, end: view.byteLength };
  for (const type of path) {
    const inner = boxesIn(view, box.start, box.end).find((each) => each.type === type);
    if (!inner) throw new Error(`there is no ${path.join("/")}`);
    box = inner;
  }
  return box;
}

/** @param {Uint8Array} data */
function viewOf(data) {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}

/**
 * @param {Uint8Array} moov of one track
 * @returns {number} units a second of the track's media clock
 */
export function readRate(moov) {
  const view = viewOf(moov);
  const { start } = boxAt(view, ["moov", "trak", "mdia", "mdhd"]);
  const isLong = view.getUint8(start) === 1;
  return view.getUint32(start + (isLong ? 20 : 12));
}

/**
 * @param {Uint8Array} moof of one track
 * @returns {{start: number, duration: number}} in units of the track's media clock
 */
export function readTimes(moof) {
  const view = viewOf(moof);
  const { start } = boxAt(view, ["moof", "traf", "tfdt"]);
  const isLong = view.getUint8(start) === 1;
  const at = isLong ? Number(view.getBigUint64(start + 4)) : view.getUint32(start + 4);
  return { start: at, duration: durationOf(view) };
}

/** @param {DataView} view */
function durationOf(view) {
  const run = boxAt(view, ["moof", "traf", "trun"]);
  const flags = view.getUint32(run.start) & 0xffffff;
  const count = view.getUint32(run.start + 4);
  if ((flags & SAMPLE_DURATION_IN_TRUN) === 0) return count * defaultDuration(view);
  const first = run.start + 8 + 4 * bits(flags & 0x5);
  const step = 4 * bits(flags & 0xf00);
  let total = 0;
  for (let index = 0; index < count; index += 1) total += view.getUint32(first + index * step);
  return total;
}

/** @param {DataView} view */
function defaultDuration(view) {
  const { start } = boxAt(view, ["moof", "traf", "tfhd"]);
  const flags = view.getUint32(start) & 0xffffff;
  if ((flags & DEFAULT_DURATION_IN_TFHD) === 0) throw new Error("no sample says how long it is");
  return view.getUint32(start + 8 + ((flags & 0x1) ? 8 : 0) + ((flags & 0x2) ? 4 : 0));
}

/** @param {number} flags */
function bits(flags) {
  let count = 0;
  for (let left = flags; left > 0; left &= left - 1) count += 1;
  return count;
}
