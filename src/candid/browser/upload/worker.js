/**
 * The uploads' own thread: keeps what recorders hand over, and sends it for as long as it takes.
 *
 * @import { Delivery } from "../recorder/shapes.js"
 * @import { Answer } from "./requests.js"
 * @import { UploadWord } from "./shapes.js"
 */

import { Journal, takesOf } from "./journal.js";
import { Pace } from "./pace.js";
import { Ingest } from "./requests.js";
import { lookForRoom } from "./room.js";
import { Sending } from "./sending.js";

const LANES = 3;
const LOOK_MS = 1_000;
const FIRST_WAIT_MS = 500;
const MOST_WAIT_MS = 15_000;
const TOLD_EVERY_MS = 200;

class Office {
  /** @param {{base: string, token: string, participantId: string, isHeld?: boolean}} request */
  constructor({ base, token, participantId, isHeld }) {
    this.ingest = new Ingest(base, token);
    this.participantId = participantId;
    /** what earlier page loads left waits for a word */
    this.isHeld = isHeld === true;
    /** @type {Pace | null} while a call runs */
    this.pace = null;
    this.restUntilMs = 0;
    /** @type {import("./room.js").Room} */
    this.room = "enough";
    /** @type {Map<string, Sending>} */
    this.sendings = new Map();
    /** @type {Set<string>} takes of recorders of this page */
    this.own = new Set();
    /** @type {Set<string>} those of them whose recorder has gone without a word */
    this.over = new Set();
    this.nFailed = 0;
    this.notBeforeMs = 0;
    /** bytes of the takes that are on the server */
    this.doneBytes = 0;
    /** @type {Set<() => void>} */
    this.asleep = new Set();
    /** @type {((isAll: boolean) => void)[]} */
    this.awaiting = [];
    /** @type {ReturnType<typeof setTimeout> | null} */
    this.telling = null;
    self.addEventListener("online", () => this.hurry());
  }

  /** Takes up what earlier page loads left; what another page holds is tried again later. */
  async adopt() {
    for (const takeId of await takesOf(this.participantId)) {
      if (this.sendings.has(takeId) || this.own.has(takeId)) continue;
      // One that cannot be read or deleted now must not keep the others here.
      await this.adoptOne(takeId).catch(() => undefined);
    }
    return [...this.sendings.values()].map(({ journal, left }) => ({ takeId: journal.takeId, bytes: left }));
  }

  /** @param {string} takeId */
  async adoptOne(takeId) {
    const journal = await Journal.open(takeId);
    if (!journal.ledger.head) return journal.remove();
    const sending = this.take(journal);
    sending.isHeld = this.isHeld;
    if (!journal.ledger.hasEnded) journal.note([...journal.ledger.lostPicture(), INTERRUPTED]);
    // The page before had noted it, and had perhaps no time to delete all of it.
    await sending.dropStruck();
  }

  /** @param {Journal} journal */
  take(journal) {
    const sending = new Sending(journal, (word) => this.say(word, journal.takeId));
    this.sendings.set(journal.takeId, sending);
    return sending;
  }

  /** @param {MessagePort} port */
  listen(port) {
    let last = Promise.resolve();
    port.onmessage = ({ data }) => {
      last = last.then(() => this.receive(port, data));
    };
  }

  /** @param {MessagePort} port @param {Delivery} delivery @param {boolean} [wasFull] */
  async receive(port, delivery, wasFull) {
    try {
      await this.keep(delivery);
      if (wasFull) this.say("device_room", delivery.takeId);
      port.postMessage({ kept: delivery.sequence });
    } catch {
      // The recorder goes on, and holds what could not be kept until there is room.
      this.say("device_full", delivery.takeId);
      port.postMessage({ full: delivery.sequence });
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      await this.receive(port, delivery, true);
    }
  }

  /** @param {Delivery} delivery */
  async keep({ takeId, facts, piece }) {
    this.own.add(takeId);
    const sending = this.sendings.get(takeId) ?? this.take(await Journal.open(takeId));
    sending.isLive = !facts.some((fact) => fact.is === "state" && fact.state !== "recording");
    await sending.journal.keep(facts, piece);
    if (this.over.has(takeId)) this.end(takeId);
    if (piece) sending.count({ ...piece, size: piece.bytes.byteLength });
    await sending.dropStruck();
    this.tell();
    if (facts.some(isStruck)) sending.isUrgent = true;
    if (sending.isUrgent) this.hurry();
    else this.wake();
  }

  /** What the recorder handed on before it went may still arrive. @param {string} takeId */
  end(takeId) {
    this.over.add(takeId);
    const sending = this.sendings.get(takeId);
    if (!sending) return;
    sending.isLive = false;
    if (!sending.journal.ledger.hasEnded) sending.journal.note([INTERRUPTED]);
    this.wake();
  }

  /** Sends, lane by lane, for as long as the page lives. @param {number} lane */
  async run(lane) {
    for (;;) {
      const job = this.nextJob(lane);
      // A file that the device will not read or delete now must not end the lane.
      if (job) await this.work(job).catch(() => this.sleep(LOOK_MS));
      else await this.sleep(LOOK_MS);
    }
  }

  /** @param {number} lane */
  nextJob(lane) {
    const removal = this.nextRemoval();
    if (removal || this.ingest.isStopped) return removal;
    if (this.isGentle && lane > 0) return null;
    if (performance.now() < Math.max(this.notBeforeMs, this.restUntilMs)) return null;
    // While there is no answer, one lane asks and the others wait.
    if (this.nFailed > 0 && lane > 0) return null;
    for (const sending of this.sendings.values()) {
      const job = sending.next(this.ingest);
      if (job) return async () => ({ sending, answer: await job() });
    }
    return null;
  }

  /** What goes from this device waits for no network. */
  nextRemoval() {
    for (const sending of this.sendings.values()) {
      const job = sending.isLeaving ? sending.nextRemoval() : null;
      if (job) return async () => ({ sending, answer: await job() });
    }
    return null;
  }

  /** @param {() => Promise<{sending: Sending, answer: Answer}>} job */
  async work(job) {
    const begun = performance.now();
    const { token } = this.ingest;
    const { sending, answer } = await job();
    if (sending.isDone) this.retire(sending);
    // What an older token was refused says nothing of the newer one.
    const isOutdated = answer.outcome === "forbidden" && token !== this.ingest.token;
    if (!isOutdated) this.judge(sending, answer);
    this.tell();
    const endedMs = performance.now();
    if (this.isGentle && this.pace) this.restUntilMs = endedMs + this.pace.pauseMs(endedMs - begun);
  }

  /** Where room runs out, what is kept here goes first. */
  get isGentle() {
    return this.pace !== null && this.room === "enough";
  }

  /** @param {{roundTripS: number} | null} line of the call; null where there is none */
  giveWay(line) {
    const isOver = this.pace !== null && line === null;
    this.pace = line && (this.pace ?? new Pace());
    if (line) this.pace?.hear(line.roundTripS);
    if (isOver) this.hurry();
  }

  async followRoom() {
    const room = await lookForRoom(this.room);
    if (room === this.room) return;
    this.room = room;
    postMessage({ tells: "room", room });
    this.hurry();
  }

  /** @param {Sending} sending @param {Answer} answer */
  judge(sending, { outcome, afterMs }) {
    if (outcome === "forbidden") {
      sending.isForbidden = true;
      this.say("not_allowed", sending.journal.takeId);
    }
    if (outcome !== "wait" && outcome !== "full") {
      if (this.nFailed > 0) this.say("working", sending.journal.takeId);
      this.nFailed = 0;
      return;
    }
    this.nFailed += 1;
    const waitMs = Math.min(MOST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(this.nFailed - 1, 10));
    this.notBeforeMs = performance.now() + (afterMs ?? waitMs * (0.5 + Math.random() / 2));
    this.say(outcome === "full" ? "server_full" : "waiting", sending.journal.takeId);
  }

  /** @param {Sending} sending */
  retire(sending) {
    this.doneBytes += sending.kept;
    this.sendings.delete(sending.journal.takeId);
  }

  /** @param {number} ms */
  sleep(ms) {
    return new Promise((resolve) => {
      const rise = () => {
        clearTimeout(timer);
        this.asleep.delete(rise);
        resolve(undefined);
      };
      const timer = setTimeout(rise, ms);
      this.asleep.add(rise);
    });
  }

  wake() {
    this.asleep.forEach((rise) => rise());
  }

  /** The network is back, or a person asks: no more waiting. */
  hurry() {
    this.notBeforeMs = 0;
    this.restUntilMs = 0;
    this.wake();
  }

  /** @returns {Sending[]} what may be sent */
  get going() {
    return [...this.sendings.values()].filter(({ isHeld }) => !isHeld);
  }

  /** Somebody left in haste: nothing is sent, while what they struck still goes from this device. */
  hold() {
    this.ingest.stop();
  }

  /** What was held may go now. */
  send() {
    this.ingest.go();
    this.isHeld = false;
    for (const sending of this.sendings.values()) sending.isHeld = false;
    this.hurry();
    this.tell();
  }

  progress() {
    const all = this.going;
    const kept = this.doneBytes + all.reduce((sum, each) => sum + each.kept, 0);
    const left = all.reduce((sum, each) => sum + each.left, 0);
    const isDone = all.length === 0;
    const percent = kept > 0 ? Math.min(isDone ? 100 : 99, Math.floor(((kept - left) / kept) * 100)) : 0;
    const has_held = this.sendings.size > all.length;
    return { kept, acknowledged: kept - left, percent: isDone ? 100 : percent, is_done: isDone, has_held };
  }

  tell() {
    if (this.isOver) this.awaiting.splice(0).forEach((resolve) => resolve(this.going.length === 0));
    this.telling ??= setTimeout(() => {
      this.telling = null;
      postMessage({ tells: "progress", progress: this.progress() });
    }, TOLD_EVERY_MS);
  }

  /** @param {UploadWord} word @param {string} takeId */
  say(word, takeId) {
    postMessage({ tells: "word", word, takeId });
  }

  /** @param {string} token */
  renew(token) {
    this.ingest.token = token;
    for (const sending of this.sendings.values()) sending.isForbidden = false;
    this.hurry();
  }

  /**
   * Deletes from this device what is not being recorded. Rejects where some of it could not be
   * deleted now: that is tried again.
   *
   * @param {(sending: Sending) => boolean} [isMeant]
   */
  async remove(isMeant = () => true) {
    const meant = [...this.sendings.values()].filter((sending) => !sending.isLive && isMeant(sending));
    const ends = await Promise.allSettled(meant.map((sending) => this.removeOne(sending)));
    this.tell();
    for (const end of ends) if (end.status === "rejected") throw end.reason;
  }

  /** @param {Sending} sending */
  async removeOne(sending) {
    await sending.leave();
    this.sendings.delete(sending.journal.takeId);
  }

  /** Whether there is nothing left to send, or nothing that the server takes. */
  get isOver() {
    return this.going.every((sending) => sending.isRefused);
  }

  /** @returns {Promise<boolean>} whether the server has all of it; false where it does not take the rest */
  allSent() {
    if (this.isOver) return Promise.resolve(this.going.length === 0);
    return new Promise((resolve) => this.awaiting.push(resolve));
  }
}

/** @param {import("../recorder/shapes.js").Fact} fact */
function isStruck(fact) {
  return fact.is === "gap" && fact.reason === "struck";
}

/** @type {import("../recorder/shapes.js").StateFact} */
const INTERRUPTED = { is: "state", state: "interrupted" };
const ADOPT_EVERY_MS = 3_000;
const ROOM_EVERY_MS = 2_000;

/** @type {Office | null} */
let office = null;

/** @type {{[ask: string]: (data: any) => unknown}} */
const ANSWERS = {
  open: async (data) => {
    office = new Office(data);
    const opened = office;
    const unfinished = await opened.adopt();
    const isEmpty = (await takesOf(opened.participantId)).length === 0;
    for (let lane = 0; lane < LANES; lane += 1) void opened.run(lane);
    // What fails of these is tried again by the next.
    setInterval(() => void opened.adopt().catch(() => undefined), ADOPT_EVERY_MS);
    setInterval(() => void opened.followRoom().catch(() => undefined), ROOM_EVERY_MS);
    void opened.followRoom().catch(() => undefined);
    opened.tell();
    return { unfinished, isEmpty };
  },
  sink: (data) => office?.listen(data.port),
  hold: () => office?.hold(),
  send: () => office?.send(),
  giveWay: (data) => office?.giveWay(data.line),
  renew: (data) => office?.renew(data.token),
  deleteUnfinished: () => office?.remove(({ journal }) => !office?.own.has(journal.takeId)),
  deleteAll: () => office?.remove(),
  end: (data) => office?.end(data.takeId),
  strike: async (data) => {
    await office?.sendings.get(data.takeId)?.takeBack(data.startUs, data.endUs);
    office?.hurry();
  },
  done: () => office?.allSent(),
};

// Nothing that breaks here may stay unseen: thrown anew, it reaches the page.
self.addEventListener("unhandledrejection", ({ reason }) => {
  throw reason;
});

self.onmessage = async ({ data }) => {
  try {
    const value = await ANSWERS[data.ask](data);
    if (data.number !== undefined) postMessage({ tells: "answer", number: data.number, value });
  } catch (error) {
    if (data.number !== undefined) postMessage({ tells: "answer", number: data.number, error: String(error) });
  }
};
