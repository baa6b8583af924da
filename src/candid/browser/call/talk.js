/**
 * The call as it is seen: equal tiles, and the state of everything in words.
 *
 * @import { Check } from "./check.js"
 * @import { Person } from "./shapes.js"
 * @import { Peers } from "./peers.js"
 * @import { Room } from "./room.js"
 * @import { Recording } from "./recording.js"
 */

import { find, hide, say, write } from "./page.js";
import { endOf, isPoor, worst } from "./quality.js";
import { Tile } from "./tiles.js";

const GLANCE_MS = 250;
const SPEAKS = 0.35;

/** What the call section shows. */
export class Talk {
  /**
   * @param {Room} room
   * @param {Peers} peers
   * @param {Recording} recording
   * @param {Check} check
   */
  constructor(room, peers, recording, check) {
    this.room = room;
    this.peers = peers;
    this.recording = recording;
    this.check = check;
    this.own = new Tile({ isOwn: true });
    /** @type {Map<string, Tile>} */
    this.tiles = new Map();
    this.ownLevel = 0;
    /** @type {number | undefined} */
    this.glancing = undefined;
    /** @type {() => void} */
    this.stopLevel = () => undefined;
  }

  /** Begins to look; called when the call is joined and when a device was changed. */
  open() {
    const { camera, microphone } = this.check;
    this.own.show(camera ? new MediaStream([camera]) : null);
    this.stopLevel();
    if (microphone) {
      this.stopLevel = this.check.sound.watchLevel(microphone, (level) => (this.ownLevel = level));
    }
    clearInterval(this.glancing);
    this.glancing = setInterval(() => this.glance(), GLANCE_MS);
    this.show();
  }

  close() {
    clearInterval(this.glancing);
    this.stopLevel();
    this.own.show(null);
  }

  /** @param {string} id @returns {Tile} */
  tile(id) {
    const known = this.tiles.get(id);
    if (known) return known;
    const tile = new Tile({ isOwn: false });
    this.tiles.set(id, tile);
    return tile;
  }

  /**
   * @param {string} id
   * @param {MediaStream} stream
   */
  seen(id, stream) {
    this.tile(id).show(stream);
    this.show();
  }

  /** @param {string} id */
  lost(id) {
    this.tiles.get(id)?.show(null);
  }

  show() {
    if (this.room.mine.stage !== "call") return;
    this.placeTiles();
    for (const person of this.room.others) this.showPerson(person);
    this.own.say(say("you"), this.ownCover());
    this.showRecording();
    this.showStart();
    write(find("line-words", HTMLElement), this.lineWords());
  }

  /** The others in the order everybody shares, then oneself; all of one size. */
  placeTiles() {
    const place = find("tiles", HTMLElement);
    const wanted = [...this.room.others.map((person) => this.tile(person.id)), this.own];
    const elements = wanted.map((tile) => tile.element);
    if (elements.some((element, index) => place.children[index] !== element)) {
      place.replaceChildren(...elements);
    }
    place.dataset.count = String(elements.length);
  }

  /** @param {Person} person */
  showPerson(person) {
    const tile = this.tile(person.id);
    const name = person.state.muted ? say("tile_muted", { name: person.name }) : person.name;
    tile.say(name, this.cover(person));
  }

  /** @param {Person} person @returns {string} why there is no picture of this person */
  cover(person) {
    const peer = this.peers.all.get(person.id);
    const name = person.name;
    if (peer?.state !== "connected") {
      const isComing = person.is_here && person.state.stage === "call";
      return say(isComing ? "tile_coming" : "tile_away", { name });
    }
    if (person.state.camera === false) return say("tile_camera_off", { name });
    return peer.isStill ? say("tile_stalled", { name }) : "";
  }

  ownCover() {
    return this.check.camera && this.room.mine.camera !== false ? "" : say("camera_off");
  }

  showRecording() {
    const words = this.recording.words();
    find("recording-state", HTMLElement).classList.toggle("live", this.recording.isOn);
    write(find("recording-words", HTMLElement), words);
    document.body.dataset.recording = this.recording.isOn ? "on" : "off";
    write(find("kept-words", HTMLElement), this.recording.keptWords());
    for (const key of ["pause", "strike-key"]) {
      hide(find(key, HTMLElement), !this.recording.hasBegun, "call-title");
    }
  }

  showStart() {
    const start = find("start", HTMLElement);
    hide(start, this.recording.hasBegun && this.room.mine.ready === true, "pause");
    write(find("start-words", HTMLElement), this.startWords());
    const ready = find("ready", HTMLButtonElement);
    ready.hidden = this.room.isErased;
    ready.setAttribute("aria-pressed", String(this.room.mine.ready === true));
  }

  startWords() {
    if (this.room.isErased) return say("start_erased");
    const company = this.room.company;
    if (company.length === 0) return say("start_alone");
    const unrecorded = company.filter((one) => one.state.erased);
    if (unrecorded.length > 0) {
      const words = unrecorded.length === 1 ? "start_unrecorded" : "start_unrecorded_all";
      return say(words, { names: names(unrecorded) });
    }
    const waiting = company.filter((one) => !one.state.ready);
    if (this.room.mine.ready) {
      const who = { names: names(waiting) };
      if (waiting.length === 0) return say("start_begins");
      return say(waiting.length === 1 ? "start_waiting" : "start_waiting_all", who);
    }
    const ready = company.filter((one) => one.state.ready);
    if (ready.length === 0) return say("start_talk");
    return say(ready.length === 1 ? "start_asked" : "start_asked_all", { names: names(ready) });
  }

  lineWords() {
    const peers = [...this.peers.all.values()];
    if (peers.length === 0) return this.room.isReached ? "" : say("quality_lost");
    const here = worst(peers.map((peer) => peer.quality));
    const there = worst(peers.map((peer) => peer.theirs));
    if (here === "lost") return say("quality_lost") + this.goesOn();
    if (!this.room.isReached) return say("studio_lost") + this.goesOn();
    if (here === "good" && there === "good") {
      return say(peers.length === 1 ? "quality_good_both" : "quality_good");
    }
    if (!isPoor(here) && !isPoor(there)) return say("quality_fair");
    return this.poorWords() + this.goesOn();
  }

  /** Says whose line carries too little, where that is known. */
  poorWords() {
    /** @type {{[end: string]: Person[]}} */
    const poor = { yours: [], theirs: [], between: [] };
    for (const [id, peer] of this.peers.all) {
      const person = this.room.person(id);
      if (person && (isPoor(peer.quality) || isPoor(peer.theirs))) {
        poor[endOf(peer, this.peers.own)].push(person);
      }
    }
    if (poor.yours.length > 0) return say("quality_yours");
    if (poor.theirs.length > 0) return say("quality_theirs", { names: names(poor.theirs) });
    return say("quality_between", { names: names(poor.between) });
  }

  goesOn() {
    return this.recording.isOn ? ` ${say("quality_recording")}` : "";
  }

  glance() {
    const speaking = this.peers.speaking();
    for (const [id, tile] of this.tiles) tile.light(speaking.includes(id));
    this.own.light(this.ownLevel > SPEAKS && this.room.mine.muted !== true);
  }
}

/** @param {Person[]} people */
export function names(people) {
  return new Intl.ListFormat(document.documentElement.lang || "en").format(
    people.map((person) => person.name),
  );
}
