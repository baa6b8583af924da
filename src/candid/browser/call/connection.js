/**
 * One connection to one other participant: perfect negotiation, and a channel for clock readings.
 *
 * Each end has a random id. A signal names the sender's end and, once known, the receiver's; one
 * that is meant for an older end is dropped, and a new end of the other side makes a new one here.
 * Offers are the impolite end's, because media that both ends ask for at once would be negotiated
 * twice; a polite end asks for one with an empty signal: when it is new, and when the way is lost.
 *
 * Each offer opens a *round*, which its answer and the candidates of both ends name. A live channel
 * that is cut takes with it what was underway, so an end says again what it still waits for, and
 * whatever belongs to an earlier round is passed over.
 *
 * @import { Signal } from "./shapes.js"
 * @import { Measure } from "./media.js"
 */

import { favourSound, h264First, limitPicture } from "./media.js";

const PATIENCE_MS = 6_000;
const GIVE_UP_MS = 20_000;

/**
 * @typedef {object} Tracks
 * @property {MediaStreamTrack | null} camera
 * @property {MediaStreamTrack | null} microphone
 *
 * @typedef {object} Talk What a connection needs from the page.
 * @property {(signal: object) => void} send hands a signal to the live channel
 * @property {(stream: MediaStream) => void} seen the other's picture and sound
 * @property {(state: RTCPeerConnectionState) => void} changed
 * @property {(text: string) => void} told a message of the data channel
 * @property {() => void} opened the data channel is open
 * @property {() => boolean} isReached whether signals get to the other side at present
 *
 * @typedef {object} Setup
 * @property {boolean} isPolite
 * @property {RTCIceServer[]} iceServers
 * @property {Tracks} tracks
 * @property {Measure} measure
 */

/** The way to one other participant; it makes a new RTCPeerConnection when the old one is lost. */
export class Connection {
  /**
   * @param {Setup} setup
   * @param {Talk} talk
   */
  constructor(setup, talk) {
    this.setup = setup;
    this.talk = talk;
    this.isClosed = false;
    /** @type {Promise<void>} */
    this.hearing = Promise.resolve();
    /** @type {Set<string>} ends of the other side that are gone */
    this.retired = new Set();
    this.here = "";
    /** @type {string | null} */
    this.there = null;
    this.round = "";
    /** @type {RTCIceCandidateInit[]} candidates that came before the description they belong to */
    this.early = [];
    this.begin();
  }

  /** Makes a new end; the other side makes one too when it hears of it. */
  begin() {
    this.here = newId();
    this.there = null;
    this.round = "";
    this.isOffering = false;
    this.early = [];
    this.pc = new RTCPeerConnection({ iceServers: this.setup.iceServers });
    /** @type {RTCDataChannel | undefined} */
    this.channel = undefined;
    this.listen(this.pc);
    if (this.setup.isPolite) this.greet();
    else this.askForMedia(this.pc);
  }

  /** @param {RTCPeerConnection} pc */
  openChannel(pc) {
    this.channel = pc.createDataChannel("clock", { negotiated: true, id: 0 });
    this.channel.onmessage = (event) => this.talk.told(String(event.data));
    this.channel.onopen = () => this.talk.opened();
  }

  /** @param {RTCPeerConnection} pc */
  listen(pc) {
    let stream = new MediaStream();
    pc.ontrack = ({ track }) => {
      // Another round may bring another track for the same medium: then it is another stream, for
      // not every browser shows a track that comes into one it plays.
      const others = stream.getTracks().filter((one) => one.kind !== track.kind);
      if (others.length < stream.getTracks().length) stream = new MediaStream(others);
      stream.addTrack(track);
      this.talk.seen(stream);
    };
    pc.onicecandidate = ({ candidate }) => {
      if (candidate) this.signal({ candidate: candidate.toJSON(), round: this.round });
    };
    pc.onnegotiationneeded = () => void this.offer(pc);
    pc.onconnectionstatechange = () => this.react(pc);
  }

  /**
   * Asks for a way there and back for each medium, whether or not there is a device for it yet.
   *
   * @param {RTCPeerConnection} pc
   */
  askForMedia(pc) {
    this.openChannel(pc);
    for (const kind of ["audio", "video"]) pc.addTransceiver(kind, { direction: "sendrecv" });
    void this.fillMedia(pc);
  }

  /**
   * Puts this side's devices into the ways that were negotiated. What is asked of a way is asked
   * once: every asking makes another round of negotiation.
   *
   * @param {RTCPeerConnection} pc
   */
  async fillMedia(pc) {
    const ways = pc.getTransceivers();
    for (const way of ways.filter((one) => one.currentDirection === null)) {
      way.direction = "sendrecv";
      if (isPicture(way)) way.setCodecPreferences?.(h264First());
    }
    const { camera, microphone } = this.setup.tracks;
    for (const way of ways) {
      await way.sender.replaceTrack(isPicture(way) ? camera : microphone);
    }
    await this.limitMedia(pc);
  }

  /** @param {RTCPeerConnection} pc */
  async limitMedia(pc) {
    const { tracks, measure } = this.setup;
    for (const way of pc.getTransceivers()) {
      if (isPicture(way)) await limitPicture(way.sender, tracks.camera, measure);
      else await favourSound(way.sender);
    }
  }

  /**
   * Puts another device, or none, in the place of one.
   *
   * @param {"camera" | "microphone"} kind
   * @param {MediaStreamTrack | null} track
   */
  async replace(kind, track) {
    this.setup.tracks = { ...this.setup.tracks, [kind]: track };
    if (this.pc) await this.fillMedia(this.pc);
  }

  /** @param {Measure} measure the most to be sent from now on */
  async fit(measure) {
    if (this.setup.measure === measure) return;
    this.setup.measure = measure;
    if (this.pc) await this.limitMedia(this.pc);
  }

  /** @param {object} step */
  signal(step) {
    const connection = this.there === null ? this.here : `${this.here}.${this.there}`;
    this.talk.send({ connection, ...step });
  }

  greet() {
    this.signal({});
  }

  /** @param {RTCPeerConnection} pc */
  async offer(pc) {
    const round = newId();
    try {
      this.isOffering = true;
      this.round = round;
      await pc.setLocalDescription();
      if (pc === this.pc && this.round === round) this.describeHere(pc);
    } catch (error) {
      if (pc === this.pc && pc.signalingState !== "closed") throw error;
    } finally {
      this.isOffering = false;
    }
  }

  /** Says what stands at this end, perhaps again. @param {RTCPeerConnection} pc */
  describeHere(pc) {
    this.signal({ description: pc.localDescription?.toJSON(), round: this.round });
  }

  /** An offer made before may have been said to nobody. @returns {boolean} whether there is one */
  repeatOffer() {
    if (this.pc?.signalingState !== "have-local-offer") return false;
    this.describeHere(this.pc);
    return true;
  }

  /**
   * Takes a signal of the other side, after those before it have been dealt with: an offer that
   * overtakes an answer would look like a collision.
   *
   * @param {Signal} signal
   */
  hear(signal) {
    this.hearing = this.hearing.then(() => this.take(signal)).catch(() => this.restart());
  }

  /** @param {Signal} signal */
  async take(signal) {
    if (this.isClosed || !this.isMeantForUs(signal) || !this.pc) return;
    const round = signal.round ?? "";
    if (signal.description) await this.describe(this.pc, signal.description, round);
    else if (signal.candidate) await this.addCandidate(this.pc, signal.candidate, round);
    else this.hearGreeting(this.pc);
  }

  /** The other side asks for an offer. @param {RTCPeerConnection} pc */
  hearGreeting(pc) {
    if (this.setup.isPolite) return;
    if (pc.remoteDescription === null) this.repeatOffer();
    else this.renew(pc);
  }

  /** @param {Signal} signal */
  isMeantForUs(signal) {
    const [there, here] = signal.connection.split(".");
    if (there === undefined || this.retired.has(there)) return false;
    if (here !== undefined && here !== this.here) {
      // The other side has not heard yet that this end is new.
      if (signal.description && !this.repeatOffer()) this.greet();
      return false;
    }
    if (this.there !== null && this.there !== there) {
      this.retired.add(this.there);
      this.restart();
    }
    this.there = there;
    return true;
  }

  /**
   * @param {RTCPeerConnection} pc
   * @param {RTCSessionDescriptionInit} description
   * @param {string} round
   */
  async describe(pc, description, round) {
    const isOurs = round === this.round;
    if (description.type === "answer") {
      if (isOurs && pc.signalingState === "have-local-offer") await this.place(pc, description);
      return;
    }
    if (isOurs) return this.describeHere(pc); // the answer to it was lost
    const collides = this.isOffering || pc.signalingState !== "stable";
    if (collides && !this.setup.isPolite) return void this.repeatOffer();
    this.round = round;
    await this.place(pc, description);
    if (!this.channel) this.openChannel(pc);
    await this.fillMedia(pc);
    await pc.setLocalDescription();
    this.describeHere(pc);
  }

  /**
   * @param {RTCPeerConnection} pc
   * @param {RTCSessionDescriptionInit} description
   */
  async place(pc, description) {
    await pc.setRemoteDescription(description);
    for (const candidate of this.early.splice(0)) await pc.addIceCandidate(candidate);
  }

  /**
   * @param {RTCPeerConnection} pc
   * @param {RTCIceCandidateInit} candidate
   * @param {string} round
   */
  async addCandidate(pc, candidate, round) {
    if (round !== this.round) return;
    if (pc.signalingState === "have-local-offer") this.early.push(candidate);
    else await pc.addIceCandidate(candidate);
  }

  /** @param {RTCPeerConnection} pc */
  react(pc) {
    if (pc !== this.pc) return;
    this.talk.changed(pc.connectionState);
    clearTimeout(this.mending);
    if (pc.connectionState === "connected") return clearTimeout(this.givingUp);
    if (pc.connectionState === "failed") this.mend(pc);
    if (pc.connectionState === "disconnected") {
      this.mending = setTimeout(() => this.mend(pc), PATIENCE_MS);
    }
    if (pc.connectionState === "failed" || pc.connectionState === "disconnected") this.limitMending();
  }

  /** While nothing can be said, the way is sought when it can: `seekAgain`. @param {RTCPeerConnection} pc */
  mend(pc) {
    if (this.talk.isReached()) this.renew(pc);
  }

  /** Seeks another way between the two: an ICE restart. @param {RTCPeerConnection} pc */
  renew(pc) {
    if (this.setup.isPolite) return this.greet();
    this.early = [];
    pc.restartIce();
    // A standing offer knows the ways of before the cut alone.
    if (pc.signalingState === "have-local-offer") void this.offer(pc);
  }

  /** What cannot be mended is made anew, unless it is only that nothing can be said. */
  limitMending() {
    clearTimeout(this.givingUp);
    this.givingUp = setTimeout(() => {
      if (this.talk.isReached()) this.restart();
      else this.limitMending();
    }, GIVE_UP_MS);
  }

  /**
   * The live channel is back, here or there: what was said meanwhile is lost.
   *
   * @param {RTCIceServer[]} iceServers with credentials that still hold
   */
  seekAgain(iceServers) {
    this.setup.iceServers = iceServers;
    const pc = this.pc;
    if (!pc) return;
    pc.setConfiguration({ iceServers });
    if (pc.connectionState === "connected") this.repeatOffer();
    else if (this.setup.isPolite || pc.remoteDescription !== null) this.renew(pc);
    else this.repeatOffer();
  }

  /** Throws the connection away and begins anew; the recording knows nothing of it. */
  restart() {
    if (this.isClosed) return;
    this.drop();
    this.begin();
  }

  drop() {
    clearTimeout(this.mending);
    clearTimeout(this.givingUp);
    const old = this.pc;
    this.pc = undefined;
    old?.close();
  }

  /**
   * @param {string} text
   * @returns {boolean} whether it left
   */
  tell(text) {
    if (this.channel?.readyState !== "open") return false;
    this.channel.send(text);
    return true;
  }

  close() {
    this.isClosed = true;
    this.drop();
  }
}

/** @param {RTCRtpTransceiver} way */
function isPicture(way) {
  return way.receiver.track.kind === "video";
}

function newId() {
  const letters = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(letters, (byte) => (byte % 36).toString(36)).join("");
}
