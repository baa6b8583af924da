/**
 * The connections to everybody in the call: made and unmade as people come and go.
 *
 * @import { Beacon, Signal } from "./shapes.js"
 * @import { Clock } from "./clocks.js"
 * @import { Figures, Line, Quality } from "./quality.js"
 * @import { Room } from "./room.js"
 */

import { ask, hearClock } from "./clocks.js";
import { Connection } from "./connection.js";
import { measureFor } from "./media.js";
import { isSlow, judge, look } from "./quality.js";

const LOOK_EVERY_MS = 2_000;
const LOUD = 0.03;
// Of a few trips the shortest counts: one that is late may have waited behind a fragment.
const TRIPS_KEPT = 5;

/**
 * @typedef {object} Peer One other participant's way here, and what is known of it.
 * @property {Connection} connection
 * @property {MediaStream | null} stream
 * @property {RTCPeerConnectionState} state
 * @property {Quality} quality here, of what comes from there
 * @property {Quality} theirs as the other side judges it
 * @property {Line} line what it says of its own line
 * @property {number} [givenPerS] pictures a second that its camera gives, as it says
 * @property {boolean} isStill no new picture came since the last look
 * @property {boolean} wasHere whether the other side reached the studio when last heard of
 * @property {Figures} [figures]
 * @property {() => void} stopClock
 *
 * @typedef {object} News What the page does with what the connections bring.
 * @property {(person: string, stream: MediaStream) => void} seen
 * @property {(person: string) => void} lost
 * @property {(beacon: Beacon) => void} timed
 * @property {(person: string, message: {type: string, [field: string]: unknown}) => void} told
 * @property {() => void} doubted a way was lost: perhaps this device's network
 * @property {() => void} changed what is known of their quality
 * @property {(line: {roundTripS: number} | null) => void} looked every two seconds
 */

/** All connections of this page. */
export class Peers {
  /**
   * @param {Room} room
   * @param {Clock} clock
   * @param {News} news
   */
  constructor(room, clock, news) {
    this.room = room;
    this.clock = clock;
    this.news = news;
    /** @type {Map<string, Peer>} */
    this.all = new Map();
    /** @type {import("./connection.js").Tracks} */
    this.tracks = { camera: null, microphone: null };
    this.isOpen = false;
    /** @type {Line} what this device knows of its own line */
    this.own = { isSlow: false, isNarrow: false };
    /** @type {number[]} the last trips to the studio, in seconds */
    this.tripsS = [];
    this.looking = setInterval(() => void this.look(), LOOK_EVERY_MS);
  }

  /** @param {import("./connection.js").Tracks} tracks */
  open(tracks) {
    this.tracks = tracks;
    this.isOpen = true;
    this.sync();
  }

  /** Makes connections to those who are in the call, and ends those to people who left it. */
  sync() {
    if (!this.isOpen) return;
    for (const person of this.room.company) this.ensure(person.id);
    this.greetReturned();
    for (const id of [...this.all.keys()]) {
      const person = this.room.person(id);
      // Who is away may have lost the studio alone: the way between the two may still be good.
      if (!person || (person.is_here && person.state.stage !== "call")) this.end(id);
    }
    for (const peer of this.all.values()) void peer.connection.fit(measureFor(this.all.size));
  }

  /** @param {string} id @returns {Peer} */
  ensure(id) {
    const known = this.all.get(id);
    if (known) return known;
    const talk = this.talk(id);
    const setup = {
      isPolite: this.room.you < id,
      iceServers: this.room.iceServers,
      tracks: this.tracks,
      measure: measureFor(this.all.size + 1),
    };
    /** @type {Peer} */
    const peer = {
      connection: new Connection(setup, talk),
      stream: null,
      state: "new",
      quality: "good",
      theirs: "good",
      line: { isSlow: false, isNarrow: false },
      isStill: false,
      wasHere: true,
      stopClock: () => undefined,
    };
    this.all.set(id, peer);
    this.room.ways[id] = { isOpen: false, isPaused: false };
    return peer;
  }

  /** @param {string} id @returns {import("./connection.js").Talk} */
  talk(id) {
    return {
      send: (signal) => void this.room.send({ type: "signal", to: id, ...signal }),
      seen: (stream) => this.see(id, stream),
      changed: (state) => this.change(id, state),
      told: (text) => this.hearTold(id, text),
      opened: () => this.greet(id),
      isReached: () => this.room.isReached && this.room.person(id)?.is_here === true,
    };
  }

  /**
   * @param {string} id
   * @param {MediaStream} stream
   */
  see(id, stream) {
    const peer = this.all.get(id);
    if (peer) peer.stream = stream;
    this.news.seen(id, stream);
  }

  /**
   * @param {string} id
   * @param {RTCPeerConnectionState} state
   */
  change(id, state) {
    const peer = this.all.get(id);
    const way = this.room.ways[id];
    if (!peer || !way) return;
    peer.state = state;
    way.isOpen = state === "connected";
    if (state !== "connected") peer.figures = undefined;
    if (state === "disconnected") this.news.doubted();
    this.room.changed();
  }

  /** The other end may be new: it has not heard what was told before. @param {string} id */
  greet(id) {
    this.startClock(id);
    this.tellPause();
  }

  /** Says straight whether this participant paused: the studio may not be reached. */
  tellPause() {
    this.tellAll({ type: "paused", is_on: this.room.mine.paused === true });
  }

  /** @param {string} id */
  startClock(id) {
    const peer = this.all.get(id);
    if (!peer) return;
    peer.stopClock();
    peer.stopClock = ask(() => {
      peer.connection.tell(JSON.stringify({ type: "ping", t1_us: this.clock.nowUs() }));
    });
  }

  /**
   * @param {string} id
   * @param {string} text
   */
  hearTold(id, text) {
    const peer = this.all.get(id);
    if (!peer) return;
    const beacon = hearClock(text, this.clock, (reply) => void peer.connection.tell(reply));
    if (beacon) this.news.timed(beacon);
    const message = JSON.parse(text);
    if (message.type === "quality") {
      peer.theirs = message.quality;
      peer.line = { isSlow: message.is_slow === true, isNarrow: message.is_narrow === true };
      peer.givenPerS = Number(message.frames_per_s) || 0;
    } else if (message.type === "paused") {
      this.hearPause(id, message.is_on === true);
    } else if (message.type !== "ping" && message.type !== "pong") this.news.told(id, message);
  }

  /**
   * @param {string} id
   * @param {boolean} isPaused
   */
  hearPause(id, isPaused) {
    const way = this.room.ways[id];
    if (way) way.isPaused = isPaused;
    this.room.changed();
  }

  /** @param {number} tripS to the studio and back @param {boolean} isNarrow */
  seeStudio(tripS, isNarrow) {
    this.tripsS = [...this.tripsS, tripS].slice(-TRIPS_KEPT);
    this.own = { isSlow: isSlow(this.tripsS), isNarrow };
  }

  /** Tells everybody who is connected. @param {{type: string, [field: string]: unknown}} message */
  tellAll(message) {
    for (const peer of this.all.values()) peer.connection.tell(JSON.stringify(message));
  }

  /** @param {Signal} signal */
  hear(signal) {
    if (!this.isOpen) return;
    this.ensure(signal.from).connection.hear(signal);
  }

  /** This page's live channel is back. */
  seekAgain() {
    for (const peer of this.all.values()) peer.connection.seekAgain(this.room.iceServers);
  }

  /** Those whose live channel came back have missed what was said meanwhile. */
  greetReturned() {
    for (const [id, peer] of this.all) {
      const isHere = this.room.person(id)?.is_here === true;
      if (isHere && !peer.wasHere) peer.connection.seekAgain(this.room.iceServers);
      peer.wasHere = isHere;
    }
  }

  /**
   * @param {"camera" | "microphone"} kind
   * @param {MediaStreamTrack | null} track
   */
  replace(kind, track) {
    this.tracks = { ...this.tracks, [kind]: track };
    for (const peer of this.all.values()) void peer.connection.replace(kind, track);
  }

  async look() {
    for (const peer of this.all.values()) {
      const pc = peer.connection.pc;
      if (!pc || peer.state !== "connected") {
        peer.quality = peer.state === "new" || peer.state === "connecting" ? "good" : "lost";
        continue;
      }
      const figures = await look(pc, peer.figures);
      figures.givenPerS = document.hidden ? 0 : peer.givenPerS;
      peer.quality = judge(peer.figures, figures);
      peer.isStill = peer.figures !== undefined && figures.frames === peer.figures.frames;
      peer.figures = figures;
      const line = { is_slow: this.own.isSlow, is_narrow: this.own.isNarrow };
      const told = { quality: peer.quality, frames_per_s: figures.sourcePerS, ...line };
      peer.connection.tell(JSON.stringify({ type: "quality", ...told }));
    }
    if (this.all.size > 0) this.news.changed();
    this.news.looked(this.line());
  }

  /** @returns {{roundTripS: number} | null} the longest way to anybody who is connected */
  line() {
    const connected = [...this.all.values()].flatMap(({ figures }) => figures ?? []);
    if (connected.length === 0) return null;
    return { roundTripS: Math.max(...connected.map(({ roundTripS }) => roundTripS)) };
  }

  /** @returns {string[]} the others who are heard at this moment */
  speaking() {
    return [...this.all].filter(([, peer]) => isLoud(peer)).map(([id]) => id);
  }

  /** @param {string} id */
  end(id) {
    const peer = this.all.get(id);
    if (!peer) return;
    peer.stopClock();
    peer.connection.close();
    this.all.delete(id);
    delete this.room.ways[id];
    this.news.lost(id);
  }

  close() {
    this.isOpen = false;
    for (const id of [...this.all.keys()]) this.end(id);
  }
}

/** @param {Peer} peer */
function isLoud(peer) {
  const receivers = peer.connection.pc?.getReceivers() ?? [];
  return receivers.some((receiver) =>
    receiver.getSynchronizationSources?.().some((source) => (source.audioLevel ?? 0) > LOUD),
  );
}
