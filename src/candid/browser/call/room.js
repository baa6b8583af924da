/**
 * What this page knows of the conversation: who is here, what each device says of itself.
 *
 * @import { FromServer, Guide, Person, PersonState, UploadAccess, Ways, Welcome } from "./shapes.js"
 */

/**
 * @typedef {object} Config What the page was given when it loaded.
 * @property {string} live path of the live channel
 * @property {string} strikes path of the strikes that come when that is closed
 * @property {string} participant_id
 * @property {string} name how this participant is called
 * @property {string} call_id
 * @property {{id: string, name: string}[]} people everybody, in the same order for all
 * @property {UploadAccess} upload
 * @property {boolean} is_ended nobody comes into it any more
 * @property {"nothing" | "part" | "all" | "unknown"} arrived how much of a recording the studio has
 * @property {string[]} takes what the studio has of it, from whatever device
 * @property {boolean} is_erased what was recorded of this participant is gone, and nothing more is kept
 */

/** What a page that has done nothing yet says of itself: the server still has what the last one said. */
export const FRESH = { ready: false, recording: false, muted: false, paused: false, taking: null };

/** The conversation as last told by the server, and this device's own state. */
export class Room {
  /** @param {Config} config */
  constructor(config) {
    this.you = config.participant_id;
    this.name = config.name;
    this.callId = config.call_id;
    this.upload = config.upload;
    /** whether all of this participant was erased: whatever is recorded is refused */
    this.isErased = config.is_erased;
    this.strikes = config.strikes;
    /** @type {Person[]} */
    this.people = config.people.map((one) => ({ ...one, is_here: false, state: {} }));
    /** @type {Ways} as the connections keep them */
    this.ways = {};
    /** @type {Guide} */
    this.guide = { questions: [], at: 0 };
    /** @type {RTCIceServer[]} */
    this.iceServers = [];
    this.serverClockId = "";
    this.mayRecord = false;
    this.isReached = false;
    /** @type {PersonState} */
    this.mine = { stage: "check", camera: true };
    /** @type {(message: {type: string, [field: string]: unknown}) => boolean} */
    this.send = () => false;
    /** @type {Set<() => void>} */
    this.watchers = new Set();
  }

  /** @param {() => void} watcher called after every change */
  watch(watcher) {
    this.watchers.add(watcher);
  }

  changed() {
    for (const watcher of this.watchers) watcher();
  }

  /** @returns {Person[]} the others, in the order that everybody sees */
  get others() {
    return this.people.filter((person) => person.id !== this.you);
  }

  /** @param {string} id @returns {Person | undefined} */
  person(id) {
    return this.people.find((person) => person.id === id);
  }

  /** @param {string} id */
  nameOf(id) {
    return this.person(id)?.name ?? "";
  }

  /** @returns {Person[]} the others who are in the call now */
  get company() {
    return this.others.filter((person) => person.is_here && person.state.stage === "call");
  }

  /** Tells what this device does. @param {PersonState} state */
  tell(state) {
    this.mine = { ...this.mine, ...state };
    this.send({ type: "state", ...state });
    this.changed();
  }

  /** @param {FromServer} message */
  hear(message) {
    if (message.type === "welcome") this.begin(message);
    else if (message.type === "people") this.people = message.people;
    else if (message.type === "record") this.mayRecord = message.is_on;
    else if (message.type === "guide") this.guide = { ...this.guide, at: message.at };
    else return;
    this.changed();
  }

  /**
   * A page that was loaded anew in the middle of a recording need not be agreed to again.
   *
   * @param {PersonState | undefined} before what this participant's last page said
   */
  remember(before) {
    if (this.isErased) return;
    if (this.mine.ready === undefined && before?.recording) this.mine.ready = true;
  }

  /** @param {Welcome} welcome */
  begin(welcome) {
    this.you = welcome.you;
    this.callId = welcome.call_id;
    this.people = welcome.people;
    this.guide = welcome.guide;
    this.iceServers = welcome.ice_servers;
    this.upload = welcome.upload;
    this.serverClockId = welcome.server_clock_id;
    this.remember(this.person(this.you)?.state);
    this.mine = { ...FRESH, ...this.mine, erased: this.isErased };
    this.send({ type: "state", ...this.mine });
  }
}
