/**
 * "Erase my recording": all of it, in the studio and on this device, without a reason.
 *
 * @import { UploadAccess } from "./shapes.js"
 */

import { say } from "./page.js";

const PATIENCE_MS = 60_000;
const BYTES_PER_MB = 1e6;

/**
 * @typedef {object} Erased What the server says is gone, by take and track.
 * @property {{[take: string]: {[kind: string]: {fragments: number, bytes: number}}}} takes
 * @property {{[take: string]: {fragments: number, bytes: number}} | null} heard of the others' takes
 */

/**
 * Asks the studio to erase all takes of this participant. Whatever is sent from now on, from this
 * device or another, is refused as gone, and deleted there.
 *
 * @param {UploadAccess} access
 * @returns {Promise<string | null>} what is gone, in words; null when the studio is not reached
 */
export async function eraseAll({ base, token }) {
  try {
    const headers = { Authorization: `Bearer ${token}` };
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const answer = await fetch(`${base}/`, { method: "DELETE", headers, signal });
    return answer.ok ? tell(await answer.json()) : null;
  } catch {
    return null;
  }
}

/** @param {Erased} erased */
function tell({ takes, heard }) {
  const own = tellOwn(takes);
  return Object.keys(heard ?? {}).length > 0 ? `${own} ${say("erased_heard")}` : own;
}

/** @param {Erased["takes"]} takes */
function tellOwn(takes) {
  const tracks = Object.values(takes).flatMap((take) => Object.values(take));
  const count = tracks.reduce((sum, track) => sum + track.fragments, 0);
  const bytes = tracks.reduce((sum, track) => sum + track.bytes, 0);
  if (count === 0) return say("erased_nothing");
  return say("erased", { count, size: Math.max(0.1, bytes / BYTES_PER_MB).toFixed(1) });
}
