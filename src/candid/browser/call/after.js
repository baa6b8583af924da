/**
 * After the call: what is still to be sent, when the page may be closed, and the receipt.
 *
 * @import { Keeping } from "./keeping.js"
 * @import { Recording } from "./recording.js"
 * @import { Config, Room } from "./room.js"
 */

import { onPress } from "./controls.js";
import { eraseAll } from "./erase.js";
import { find, say, write } from "./page.js";

const ASK_AGAIN_MS = 2_000;
const PATIENCE_MS = 10_000;
const BYTES_PER_MB = 1e6;

/**
 * @typedef {object} Receipt What the server says of one take.
 * @property {"recording" | "incomplete" | "complete"} state
 * @property {{[kind: string]: {fragments: unknown[], bytes: number}}} tracks
 * @property {{[kind: string]: number[]}} struck
 * @property {{track: string, start_s: number | null, duration_s: number | null}[]} holes
 * @property {{track: string | null, start_s: number, duration_s: number}[]} stalled
 */

/** What the page says when the call is over. */
export class After {
  /**
   * @param {Room} room
   * @param {Recording} recording
   * @param {Keeping} keeping
   * @param {Config} standing what the page was told of the recording when it loaded
   */
  constructor(room, recording, keeping, standing) {
    this.room = room;
    this.standing = standing;
    /** @type {string[]} takes that an earlier visit left on this device */
    this.earlier = [];
    this.isEnded = false;
    /** @type {() => void} called when all of it was erased, from wherever on the page */
    this.gone = () => undefined;
    this.recording = recording;
    this.keeping = keeping;
    this.isSending = false;
    this.isFinished = false;
    /** an earlier visit left something here */
    this.hasEarlier = false;
    /** the studio did not take all of it, and will not */
    this.isRefused = false;
    this.nHoles = 0;
    /** another device may still have some of it */
    this.isPart = false;
    /** the link no longer holds, and the studio tells nothing of what was sent with it */
    this.isUntold = false;
    /** @type {string | null} what was erased, in words */
    this.erased = null;
    /** ends when what was recorded is safe on this device */
    this.finishing = Promise.resolve();
    onPress("erase-all", () => void this.erase());
    keeping.watchers.add(() => this.show());
  }

  /** @returns {boolean} whether what is here waits for another link: this one no longer holds */
  get isHeld() {
    return this.isFinished && this.keeping.isRefused && this.keeping.hasUnsent;
  }

  /** @returns {boolean} whether something would be late, or lost, without this page */
  get isNeeded() {
    return this.isSending && !this.isHeld;
  }

  /** @returns {string[]} what this page tells of */
  get takes() {
    return [...this.earlier, ...this.recording.takes];
  }

  /** @param {Promise<void>} finishing ends when all of it is safe on this device */
  async open(finishing) {
    const { isErased } = this.room;
    find("erase", HTMLElement).hidden = isErased;
    if (!isErased) find("yours", HTMLElement).hidden = false;
    this.finishing = finishing;
    this.isFinished = this.isRefused = false;
    this.hasEarlier = this.keeping.hasUnsent;
    this.isSending = this.hasAny && this.erased === null;
    this.show();
    await finishing;
    this.isFinished = true;
    this.show();
    this.isRefused = !(await (await this.keeping.uploads).done());
    if (this.erased === null && !this.isRefused) await this.showReceipts();
    this.isSending = false;
    this.show();
  }

  /** The conversation has ended: nobody returns, and what an earlier visit left here counts too. */
  async openEnded(/** @type {Promise<void>} */ finishing) {
    this.isEnded = true;
    find("after-ended", HTMLElement).hidden = false;
    find("return", HTMLElement).hidden = true;
    this.show();
    this.earlier = await this.keeping.leftGoing().catch(() => []);
    await this.open(finishing);
  }

  async erase() {
    const erased = await eraseAll(this.room.upload);
    if (erased === null) return write(find("erase-words", HTMLElement), say("erase_failed"));
    this.room.isErased = true;
    // What is being recorded ends first: it is deleted with the rest.
    this.gone();
    await this.clear();
    this.noteErased(erased);
    find("after-title", HTMLElement).focus();
  }

  /** @param {string} words what is gone */
  noteErased(words) {
    this.erased = words;
    this.room.isErased = true;
    this.isSending = false;
    for (const id of ["erase", "receipt", "return", "left"]) find(id, HTMLElement).hidden = true;
    find("yours", HTMLElement).hidden = document.getElementById("deeds-title") === null;
    this.gone();
    this.show();
  }

  /** What is still here goes too: at once, or else when it is sent and refused as gone. */
  async clear() {
    await this.finishing;
    const uploads = await this.keeping.uploads.catch(() => null);
    await uploads?.deleteAll().catch(() => uploads.done());
  }

  /** @param {Promise<void>} finishing */
  async openGone(finishing) {
    await this.open(finishing);
    const gone = find("gone-kept", HTMLElement);
    if (this.erased !== null || this.isRefused) write(gone, `${this.words()} ${say("after_may_close")}`);
    else if (this.hasAny) write(gone, say("gone_sent"));
  }

  /** @returns {boolean} whether there is anything of which a film can be made */
  get hasRecording() {
    if (this.room.isErased) return false;
    return this.hasAny || this.standing.arrived !== "nothing";
  }

  /** @returns {boolean} whether anything was recorded here, now or before */
  get hasAny() {
    return this.takes.length > 0 || this.hasEarlier;
  }

  show() {
    find("after-next", HTMLElement).hidden = !this.hasRecording;
    write(find("after-words", HTMLElement), this.words());
    const { percent } = this.keeping.progress;
    const bar = find("after-progress", HTMLProgressElement);
    bar.hidden = !this.isNeeded;
    bar.value = percent;
    // Beside what is read out: each percent would be.
    const isGoing = this.isNeeded && this.isFinished && this.erased === null;
    const share = isGoing && percent < 100 ? say("sent_share", { percent }) : "";
    for (const id of ["after-share", "gone-share"]) write(find(id, HTMLElement), share);
    write(find("after-close", HTMLElement), this.closeWords());
    const gone = find("gone-kept", HTMLElement);
    if (this.isHeld) write(gone, `${say("kept_here", { percent })} ${say("after_may_close")}`);
    else if (this.isSending && !this.isFinished) write(gone, say("after_finishing"));
    else if (this.isSending) write(gone, say("gone_sending"));
  }

  closeWords() {
    if (!this.isNeeded) return say("after_may_close");
    // What broke down goes on when the page is loaded anew: to keep it open is no use.
    return this.isFinished && this.keeping.word === "failed" ? "" : say("after_stay");
  }

  words() {
    if (this.erased !== null) return this.erased;
    if (this.room.isErased) return say("after_erased");
    if (this.isRefused) return say("after_refused");
    if (!this.hasAny) return this.keeping.progress.has_held ? say("left_held") : this.standingWords();
    if (!this.isSending && this.isUntold) return say("after_untold");
    if (!this.isSending && this.nHoles > 0) return say("after_holes", { count: this.nHoles });
    if (!this.isSending) return say(this.isPart ? "after_part" : "after_complete");
    if (!this.isFinished) return say("after_finishing");
    if (this.isHeld) return say("kept_here", { percent: this.keeping.progress.percent });
    const { word, progress } = this.keeping;
    if (word === "failed") return say("after_failed");
    if (word === "waiting" || word === "server_full") return say("after_waiting");
    if (progress.is_done) return say("after_checking");
    return say("after_sending");
  }

  /** @returns {string} what the studio had when the page loaded, where this visit added nothing */
  standingWords() {
    const { arrived } = this.standing;
    if (arrived === "all") return say("after_complete");
    if (arrived === "part") return say("after_part");
    return arrived === "unknown" ? "" : say(this.isEnded ? "after_nothing" : "after_none");
  }

  /** The server alone says that a recording is complete; this asks until it does. */
  async showReceipts() {
    /** @type {(Receipt | null)[]} */
    const own = [];
    for (const take of this.takes) own.push(await this.awaitReceipt(take, true));
    /** @type {(Receipt | null)[]} */
    const others = [];
    for (const take of this.standing.takes.filter((one) => !this.takes.includes(one))) {
      // Its rest may be on another device: what there is now is told.
      others.push(await this.awaitReceipt(take, false));
    }
    const receipts = [...own, ...others].filter((receipt) => receipt !== null);
    this.isUntold = own.includes(null);
    this.isPart = others.some((receipt) => receipt?.state === "recording");
    this.nHoles = receipts.reduce((sum, { holes }) => sum + holes.length, 0);
    const items = tell(receipts).map((line) => {
      const item = document.createElement("li");
      item.textContent = line;
      return item;
    });
    find("receipt-list", HTMLUListElement).replaceChildren(...items);
    find("receipt", HTMLDetailsElement).hidden = this.erased !== null || items.length === 0;
  }

  /**
   * @param {string} takeId
   * @param {boolean} isOver whether only the receipt of a take that has ended is one
   * @returns {Promise<Receipt | null>} null where the studio tells nothing more
   */
  async awaitReceipt(takeId, isOver) {
    while (this.erased === null && !this.keeping.isRefused) {
      const receipt = await this.askReceipt(takeId);
      if (receipt && (!isOver || receipt.state !== "recording")) return receipt;
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
    return null;
  }

  /** @param {string} takeId @returns {Promise<Receipt | null>} null when the server is not reached */
  async askReceipt(takeId) {
    const { base, token } = this.room.upload;
    const headers = { Authorization: `Bearer ${token}` };
    try {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      const answer = await fetch(`${base}/${takeId}/receipt`, { headers, cache: "no-store", signal });
      if (answer.status === 410 && this.erased === null) this.noteErased(say("after_erased"));
      if (answer.status === 401) this.keeping.hear({ word: "not_allowed" });
      return answer.ok ? await answer.json() : null;
    } catch {
      return null;
    }
  }
}

/**
 * Tells of all takes together what there is and what was struck, and of each what it lacks.
 *
 * @param {Receipt[]} receipts
 * @returns {string[]}
 */
function tell(receipts) {
  const tracks = receipts.flatMap((receipt) => Object.entries(receipt.tracks));
  const struck = receipts.flatMap((receipt) => Object.entries(receipt.struck));
  const held = [...gathered(tracks)].map(([kind, all]) => {
    const count = all.reduce((sum, { fragments }) => sum + fragments.length, 0);
    const bytes = all.reduce((sum, track) => sum + track.bytes, 0);
    return say("receipt_line", { ...nameOf(kind), count, size: Math.max(0.1, bytes / BYTES_PER_MB).toFixed(1) });
  });
  const gone = [...gathered(struck)]
    .map(([kind, all]) => ({ kind, count: all.flat().length }))
    .filter(({ count }) => count > 0)
    .map(({ kind, count }) => say("receipt_struck", { ...nameOf(kind), count }));
  return [...held, ...gone, ...receipts.flatMap(tellLacking)];
}

/** @param {Receipt} receipt @returns {string[]} */
function tellLacking({ stalled, holes }) {
  return [
    ...stalled
      .filter(({ track }) => track !== null)
      .map(({ track, start_s, duration_s }) =>
        say("receipt_stalled", { ...nameOf(track), duration: duration_s.toFixed(1), start: start_s.toFixed(1) }),
      ),
    ...holes.map(({ track, start_s, duration_s }) =>
      say("receipt_hole", {
        ...nameOf(track),
        duration: (duration_s ?? 0).toFixed(1),
        start: (start_s ?? 0).toFixed(1),
      }),
    ),
  ];
}

/** @param {string | null} kind */
function nameOf(kind) {
  return { track: say(`track_${kind}`) };
}

/**
 * @template T
 * @param {[string, T][]} entries
 * @returns {Map<string, T[]>} by track
 */
function gathered(entries) {
  /** @type {Map<string, T[]>} */
  const all = new Map();
  for (const [kind, one] of entries) all.set(kind, [...(all.get(kind) ?? []), one]);
  return all;
}
