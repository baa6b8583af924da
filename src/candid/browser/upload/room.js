/**
 * How much room this device has left for recordings, told before it runs out.
 *
 * What browsers tell of it is rounded, or a fixed number (Chromium: ten gigabytes more than are
 * used). So a file is grown for a moment, which takes no room on the disk and fails where there is none.
 */

const MB = 1e6;
// Camera and sound write about 0.75 MB a second: five minutes and one minute of them.
const LOW_BYTES = 225 * MB;
const SCARCE_BYTES = 45 * MB;
// What was low is enough again only when there is clearly more.
const RELIEF = 1.3;
const PROBE = "candid-room";

/** @typedef {"enough" | "low" | "scarce"} Room */

/**
 * @param {(bytes: number) => boolean} has whether so much may still be written
 * @param {Room} before
 * @returns {Room}
 */
export function judgeRoom(has, before) {
  if (!has(SCARCE_BYTES * (before === "scarce" ? RELIEF : 1))) return "scarce";
  return has(LOW_BYTES * (before === "enough" ? 1 : RELIEF)) ? "enough" : "low";
}

/** @param {Room} before @returns {Promise<Room>} */
export async function lookForRoom(before) {
  const told = await toldBytes();
  // Opened anew each time: what a file was once allowed, it keeps until it is closed.
  const file = await openProbe();
  try {
    return judgeRoom((bytes) => bytes <= told && canGrow(file, bytes), before);
  } finally {
    file?.close();
  }
}

/** @returns {Promise<FileSystemSyncAccessHandle | null>} null where another page has it */
async function openProbe() {
  try {
    const device = await navigator.storage.getDirectory();
    return await (await device.getFileHandle(PROBE, { create: true })).createSyncAccessHandle();
  } catch {
    return null;
  }
}

/**
 * @param {FileSystemSyncAccessHandle | null} file
 * @param {number} bytes
 */
function canGrow(file, bytes) {
  if (!file) return true;
  try {
    file.truncate(bytes);
    return true;
  } catch {
    return false;
  } finally {
    file.truncate(0);
  }
}

/** @returns {Promise<number>} bytes that the browser says may be written; Infinity where it does not */
async function toldBytes() {
  const { quota, usage = 0 } = await navigator.storage.estimate().catch(() => nothingTold);
  return quota === undefined ? Infinity : Math.max(0, quota - usage);
}

/** @type {StorageEstimate} */
const nothingTold = {};
