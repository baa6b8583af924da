/**
 * "Strike that": what was said in a stretch of time is taken back, on all devices.
 *
 * The studio takes it from every take, those included that it does not have yet. Each device that is
 * told does the same by its own clock at once, so that nothing of it is sent; while the studio is not
 * reached the others are told straight, and the studio when it is reached again.
 *
 * @import { Peers } from "./peers.js"
 * @import { Recording } from "./recording.js"
 * @import { Room } from "./room.js"
 * @import { NotStruck, Struck } from "./shapes.js"
 * @import { OwedStrike } from "./owed.js"
 */

import { closePanel, onToggle, setToggle } from "./controls.js";
import { Owed } from "./owed.js";
import { find, nowUs, say } from "./page.js";

const MARGIN_S = 1;
const SIGN_OF_LIFE_MS = 10_000;
const PATIENCE_MS = 30_000;
const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 60_000;
// The link no longer holds, or the studio takes no more: to say it again is no use.
const REFUSALS = [403, 404, 410, 422];

/** The keys of the panel, and what the others strike. */
export class Striking {
  /**
   * @param {Room} room
   * @param {Recording} recording
   * @param {Peers} peers
   * @param {(words: string) => void} notify
   */
  constructor(room, recording, peers, notify) {
    this.room = room;
    this.recording = recording;
    this.peers = peers;
    this.notify = notify;
    this.owed = new Owed(room.you);
    /** @type {OwedStrike[]} what is still to be said, one after the other */
    this.queue = [];
    /** @type {string | null} the strike that the studio has not answered */
    this.saying = null;
    /** @type {{us: number, ms: number} | null} since when all is being struck, by both clocks */
    this.since = null;
    /** @type {number | undefined} */
    this.waiting = undefined;
    /** @type {number | undefined} */
    this.living = undefined;
    /** Whether an earlier page went while it was striking, and nobody was told yet. */
    this.wasCutShort = this.owed.takeOver();
    for (const key of document.querySelectorAll("[data-strikes]")) {
      key.addEventListener("click", () => this.strikeLast(Number(key.getAttribute("data-strikes"))));
    }
    onToggle("strike-on", (isOn) => (isOn ? this.begin() : this.finish()));
  }

  /** @param {number} seconds */
  strikeLast(seconds) {
    this.strike(seconds);
    this.notify(say("struck_seconds", { seconds }));
    closePanel("strike");
  }

  begin() {
    const since = { us: nowUs(), ms: Date.now() };
    this.since = since;
    this.owed.keepOpen(since.ms);
    this.living = setInterval(() => this.owed.keepOpen(since.ms), SIGN_OF_LIFE_MS);
    find("striking-words", HTMLElement).hidden = false;
    this.notify(say("striking"));
  }

  /**
   * Ends a stretch that is being struck; called on hanging up, and however else the page ends. The
   * recorder clock may stand still while a device sleeps, and those of the others go on.
   */
  finish() {
    if (this.since === null) return;
    clearInterval(this.living);
    const seconds = (nowUs() - this.since.us) / 1e6;
    this.strike(seconds, Math.max(seconds, (Date.now() - this.since.ms) / 1000));
    this.owed.close();
    this.since = null;
    setToggle("strike-on", false);
    find("striking-words", HTMLElement).hidden = true;
    this.notify(say("struck"));
  }

  /** Who comes back from a page that was striking is told that this is over. */
  tellCutShort() {
    if (this.wasCutShort) this.notify(say("struck_cut_short"));
    this.wasCutShort = false;
  }

  /**
   * @param {number} seconds up to now, by the recorder clock
   * @param {number} [elsewhere] how long that was for the others
   */
  strike(seconds, elsewhere = seconds) {
    this.strikeHere(seconds, 0);
    const whole = Math.ceil(elsewhere);
    if (!this.tell(this.owed.add(whole))) this.peers.tellAll({ type: "strike", seconds: whole });
  }

  /** Tells the studio all that it has not confirmed. */
  settleUp() {
    this.queue = this.owed.read();
    this.sayNext();
  }

  /** @param {OwedStrike[]} strikes @returns {boolean} whether the studio hears of them */
  tell(strikes) {
    this.queue.push(...strikes);
    return this.saying === null ? this.sayNext() : this.room.isReached;
  }

  /**
   * One at a time: the studio counts back from when it takes a strike up, and one that waited there
   * behind others would be placed too late.
   *
   * @returns {boolean} whether the studio is reached
   */
  sayNext() {
    const next = this.queue.shift();
    this.saying = next?.id ?? null;
    if (!next || this.owed.messages([next]).every((message) => this.room.send(message))) return true;
    this.sayNothing();
    return false;
  }

  /** What is left is owed, and said when the studio is reached again. */
  sayNothing() {
    this.queue = [];
    this.saying = null;
  }

  /** @param {Struck} told what the studio has done @returns {boolean} whether all of it was reached */
  confirm({ id, ago }) {
    const again = this.owed.settle(id, ago);
    this.queue.push(...again);
    if (this.saying === id || this.saying === null) this.sayNext();
    return again.length === 0;
  }

  /** The live channel of this page is closed for good: what is owed goes by requests of its own. */
  async settleAlone() {
    let waitMs = FIRST_WAIT_MS;
    while (await this.request()) {
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      waitMs = Math.min(LONGEST_WAIT_MS, 2 * waitMs);
    }
  }

  /** @returns {Promise<boolean>} whether something is left that may be said again */
  async request() {
    let isLeft = false;
    for (const message of this.owed.messages()) {
      if (!(await this.post(message))) isLeft = true;
    }
    return isLeft;
  }

  /** @param {unknown} message @returns {Promise<boolean>} whether it need not be said again */
  async post(message) {
    try {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      const body = JSON.stringify(message);
      const answer = await fetch(this.room.strikes, { method: "POST", body, signal });
      return answer.ok ? this.confirm(await answer.json()) : REFUSALS.includes(answer.status);
    } catch {
      return false;
    }
  }

  /**
   * The studio has not done it: it stays owed. It is said again later, or to the others straight
   * where the studio takes no more of this person.
   * @param {NotStruck} told
   */
  defer({ id, after_s }) {
    if (after_s === null) {
      this.notify(say("strike_refused"));
      this.tellStraight(id);
      this.sayNext();
      return;
    }
    this.sayNothing();
    if (this.waiting !== undefined) return;
    this.notify(say("strike_later"));
    this.waiting = setTimeout(() => this.retry(), after_s * 1000);
  }

  retry() {
    this.waiting = undefined;
    this.settleUp();
  }

  /** @param {string | null} strikeId */
  tellStraight(strikeId) {
    for (const { id, seconds, ago } of this.owed.messages()) {
      if (id === strikeId) this.peers.tellAll({ type: "strike", seconds, ago });
    }
  }

  /**
   * @param {number} seconds
   * @param {number} ago seconds since the stretch ended
   */
  strikeHere(seconds, ago) {
    const endUs = nowUs() - Math.max(0, ago - MARGIN_S) * 1e6;
    const startUs = Math.max(0, Math.round(nowUs() - (ago + seconds + MARGIN_S) * 1e6));
    this.recording.strike(startUs, endUs);
  }

  /**
   * @param {string} person
   * @param {{type: string, [field: string]: unknown}} message
   */
  hear(person, message) {
    if (message.type !== "strike" || typeof message.seconds !== "number") return;
    this.strikeHere(message.seconds, typeof message.ago === "number" ? message.ago : 0);
    this.notify(say("struck_by", { name: this.room.nameOf(person) }));
  }
}
