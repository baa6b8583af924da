/**
 * Joins the recorder to the call: when it may run, what it is told, and how that is said.
 *
 * @import { RecordingHandle, RecordingRequest, Trouble } from "../recorder/shapes.js"
 * @import { Beacon, Pong } from "./shapes.js"
 * @import { Check } from "./check.js"
 * @import { Keeping } from "./keeping.js"
 * @import { Room } from "./room.js"
 */

import { NotBegunError, startRecording } from "../recorder/recorder.js";
import { ask } from "./clocks.js";
import { mayRecord, pausing, voices } from "./decide.js";
import { nowUs, say } from "./page.js";

const MOST_RECENT_BEACONS = 64;
// A take that could not take over is tried again; what keeps it is mostly a device that settles.
const TRY_AGAIN_MS = 5_000;
const VIDEO_BITS = { enough: 5_000_000, low: 1_500_000, scarce: 0 };
/** @type {Trouble[]} */
const LOST = ["camera_ended", "camera_stalled", "microphone_ended"];

/** The recording on this device, seen from the call. */
export class Recording {
  /**
   * @param {Room} room
   * @param {Check} check
   * @param {Keeping} keeping
   */
  constructor(room, check, keeping) {
    this.room = room;
    this.check = check;
    this.keeping = keeping;
    /** @type {RecordingHandle | null} */
    this.recorder = null;
    /** @type {string[]} the takes of this visit, in order */
    this.takes = [];
    /** @type {Map<string, MediaStreamTrack>} whose sound is heard now */
    this.heard = new Map();
    /** @type {(MediaStreamTrack | null)[]} the camera and microphone that a take was last begun with */
    this.used = [];
    /** @type {MediaStreamTrack | null} that of the open take */
    this.microphone = null;
    /** @type {Promise<void>} ends when every take so far is safe on this device */
    this.stopping = Promise.resolve();
    /** @type {Promise<void>} ends when a take that is to begin has begun, or failed */
    this.starting = Promise.resolve();
    this.isStarting = false;
    this.isPaused = false;
    /** a device has come new to the take that is open */
    this.isStale = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} set while a take that runs should be replaced */
    this.retrying = undefined;
    /** @type {Beacon[]} the last readings: a take that begins is given them, for its clock is the same */
    this.recent = [];
    /** @type {{roundTripS: number} | null} the call's line, as it was seen last */
    this.line = null;
    /** @type {import("../upload/room.js").Room} what was last said of the room on this device */
    this.toldRoom = "enough";
    keeping.watchers.add(() => this.followRoom());
    this.clockId = crypto.randomUUID();
    this.clock = {
      nowUs,
      clockId: () => this.clockId,
      takeId: () => this.recorder?.takeId ?? null,
    };
    /** @type {() => void} called when what is shown may have changed */
    this.changed = () => undefined;
    /** @type {(words: string) => void} called with what a person should know */
    this.troubled = () => undefined;
    /** @type {(device: "camera" | "microphone") => void} called when a device gives no more */
    this.missed = () => undefined;
    /** @type {() => void} */
    this.stopTiming = () => undefined;
  }

  /** @returns {boolean} whether a take is open and not paused */
  get isOn() {
    return this.hasBegun && !this.isPaused;
  }

  get hasBegun() {
    return this.recorder !== null;
  }

  /** @returns {boolean} whether the state of the conversation lets this device record */
  get may() {
    const { mine, others, ways, mayRecord: serverSaysOn } = this.room;
    return mayRecord({ mine, others, ways, serverSaysOn });
  }

  /** Does what the state of the conversation asks for. */
  follow() {
    const { may } = this;
    if (may && !this.hasBegun) void this.begin();
    else if (may && this.isStale) void this.begin();
    else if (this.hasBegun && may === this.isPaused) this.pause(!may);
  }

  /** Begins a take. Where one runs, it ends when the new one has sound: what is said is in both. */
  async begin() {
    if (this.isStarting) return;
    this.isStarting = true;
    this.starting = this.start().catch(() => this.fail());
    await this.starting;
    this.isStarting = false;
    this.changed();
    this.replaceDevices();
    if (this.hasBegun) this.follow();
  }

  /** A take that runs goes on with what it has, rather than with nothing, and is replaced later. */
  fail() {
    if (!this.hasBegun) {
      this.room.tell({ ready: false });
      return this.troubled(say("recording_failed"));
    }
    if (this.retrying === undefined) this.troubled(say("recording_not_renewed"));
    this.renewLater();
  }

  /** The device is well, its track cannot be written: another take has one of its own. */
  loseVoice() {
    this.microphone = null;
    this.renewLater();
  }

  renewLater() {
    clearTimeout(this.retrying);
    this.retrying = setTimeout(() => {
      this.isStale = true;
      this.follow();
    }, TRY_AGAIN_MS);
  }

  /** @returns {(MediaStreamTrack | null)[]} camera and microphone; what has ended gives nothing */
  get devices() {
    const { camera, microphone } = this.check;
    return [camera, microphone].map((track) => (track?.readyState === "live" ? track : null));
  }

  /** @returns {boolean} whether the open take has lost its microphone, and no other follows at once */
  get isVoiceless() {
    if (!this.devices[1]) return true;
    return this.retrying !== undefined && this.microphone?.readyState !== "live";
  }

  async start() {
    const [camera, microphone] = this.devices;
    this.used = [camera, microphone];
    this.isStale = false;
    if (!microphone) throw new Error("there is no microphone");
    const uploads = await this.keeping.uploads;
    const { callId, you: participantId, name } = this.room;
    const recorder = await begun(uploads, {
      camera,
      microphone,
      heard: [...this.heard.values()],
      identity: { callId, participantId, clockId: this.clockId, name },
      sink: uploads.sink(),
      onTrouble: (trouble) => this.hearTrouble(trouble, [camera, microphone]),
    });
    this.settle();
    recorder.setVideoRate(VIDEO_BITS[this.keeping.room]);
    for (const beacon of this.recent) recorder.addBeacon(beacon);
    const isPaused = this.keep(recorder, microphone);
    this.endTake();
    this.takes.push(recorder.takeId);
    this.recorder = recorder;
    this.microphone = microphone;
    this.isPaused = isPaused;
    // Somebody may have hung up while it began.
    if (this.room.mine.stage !== "call") return this.endTake();
    uploads.giveWay(this.line);
    this.room.tell({ recording: !isPaused, taking: recorder.takeId });
  }

  /**
   * While a take began, somebody may have muted, paused or hung up.
   *
   * @param {RecordingHandle} recorder
   * @param {MediaStreamTrack} microphone
   * @returns {boolean} whether it is paused
   */
  keep(recorder, microphone) {
    const isPaused = !this.may;
    if (!microphone.enabled) recorder.mute(true);
    if (isPaused) recorder.pause();
    recorder.keep();
    return isPaused;
  }

  settle() {
    clearTimeout(this.retrying);
    this.retrying = undefined;
  }

  /**
   * @param {Trouble} trouble
   * @param {(MediaStreamTrack | null)[]} tracks of the take that has it
   */
  hearTrouble(trouble, [camera, microphone]) {
    const device = trouble.startsWith("camera") ? "camera" : "microphone";
    const track = device === "camera" ? camera : microphone;
    // The film does without what was heard, and the receipt tells of it.
    if (trouble === "heard_failed") return;
    // A take ends mostly when its devices are closed.
    if (trouble === "voice_failed") return this.troubled(say("trouble_voice_failed"));
    // Of a device that was turned off or replaced meanwhile, nothing needs to be said.
    if (track !== this.check[device]) return;
    this.troubled(say(`trouble_${trouble}`));
    if (trouble === "microphone_failed") this.loseVoice();
    this.changed();
    if (LOST.includes(trouble)) this.missed(device);
  }

  /** @param {boolean} isPaused */
  pause(isPaused) {
    this.isPaused = isPaused;
    if (isPaused) this.recorder?.pause();
    else this.recorder?.resume();
    this.room.tell({ recording: !isPaused });
    this.changed();
  }

  /** @param {boolean} isMuted */
  mute(isMuted) {
    this.recorder?.mute(isMuted);
  }

  /**
   * Takes a reading of a peer's or the server's clock into the manifest.
   *
   * @param {Beacon} beacon
   */
  addBeacon(beacon) {
    this.recorder?.addBeacon(beacon);
    this.recent.push(beacon);
    if (this.recent.length > MOST_RECENT_BEACONS) this.recent.shift();
  }

  /** @param {Pong} pong @returns {Beacon} */
  hearServer(pong) {
    const { t1_us, t2_us, t3_us } = pong;
    const beacon = { peer_clock_id: this.room.serverClockId, t1_us, t2_us, t3_us, t4_us: nowUs() };
    this.addBeacon(beacon);
    return beacon;
  }

  /**
   * Asks the server's clock in bursts while the live channel is open.
   *
   * @param {(() => void) | null} ping
   */
  timeServer(ping) {
    this.stopTiming();
    this.stopTiming = ping ? ask(ping) : () => undefined;
  }

  /**
   * @param {number} startUs
   * @param {number} endUs
   */
  strike(startUs, endUs) {
    this.recorder?.strike(startUs, endUs);
    void this.keeping.uploads.then((uploads) => {
      for (const takeId of this.takes) uploads.strike(takeId, startUs, endUs);
    });
  }

  /**
   * @param {string} person
   * @param {MediaStreamTrack | undefined} track what is heard of this person from now on
   */
  hear(person, track) {
    this.heard.delete(person);
    if (track) this.heard.set(person, track);
    this.recorder?.hear([...this.heard.values()]);
  }

  /** A take is unbroken: a device that came new to it begins another one. */
  replaceDevices() {
    const isSame = this.devices.every((track) => !track || this.used.includes(track));
    if (isSame || !this.hasBegun) return;
    this.isStale = true;
    this.follow();
  }

  endTake() {
    const recorder = this.recorder;
    if (!recorder) return;
    this.recorder = null;
    this.isPaused = false;
    this.settle();
    this.stopping = this.stopping.then(() => recorder.stop()).catch(() => undefined);
  }

  /** Ends the recording; resolves when all of it is safe on this device. */
  async finish() {
    this.endTake();
    this.changed();
    await this.starting;
    await this.stopping;
    // A browser that keeps no files has no uploads that would give way.
    await this.seeLine(null).catch(() => undefined);
  }

  /**
   * The uploads give way to the call while this device records in it.
   *
   * @param {{roundTripS: number} | null} line null where nobody is connected
   */
  async seeLine(line) {
    this.line = line;
    (await this.keeping.uploads).giveWay(line);
  }

  /** Where room on this device runs out, the picture gives way, never the sound; and it is said. */
  followRoom() {
    const { room } = this.keeping;
    if (room === this.toldRoom) return;
    this.toldRoom = room;
    this.recorder?.setVideoRate(VIDEO_BITS[room]);
    if (room !== "enough") this.troubled(say(`room_${room}`));
  }

  words() {
    const { mine, others, ways } = this.room;
    if (!this.hasBegun) return say("recording_off");
    if (mine.paused) return say("recording_paused_you");
    const one = pausing(others, ways);
    if (one) return say("recording_paused_by", { name: one.name });
    if (voices(others, ways).length === 0 && this.isPaused) return say("recording_alone");
    if (this.isPaused) return say("recording_waiting");
    if (this.isVoiceless) return say("recording_voiceless");
    const recorded = others.filter((person) => person.state.recording);
    if (recorded.length < others.length) return say("recording_you");
    return say(others.length === 1 ? "recording_both" : "recording_all");
  }

  keptWords() {
    if (!this.hasBegun) return "";
    if (this.keeping.isFull) return say("kept_full");
    const { percent } = this.keeping.progress;
    return percent === 100 ? say("kept_all") : say("kept", { percent });
  }
}

/**
 * @param {import("../upload/shapes.js").Uploads} uploads
 * @param {RecordingRequest} request
 */
async function begun(uploads, request) {
  try {
    return await startRecording(request);
  } catch (error) {
    // What it has kept must not wait for a recorder that is no more.
    if (error instanceof NotBegunError) uploads.end(error.takeId);
    throw error;
  }
}
