/**
 * What the uploads tell and are asked. This file holds types alone.
 *
 * @import { Fact, Kind } from "../recorder/shapes.js"
 *
 * @typedef {object} Progress Of all takes of this participant on this device that may be sent.
 * @property {number} kept bytes that were ever kept here
 * @property {number} acknowledged bytes of those that the server has durably
 * @property {number} percent 100 only when `is_done`
 * @property {boolean} is_done all of it is on the server, by the server's word
 * @property {boolean} has_held there is more, which waits for `send`
 *
 * @typedef {"waiting" | "server_full" | "not_allowed" | "refused" | "device_full" | "device_room" | "struck" | "working" | "failed"} UploadWord
 *   `waiting`: no answer, tried again by itself; `server_full`: the same, for want of room;
 *   `not_allowed`: the link no longer holds; `refused`: a piece that the server will not take, kept
 *   here; `device_full`: this device cannot keep more; `device_room`: it can again; `struck`: removed on a participant's word;
 *   `working`: it goes on again; `failed`: the uploads broke down, and go on when the page is loaded anew.
 *
 * @typedef {object} UnfinishedTake
 * @property {string} takeId
 * @property {number} bytes that are still here
 *
 * @typedef {object} UploadsRequest
 * @property {string} base where the ingest is, without a slash at its end: `/ingest/takes`
 * @property {string} token
 * @property {string} participantId takes of other people on this device are left alone
 * @property {boolean} [isHeld] send nothing that earlier page loads left until `send` is called
 * @property {(progress: Progress) => void} [onProgress]
 * @property {(word: UploadWord, takeId: string) => void} [onWord]
 * @property {(room: import("./room.js").Room) => void} [onRoom] how much room this device has, when
 *   that changes: `low` for some minutes, `scarce` for less than one
 *
 * @typedef {object} Uploads
 * @property {UnfinishedTake[]} unfinished takes that an earlier page load left on this device
 * @property {boolean} isEmpty nothing of this participant was on this device, not even in another page
 * @property {() => MessagePort} sink a new port for a recording: give it to `startRecording`
 * @property {() => void} hold sends nothing more until `send` is called, and goes on with all else that it
 *   was asked: what was struck still goes from this device
 * @property {() => void} send what was held may go now
 * @property {(line: {roundTripS: number} | null) => void} giveWay while a call runs, one piece at a
 *   time, with pauses that follow its round trip; null when it is over
 * @property {(token: string) => void} renew a newer token
 * @property {() => Promise<void>} deleteUnfinished deletes what earlier page loads left here
 * @property {() => Promise<void>} deleteAll deletes all that is here and not being recorded: it was erased.
 *   Both reject where something could not be deleted now; `done` comes when it is
 * @property {(takeId: string) => void} end ends a take whose recorder is no more, as interrupted
 * @property {(takeId: string, startUs: number, endUs: number) => void} strike notes
 *   this time as struck, also in a take that has ended, and deletes what lies in it here
 * @property {() => Promise<boolean>} done resolves when all that is here, and not held, is on the
 *   server, or, with false, when it does not take what is left
 * @property {() => void} close
 */

export {};
