/**
 * The conversation page: check, lobby, call, after. It joins the parts and knows their order.
 *
 * @import { FromServer, Stage } from "./shapes.js"
 * @import { Config } from "./room.js"
 */

import { After } from "./after.js";
import { stayAwake } from "./awake.js";
import { openChat } from "./chat.js";
import { Check } from "./check.js";
import { onPress, onToggle, openPanels, setToggle } from "./controls.js";
import { openGuide } from "./guide.js";
import { Keeping } from "./keeping.js";
import { Live } from "./live.js";
import { openLobby } from "./lobby.js";
import { Mending } from "./mending.js";
import { find, hide, read, say, showStage, write } from "./page.js";
import { Peers } from "./peers.js";
import { Recording } from "./recording.js";
import { FRESH, Room } from "./room.js";
import { Sound } from "./sound.js";
import { Striking } from "./strike.js";
import { Talk } from "./talk.js";

const NOTICE_MS = 8_000;

/** Everything on the page, from the first paint to the last fragment. */
class Page {
  /** @param {Config} config */
  constructor(config) {
    this.room = new Room(config);
    this.sound = new Sound();
    this.check = new Check(this.sound);
    this.keeping = new Keeping(config.participant_id, config.upload);
    this.recording = new Recording(this.room, this.check, this.keeping);
    this.peers = new Peers(this.room, this.recording.clock, {
      seen: (person, stream) => this.seen(person, stream),
      lost: (person) => this.lost(person),
      timed: (beacon) => this.recording.addBeacon(beacon),
      told: (person, message) => this.striking.hear(person, message),
      doubted: () => this.live.prove(),
      changed: () => this.talk.show(),
      looked: (line) => void this.recording.seeLine(line).catch(() => undefined),
    });
    this.mending = new Mending(this.check, {
      isWanted: () => ["lobby", "call"].includes(this.room.mine.stage ?? ""),
      interrupted: (device) => this.notify(say(`interrupted_${device}`)),
      returned: (device) => this.notify(say(`returned_${device}`)),
    });
    this.talk = new Talk(this.room, this.peers, this.recording, this.check);
    this.striking = new Striking(this.room, this.recording, this.peers, (words) => {
      this.notify(words);
    });
    this.after = new After(this.room, this.recording, this.keeping, config);
    this.after.gone = () => this.rest();
    this.hearChat = openChat(this.room, (words) => this.notify(words));
    this.isLeaving = false;
    this.toldPercent = -1;
    /** @type {Map<number, () => void>} what waits for the answer to a question, by its time */
    this.answers = new Map();
    /** @type {() => void} */
    this.letSleep = () => undefined;
    this.live = this.connect(config);
    this.bind();
    if (config.is_ended) this.end("ended");
    else this.live.connect();
  }

  /** @param {Config} config */
  connect(config) {
    const live = new Live(
      config.live,
      {
        message: (message) => this.hear(message),
        open: (isOpen) => this.reach(isOpen),
        refused: () => this.end("refused"),
      },
      this.recording.clock.nowUs,
    );
    this.room.send = (message) => live.send(message);
    return live;
  }

  bind() {
    openGuide(this.room);
    openLobby(this.room, (news) => write(find("news", HTMLElement), news));
    openPanels();
    onPress("to-lobby", () => this.go("lobby"));
    onPress("to-check", () => this.go("check"));
    onPress("join", () => void this.join());
    onPress("return", () => this.go("lobby"));
    onPress("leave", () => void this.leave());
    onToggle("ready", (isReady) => this.room.tell({ ready: isReady }));
    onToggle("mute", (isMuted) => this.mute(isMuted));
    onToggle("camera", (isOff) => void this.turnCamera(!isOff));
    onToggle("pause", (isPaused) => this.pause(isPaused));
    this.room.watch(() => this.follow());
    this.check.changed = () => this.followDevices();
    for (const id of ["open-both", "open-voice"]) find(id, HTMLButtonElement).disabled = false;
    this.recording.changed = () => this.talk.show();
    this.recording.missed = (device) => this.mending.seek(device);
    this.recording.troubled = (words) => this.notify(words);
    window.addEventListener("beforeunload", (event) => this.warn(event));
    window.addEventListener("pagehide", () => this.striking.finish());
    document.addEventListener("candid:exit", () => this.exit());
    this.keeping.watchers.add(() => this.followUploads());
    void this.offerLeft();
  }

  /** Quick exit: camera and microphone first; what was recorded stays on this device. */
  exit() {
    this.isLeaving = true;
    this.check.release();
    this.striking.finish();
    this.peers.close();
    this.live.close();
    this.keeping.leaveInHaste();
  }

  /** What an earlier visit left here goes on by itself, or waits for a word after a quick exit. */
  async offerLeft() {
    const isHeld = this.keeping.wasLeftInHaste;
    const hasLeft = await this.keeping.hasLeft().catch(() => false);
    const left = find("left", HTMLElement);
    left.hidden = !hasLeft;
    find("left-ways", HTMLElement).hidden = !isHeld;
    write(find("left-words", HTMLElement), say(isHeld ? "left_held" : "left_sending"));
    // After the end it stands on another part of the page.
    const close = () => hide(left, true, this.after.isEnded ? "after-title" : "check-title");
    onPress("left-send", () => void this.keeping.send().then(close).then(() => this.followLeft()));
    onPress("left-delete", () => void this.keeping.forget().then(close));
    if (!isHeld) void this.keeping.uploads.then((uploads) => uploads.done()).then(close);
  }

  /** After the end of the conversation what is left here is all that the page is about. */
  followLeft() {
    if (this.after.isEnded) void this.after.openEnded(Promise.resolve());
  }

  followUploads() {
    const { percent } = this.keeping.progress;
    if (percent !== this.toldPercent) this.room.send({ type: "uploads", percent });
    this.toldPercent = percent;
    this.talk.show();
  }

  /** @param {FromServer} message */
  hear(message) {
    this.room.hear(message);
    if (message.type === "welcome") this.welcome(message.upload.token);
    if (message.type === "signal") this.peers.hear(message);
    if (message.type === "chat") this.hearChat(message);
    if (message.type === "strike") this.striking.hear(message.from, message);
    if (message.type === "struck") this.striking.confirm(message);
    if (message.type === "not_struck") this.striking.defer(message);
    if (message.type === "pong") this.hearPong(message);
    if (message.type === "replaced" || message.type === "ended") this.end(message.type);
  }

  /** @param {string} token */
  welcome(token) {
    this.tryLine();
    this.peers.seekAgain();
    this.striking.settleUp();
    void this.keeping.renew(token).catch(() => undefined);
  }

  tryLine() {
    if (!this.room.isReached || this.room.mine.stage !== "check") return;
    void this.check.tryLine(this.line(), this.room.iceServers);
  }

  /** What the check asks of the live channel. @returns {import("./line.js").Line} */
  line() {
    return {
      send: (message) => this.live.send(message),
      ping: () =>
        new Promise((resolve) => {
          const t1_us = this.live.ping();
          this.answers.set(t1_us, () => resolve((this.recording.clock.nowUs() - t1_us) / 1000));
        }),
    };
  }

  /** @param {import("./shapes.js").Pong} pong */
  hearPong(pong) {
    const answer = this.answers.get(pong.t1_us);
    this.answers.delete(pong.t1_us);
    // What waited behind a filled line tells nothing of the clocks.
    if (answer) return answer();
    const beacon = this.recording.hearServer(pong);
    const tripMs = (beacon.t4_us - beacon.t1_us) / 1000;
    this.check.showLine(tripMs);
    this.peers.seeStudio(tripMs / 1000, this.check.isNarrow);
  }

  /** @param {boolean} isOpen */
  reach(isOpen) {
    this.room.isReached = isOpen;
    this.recording.timeServer(isOpen ? () => this.live.ping() : null);
    if (!isOpen) {
      this.answers.clear();
      this.check.showLine(Infinity);
    }
    this.room.changed();
  }

  /** After every change of what is known: connections, recording and what is shown follow it. */
  follow() {
    this.peers.sync();
    this.recording.follow();
    this.talk.show();
  }

  followDevices() {
    this.tryLine();
    this.mending.watch();
    if (this.check.microphone) this.check.microphone.enabled = this.room.mine.muted !== true;
    this.room.tell({ camera: this.check.camera !== null });
    if (this.room.mine.stage !== "call") return;
    this.peers.replace("camera", this.check.camera);
    this.peers.replace("microphone", this.check.microphone);
    this.recording.replaceDevices();
    this.talk.open();
  }

  /** @param {Stage} stage */
  go(stage) {
    // Who comes back has closed the devices, and opens them at the check.
    const next = stage === "lobby" && !this.check.microphone ? "check" : stage;
    showStage(next);
    this.room.tell({ stage: next });
  }

  async join() {
    await this.sound.start();
    // Meanwhile it may have been pressed twice, or the page may have come to its end.
    if (this.room.mine.stage !== "lobby") return;
    this.letSleep = stayAwake();
    this.go("call");
    setToggle("camera", !this.check.camera);
    this.peers.open({ camera: this.check.camera, microphone: this.check.microphone });
    this.talk.open();
    this.striking.tellCutShort();
  }

  /** @param {boolean} isMuted */
  mute(isMuted) {
    if (this.check.microphone) this.check.microphone.enabled = !isMuted;
    this.recording.mute(isMuted);
    this.room.tell({ muted: isMuted });
  }

  /** The others hear of it straight, for the studio may be away. @param {boolean} isPaused */
  pause(isPaused) {
    this.room.tell({ paused: isPaused });
    this.peers.tellPause();
  }

  /** @param {boolean} isOn */
  async turnCamera(isOn) {
    const trouble = await this.check.turnCamera(isOn);
    setToggle("camera", this.check.camera === null);
    if (trouble) this.notify(`${say("trouble_camera")}. ${say(`trouble_${trouble}`)}`);
  }

  /**
   * @param {string} person
   * @param {MediaStream} stream
   */
  seen(person, stream) {
    this.recording.hear(person, stream.getAudioTracks()[0]);
    this.talk.seen(person, stream);
  }

  /** @param {string} person */
  lost(person) {
    this.recording.hear(person, undefined);
    this.talk.lost(person);
  }

  /** Hangs up: devices stop at once, what was recorded is finished and sent. */
  async leave() {
    await this.after.open(this.leaveCall());
  }

  /** @returns {Promise<void>} ends when all of it is safe on this device */
  leaveCall() {
    this.striking.finish();
    const finishing = this.recording.finish();
    this.hangUp();
    this.room.tell({ stage: "after", ...FRESH });
    this.room.send({ type: "leave" });
    showStage("after");
    return finishing;
  }

  hangUp() {
    for (const key of ["ready", "mute", "pause"]) setToggle(key, false);
    this.letSleep();
    this.talk.close();
    this.peers.close();
    this.check.release();
    void this.check.show();
  }

  /** The page is over: by a newer tab, by the organiser, or with its link. @param {string} why */
  end(why) {
    this.striking.finish();
    this.live.close();
    const finishing = this.recording.finish();
    this.hangUp();
    if (why === "refused") this.keeping.hear({ word: "not_allowed" });
    this.room.mine = { stage: "after" };
    if (why !== "refused") void this.striking.settleAlone();
    if (why === "ended") return this.showEnded(finishing);
    write(find("gone-title", HTMLElement), say(`${why}_title`));
    write(find("gone-words", HTMLElement), say(`${why}_words`));
    showStage("gone");
    void this.after.openGone(finishing);
  }

  /** @param {Promise<void>} finishing */
  showEnded(finishing) {
    if (this.keeping.wasLeftInHaste) find("after-left", HTMLElement).append(find("left", HTMLElement));
    showStage("after");
    void this.after.openEnded(finishing);
  }

  /** Nothing is recorded of this person any more, whatever the page showed. */
  rest() {
    if (this.room.mine.stage !== "after") this.after.finishing = this.leaveCall();
  }

  /** @param {string} words something that is worth an interruption */
  notify(words) {
    const notice = find("notice", HTMLElement);
    notice.hidden = false;
    write(notice, words);
    // What is shown and filled in one step is read out by few screen readers; this is always there.
    const news = find("news", HTMLElement);
    write(news, words);
    clearTimeout(this.noticing);
    this.noticing = setTimeout(() => {
      notice.hidden = true;
      if (news.textContent === words) write(news, "");
    }, NOTICE_MS);
  }

  /** @param {BeforeUnloadEvent} event */
  warn(event) {
    if (this.isLeaving) return;
    if (this.recording.hasBegun || this.after.isNeeded) event.preventDefault();
  }
}

new Page(/** @type {Config} */ (read("call")));
