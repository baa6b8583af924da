/**
 * Sends what one take has in its journal: its pieces first, in order, its manifest now and then,
 * and asks at the end whether the server has all of it.
 *
 * @import { Answer, Ingest } from "./requests.js"
 * @import { Journal, Piece } from "./journal.js"
 * @import { UploadWord } from "./shapes.js"
 */

const MANIFEST_EVERY_MS = 5_000;
const REMOVAL_EVERY_MS = 2_000;
// The manifest of an hour has a megabyte: it may take no more of the line than this while it grows.
const MANIFEST_BYTES_PER_MS = 20;

/** @typedef {() => Promise<Answer>} Job */

export class Sending {
  /**
   * @param {Journal} journal
   * @param {(word: UploadWord) => void} say
   */
  constructor(journal, say) {
    this.journal = journal;
    this.say = say;
    /** @type {Set<string>} pieces that are on their way */
    this.underway = new Set();
    /** @type {Set<string>} pieces that the server will not take */
    this.refused = new Set();
    this.manifestCount = -1;
    this.manifestMs = -Infinity;
    this.manifestEveryMs = MANIFEST_EVERY_MS;
    this.removalMs = -Infinity;
    this.isManifestRefused = false;
    /** something was struck: the server finds by the manifest alone what of it it has */
    this.isUrgent = false;
    this.isTalking = false;
    this.isLive = false;
    /** nothing of it may stay here */
    this.isLeaving = false;
    this.isDone = false;
    this.isStuck = false;
    this.isForbidden = false;
    /** somebody left in haste, and has not said yet what shall become of it */
    this.isHeld = false;
    this.kept = [...journal.pieces.values()].reduce((sum, { size }) => sum + size, 0);
    this.left = this.kept;
  }

  /** @param {Piece} piece */
  count(piece) {
    this.kept += piece.size;
    this.left += piece.size;
  }

  /** @param {Ingest} ingest @returns {Job | null} */
  next(ingest) {
    if (this.isLeaving || this.isForbidden || this.isHeld) return null;
    return this.nextManifest(ingest) ?? this.nextPiece(ingest) ?? this.nextQuestion(ingest);
  }

  /** @param {Ingest} ingest @returns {Job | null} */
  nextPiece(ingest) {
    for (const [key, piece] of this.journal.pieces) {
      if (this.underway.has(key) || this.refused.has(key)) continue;
      this.underway.add(key);
      return () => this.sendPiece(ingest, key, piece).finally(() => this.underway.delete(key));
    }
    return null;
  }

  /** @param {Ingest} ingest @param {string} key @param {Piece} piece @returns {Promise<Answer>} */
  async sendPiece(ingest, key, piece) {
    const held = await this.journal.load(piece.kind, piece.name).catch(() => undefined);
    if (!this.journal.pieces.has(key)) return { outcome: "kept" };
    if (held === undefined) return this.refuse(key, { outcome: "refused" });
    if (held === null) return this.dropTorn(piece);
    const answer = await ingest.put(`${this.journal.takeId}/${piece.kind}/${piece.name}`, held.bytes);
    if (answer.outcome === "kept" || answer.outcome === "struck") await this.drop(piece);
    if (answer.outcome === "struck") this.say("struck");
    if (answer.outcome === "refused") this.refuse(key, answer);
    return answer.outcome === "damaged" ? { ...answer, outcome: "wait" } : answer;
  }

  /** It stays listed: the receipt names it as missing. @param {Piece} piece @returns {Promise<Answer>} */
  async dropTorn(piece) {
    await this.drop(piece);
    this.say("refused");
    return { outcome: "refused" };
  }

  /** @param {string} key @param {Answer} answer */
  refuse(key, answer) {
    this.refused.add(key);
    this.say("refused");
    return answer;
  }

  /** @param {Piece} piece */
  async drop({ kind, name, size }) {
    if (!this.journal.pieces.has(`${kind}-${name}`)) return;
    this.left -= size;
    await this.journal.forget(kind, name);
  }

  /** @param {Ingest} ingest @returns {Job | null} */
  nextManifest(ingest) {
    const { ledger } = this.journal;
    if (this.isTalking || !ledger.head || ledger.count === this.manifestCount) return null;
    const isSoon = performance.now() - this.manifestMs < this.manifestEveryMs;
    if (isSoon && !ledger.hasEnded && !this.isUrgent) return null;
    return this.alone(() => this.sendManifest(ingest));
  }

  /** @param {Ingest} ingest @returns {Promise<Answer>} */
  async sendManifest(ingest) {
    const { ledger } = this.journal;
    const count = ledger.count;
    this.isUrgent = false;
    const bytes = new TextEncoder().encode(JSON.stringify(ledger.manifest()));
    this.manifestEveryMs = Math.max(MANIFEST_EVERY_MS, bytes.byteLength / MANIFEST_BYTES_PER_MS);
    const answer = await ingest.put(`${this.journal.takeId}/manifest`, bytes);
    this.manifestMs = performance.now();
    if (["wait", "full", "forbidden"].includes(answer.outcome)) return answer;
    this.manifestCount = count;
    this.isManifestRefused = answer.outcome === "refused" || answer.outcome === "damaged";
    if (this.isManifestRefused) this.say("refused");
    return this.isManifestRefused ? { ...answer, outcome: "refused" } : answer;
  }

  /** @param {Ingest} ingest @returns {Job | null} */
  nextQuestion(ingest) {
    const { pieces, ledger } = this.journal;
    if (this.isTalking || this.isStuck || !ledger.hasEnded || pieces.size > 0) return null;
    return this.alone(async () => {
      const answer = await ingest.get(this.journal.takeId);
      if (answer.outcome === "kept") await this.end(answer.document?.state);
      // Erased, here or at the desk: nobody shall have it any more.
      if (answer.outcome === "struck") await this.leave();
      return answer;
    });
  }

  /** Only the server says that a take is complete. @param {string} state */
  async end(state) {
    // What tells the server what it has stays here until the server has understood it.
    this.isStuck = state !== "complete" && (this.isManifestRefused || state !== "incomplete");
    if (this.isStuck) return;
    // What is missing there is not here either: nothing more can be done from this device.
    if (state !== "complete") this.say("refused");
    await this.leave();
  }

  /** Nothing of the take stays on this device; where it cannot be deleted now, it is tried again. */
  async leave() {
    if (this.isDone) return;
    this.isLeaving = true;
    this.isHeld = false;
    this.removalMs = performance.now();
    await this.journal.remove();
    this.isDone = true;
  }

  /** @returns {Job | null} */
  nextRemoval() {
    if (this.isDone || this.isTalking || performance.now() - this.removalMs < REMOVAL_EVERY_MS) return null;
    return this.alone(async () => {
      await this.leave();
      return { outcome: "kept" };
    });
  }

  /** Whether nothing more can be done from here: the server takes the rest, or its list, no more. */
  get isRefused() {
    const { pieces, ledger } = this.journal;
    if (this.isLeaving || !ledger.hasEnded) return false;
    if (this.isTalking || this.underway.size > 0) return false;
    if (ledger.count !== this.manifestCount) return false;
    return this.isStuck || (pieces.size > 0 && [...pieces.keys()].every((key) => this.refused.has(key)));
  }

  /** @param {Job} job @returns {Job} */
  alone(job) {
    this.isTalking = true;
    return () =>
      job().finally(() => {
        this.isTalking = false;
      });
  }

  /** What a participant has struck is deleted here at once; it may not even be sent. */
  async dropStruck() {
    for (const gap of this.journal.ledger.gaps.values()) {
      if (gap.reason === "struck") await this.strike(gap.start_us, gap.end_us);
    }
  }

  /**
   * Notes a stretch as struck, also in a take that has ended, and drops what is here of it.
   *
   * @param {number} startUs
   * @param {number} endUs
   */
  async takeBack(startUs, endUs) {
    const times = { start_us: Math.round(startUs), end_us: Math.round(endUs) };
    if (this.isLeaving) return;
    this.isUrgent = true;
    this.journal.note([{ is: "gap", id: `struck-${times.start_us}`, reason: "struck", ...times }]);
    await this.strike(startUs, endUs);
  }

  /** Drops what lies in a stretch, straddling pieces whole. @param {number} startUs @param {number} endUs */
  async strike(startUs, endUs) {
    for (const piece of [...this.journal.pieces.values()]) {
      const times = this.journal.ledger.timesOf(piece.kind, piece.name);
      if (times && times[0] < endUs && times[1] > startUs) await this.drop(piece);
    }
  }
}
