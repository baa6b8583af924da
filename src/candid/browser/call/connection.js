/**
 * One connection to one other participant: perfect negotiation, and a channel for clock readings.
 *
 * Each end has a random id. A signal names the sender's end and, once known, the receiver's; one
 * that is meant for an older end is dropped, and a new end of the other side makes a new one here.
 * The first offer is the impolite end's, because media that both ends ask for at once would be
 * negotiated twice; a polite end that is new greets with an empty signal.
 *
 * @import { Signal } from "./shapes.js"
 */

const PATIENCE_MS = 6_000;
const GIVE_UP_MS = 20_000;
const CALL_HEIGHT = 720;
const CALL_BITS_PER_S = 1_800_000;
const H264 = "video/h264";

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
 *
 * @typedef {object} Setup
 * @property {boolean} isPolite
 * @property {RTCIceServer[]} iceServers
 * @property {Tracks} tracks
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
    /** @type {RTCIceCandidateInit[]} candidates that came before the description they belong to */
    this.early = [];
    this.begin();
  }

  /** Makes a new end; the other side makes one too when it hears of it. */
  begin() {
    this.here = newId();
    this.there = null;
    this.isOffering = false;
    this.ignoresOffer = false;
    this.early = [];
    this.pc = new RTCPeerConnection({ iceServers: this.setup.iceServers });
    /** @type {RTCDataChannel | undefined} */
    this.channel = undefined;
    this.listen(this.pc);
    if (this.setup.isPolite) this.signal({});
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
    const stream = new MediaStream();
    pc.ontrack = (event) => {
      stream.addTrack(event.track);
      this.talk.seen(stream);
    };
    pc.onicecandidate = (event) => {
      if (event.candidate) this.signal({ candidate: event.candidate.toJSON() });
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
      if (isPicture(way)) await limit(way.sender, camera);
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

  /** @param {object} step */
  signal(step) {
    const connection = this.there === null ? this.here : `${this.here}.${this.there}`;
    this.talk.send({ connection, ...step });
  }

  /** @param {RTCPeerConnection} pc */
  async offer(pc) {
    try {
      this.isOffering = true;
      await pc.setLocalDescription();
      if (pc === this.pc) this.signal({ description: pc.localDescription?.toJSON() });
    } catch (error) {
      if (pc === this.pc && pc.signalingState !== "closed") throw error;
    } finally {
      this.isOffering = false;
    }
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
    if (this.isClosed || !this.isMeantForUs(signal)) return;
    if (signal.description) await this.describe(signal.description);
    else if (signal.candidate) await this.addCandidate(signal.candidate);
    else this.repeatOffer();
  }

  /** The other side has only just come: an offer made before was said to nobody. */
  repeatOffer() {
    if (this.pc?.signalingState !== "have-local-offer") return;
    this.signal({ description: this.pc.localDescription?.toJSON() });
  }

  /** @param {Signal} signal */
  isMeantForUs(signal) {
    const [there, here] = signal.connection.split(".");
    if (there === undefined || this.retired.has(there)) return false;
    if (here !== undefined && here !== this.here) return false;
    if (this.there !== null && this.there !== there) {
      this.retired.add(this.there);
      this.restart();
    }
    this.there = there;
    return true;
  }

  /** @param {RTCSessionDescriptionInit} description */
  async describe(description) {
    const pc = this.pc;
    if (!pc) return;
    if (description.type === "answer" && pc.signalingState !== "have-local-offer") return;
    const collides =
      description.type === "offer" && (this.isOffering || pc.signalingState !== "stable");
    this.ignoresOffer = !this.setup.isPolite && collides;
    if (this.ignoresOffer) return;
    await pc.setRemoteDescription(description);
    for (const candidate of this.early.splice(0)) await pc.addIceCandidate(candidate);
    if (description.type !== "offer") return;
    if (!this.channel) this.openChannel(pc);
    await this.fillMedia(pc);
    await pc.setLocalDescription();
    this.signal({ description: pc.localDescription?.toJSON() });
  }

  /** @param {RTCIceCandidateInit} candidate */
  async addCandidate(candidate) {
    if (!this.pc?.remoteDescription) {
      this.early.push(candidate);
      return;
    }
    try {
      await this.pc.addIceCandidate(candidate);
    } catch (error) {
      if (!this.ignoresOffer) throw error; // those of an ignored offer cannot be placed
    }
  }

  /** @param {RTCPeerConnection} pc */
  react(pc) {
    if (pc !== this.pc) return;
    this.talk.changed(pc.connectionState);
    clearTimeout(this.mending);
    if (pc.connectionState === "connected") return clearTimeout(this.givingUp);
    if (pc.connectionState === "failed") pc.restartIce();
    if (pc.connectionState === "disconnected") {
      this.mending = setTimeout(() => pc.restartIce(), PATIENCE_MS);
    }
    if (pc.connectionState === "failed" || pc.connectionState === "disconnected") {
      clearTimeout(this.givingUp);
      this.givingUp = setTimeout(() => this.restart(), GIVE_UP_MS);
    }
  }

  /** The live channel is back: what was said meanwhile is lost, so the way is sought again. */
  seekAgain() {
    if (this.pc?.connectionState === "connected") return;
    if (this.pc?.signalingState === "stable" && this.there !== null) this.pc.restartIce();
    else this.restart();
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

/**
 * The call may be smaller than what is recorded: it has to pass the network now.
 *
 * @param {RTCRtpSender} sender
 * @param {MediaStreamTrack | null} camera
 */
async function limit(sender, camera) {
  const parameters = sender.getParameters();
  for (const encoding of parameters.encodings) {
    encoding.maxBitrate = CALL_BITS_PER_S;
    encoding.scaleResolutionDownBy = scale(camera);
  }
  await sender.setParameters(parameters);
}

/** @param {MediaStreamTrack | null} camera */
function scale(camera) {
  const { width = 0, height = 0 } = camera?.getSettings() ?? {};
  return Math.max(1, Math.min(width, height) / CALL_HEIGHT);
}

/** VP8 and VP9 at this size cost a small computer its frames; H.264 keeps them. */
function h264First() {
  const codecs = RTCRtpReceiver.getCapabilities("video")?.codecs ?? [];
  const first = codecs.filter((codec) => codec.mimeType.toLowerCase() === H264);
  return [...first, ...codecs.filter((codec) => !first.includes(codec))];
}

function newId() {
  const letters = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(letters, (byte) => (byte % 36).toString(36)).join("");
}
