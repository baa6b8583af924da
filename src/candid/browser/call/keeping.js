/**
 * What this device keeps until the studio has it, seen from the page: how much is sent, and what
 * is left from an earlier visit.
 *
 * @import { Progress, Uploads, UploadWord } from "../upload/shapes.js"
 * @import { Room } from "../upload/room.js"
 * @import { UploadAccess } from "./shapes.js"
 */

import { openUploads } from "../upload/uploads.js";

/** @type {Progress} */
const NOTHING = { kept: 0, acknowledged: 0, percent: 100, is_done: true, has_held: false };

/** The journal of this device for one participant. */
export class Keeping {
  /**
   * @param {string} participantId
   * @param {UploadAccess} access
   */
  constructor(participantId, access) {
    this.participantId = participantId;
    this.progress = NOTHING;
    /** @type {UploadWord} */
    this.word = "working";
    /** the link no longer holds: what is here waits for the next one */
    this.isRefused = false;
    /** what comes cannot be kept on this device, and waits in memory */
    this.isFull = false;
    /** @type {Room} */
    this.room = "enough";
    /** @type {Set<() => void>} */
    this.watchers = new Set();
    /** @type {Promise<Uploads>} rejects where the browser keeps no files */
    this.uploads = openUploads({
      base: access.base,
      token: access.token,
      participantId,
      isHeld: this.wasLeftInHaste,
      onProgress: (progress) => this.hear({ progress }),
      onWord: (word) => this.hear({ word }),
      onRoom: (room) => this.hear({ room }),
    });
    this.uploads.catch(() => this.hear({ word: "device_full" }));
  }

  /** @param {{progress?: Progress, word?: UploadWord, room?: Room}} news */
  hear(news) {
    Object.assign(this, news);
    if (news.word === "not_allowed") this.isRefused = true;
    if (news.word === "device_full") this.isFull = true;
    if (news.word === "device_room") this.isFull = false;
    for (const watcher of this.watchers) watcher();
  }

  /** @returns {boolean} whether something is on this device alone, and on its way */
  get hasUnsent() {
    return !this.progress.is_done;
  }

  get note() {
    return `candid-left-${this.participantId}`;
  }

  /** After a quick exit nothing goes anywhere before somebody has been asked. */
  get wasLeftInHaste() {
    return stored((storage) => storage.getItem(this.note)) !== null;
  }

  /** From here on nothing is sent: what is on this device stays there until somebody has been asked. */
  leaveInHaste() {
    const { is_done, has_held } = this.progress;
    if (!is_done || has_held) stored((storage) => storage.setItem(this.note, "1"));
    // The page goes, and its worker with it: what was struck in the last moment is deleted until then.
    void this.uploads.then((uploads) => uploads.hold()).catch(() => undefined);
  }

  /** @returns {Promise<boolean>} whether an earlier visit left a take that is not complete */
  async hasLeft() {
    const { unfinished, isEmpty } = await this.uploads;
    if (isEmpty) await this.send();
    return unfinished.length > 0;
  }

  /** @returns {Promise<string[]>} the takes that an earlier visit left, where they are being sent */
  async leftGoing() {
    return this.wasLeftInHaste ? [] : (await this.uploads).unfinished.map(({ takeId }) => takeId);
  }

  /** @param {string} token a newer one */
  async renew(token) {
    this.isRefused = false;
    (await this.uploads).renew(token);
  }

  async send() {
    stored((storage) => storage.removeItem(this.note));
    (await this.uploads).send();
  }

  async forget() {
    const uploads = await this.uploads;
    // What cannot be deleted now is deleted later, and is not sent.
    await uploads.deleteUnfinished().catch(() => undefined);
    await this.send();
  }
}

/**
 * @template T
 * @param {(storage: Storage) => T} act
 * @returns {T | null} null where the browser keeps nothing
 */
function stored(act) {
  try {
    return act(localStorage);
  } catch {
    return null;
  }
}
