/**
 * The check: this person's own picture and sound, and whether the studio is reached.
 *
 * @import { Trouble, Opened } from "./devices.js"
 * @import { Line } from "./line.js"
 * @import { Sound } from "./sound.js"
 */

import { browser, fillChoice, listDevices, openCamera, openDevices, openMicrophone, stopTracks } from "./devices.js";
import { hearsNotes } from "./echo.js";
import { judgeUpload, measureUpload, seekWay } from "./line.js";
import { find, hide, say, write } from "./page.js";

const HEARD_LEVEL = 0.25;
const SLOW_TRIP_MS = 400;
// Beyond this the number tells nobody anything.
const MOST_MBITS = 50;

/** The devices in use, and the section of the page where they are tried and chosen. */
export class Check {
  /** @param {Sound} sound */
  constructor(sound) {
    this.sound = sound;
    /** @type {MediaStreamTrack | null} */
    this.camera = null;
    /** @type {MediaStreamTrack | null} */
    this.microphone = null;
    this.wantsCamera = true;
    /** how often each device was asked for or given up: an older wish no longer counts */
    this.wishes = { camera: 0, microphone: 0 };
    this.hasTriedLine = false;
    /** whether this device's own line was seen to carry little, on the way to the studio */
    this.isNarrow = false;
    /** @type {() => void} */
    this.stopLevel = () => undefined;
    /** @type {() => void} called when a device was opened, changed or closed */
    this.changed = () => undefined;
    this.bind();
  }

  bind() {
    press("open-both", () => this.open({ withCamera: true }));
    press("open-voice", () => this.open({ withCamera: false }));
    press("check-camera", () => this.open({ withCamera: !this.wantsCamera }));
    press("play-notes", () => this.playNotes());
    for (const id of ["choose-camera", "choose-microphone"]) {
      const select = find(id, HTMLSelectElement);
      select.addEventListener("change", () => void this.open({ withCamera: this.wantsCamera }));
    }
    navigator.mediaDevices?.addEventListener("devicechange", () => void this.list());
  }

  /** Lets the loudspeaker be heard, and advises headphones where the microphone hears it too. */
  async playNotes() {
    await this.sound.start();
    const words = find("echo-words", HTMLElement);
    write(words, "");
    if (!this.microphone) return void this.sound.playNotes();
    const isHeard = await hearsNotes(this.sound, this.microphone);
    write(words, say(isHeard ? "echo_heard" : "echo_none"));
  }

  /**
   * Tells what this network carries: once, while somebody is at the check.
   *
   * @param {Line} line
   * @param {RTCIceServer[]} iceServers
   */
  async tryLine(line, iceServers) {
    if (this.hasTriedLine || !this.microphone) return;
    this.hasTriedLine = true;
    write(find("check-rate", HTMLElement), say("line_trying"));
    const [mbits, way] = await Promise.all([measureUpload(line), seekWay(iceServers)]);
    this.isNarrow = judgeUpload(mbits) === "poor";
    const rate = mbits < 10 ? mbits.toFixed(1) : Math.round(mbits);
    const key = mbits > MOST_MBITS ? "most" : judgeUpload(mbits);
    write(find("check-rate", HTMLElement), say(`line_rate_${key}`, { rate }));
    write(find("check-way", HTMLElement), way === "unknown" ? "" : say(`line_way_${way}`));
  }

  /**
   * Opens the chosen devices in place of those in use.
   *
   * @param {{withCamera: boolean}} wish
   */
  async open({ withCamera }) {
    this.wantsCamera = withCamera;
    this.release();
    const cameraId = find("choose-camera", HTMLSelectElement).value;
    const microphoneId = find("choose-microphone", HTMLSelectElement).value;
    const [keepCamera, keepMicrophone] = [this.wish("camera"), this.wish("microphone")];
    const opened = await openDevices({ withCamera, cameraId, microphoneId });
    const areKept = [keepCamera(opened.camera), keepMicrophone(opened.microphone)];
    if (!areKept.includes(true)) return;
    this.explain(opened);
    await this.show();
    this.changed();
  }

  /**
   * Asks for a device. The browser may take long to open it: where it was asked for anew or given
   * up meanwhile, what comes is stopped, for nothing may be on that nobody wants.
   *
   * @param {"camera" | "microphone"} device
   * @returns {(track: MediaStreamTrack | null) => boolean} keeps what came, and tells whether it is
   *   still wanted
   */
  wish(device) {
    this.wishes[device] += 1;
    const wish = this.wishes[device];
    return (track) => {
      const isWanted = wish === this.wishes[device];
      // Who is muted stays so.
      if (isWanted && track) track.enabled = this[device]?.enabled ?? true;
      if (isWanted) this[device] = track;
      else stopTracks(track);
      return isWanted;
    };
  }

  /**
   * Turns the camera alone on or off: off means that its light goes out.
   *
   * @param {boolean} isOn
   * @returns {Promise<Trouble | null>} why it is not on although it was wished for
   */
  async turnCamera(isOn) {
    this.wantsCamera = isOn;
    const keep = this.wish("camera");
    stopTracks(this.camera);
    const cameraId = find("choose-camera", HTMLSelectElement).value;
    let found = isOn ? await openCamera(cameraId) : { camera: null, cameraTrouble: null };
    if (isOn && !found.camera && cameraId !== "") found = await openCamera("");
    if (!keep(found.camera)) return null;
    this.showPicture();
    this.changed();
    return found.cameraTrouble;
  }

  /**
   * The microphone has gone: another one takes its place, where there is one.
   *
   * @returns {Promise<Trouble | null>} why there is none
   */
  async replaceMicrophone() {
    const microphoneId = find("choose-microphone", HTMLSelectElement).value;
    const keep = this.wish("microphone");
    const old = this.microphone;
    let { microphone, microphoneTrouble } = await openMicrophone(microphoneId);
    if (!microphone && microphoneId !== "") ({ microphone, microphoneTrouble } = await openMicrophone(""));
    if (!microphone) return microphoneTrouble;
    if (!keep(microphone)) return null;
    stopTracks(old);
    await this.watchLevel(microphone);
    await this.list();
    this.changed();
    return null;
  }

  async show() {
    const hasAny = this.microphone !== null;
    hide(find("found", HTMLElement), !hasAny, "check-title");
    hide(find("ask", HTMLElement), hasAny, "choose-microphone");
    this.showPicture();
    if (this.microphone) await this.watchLevel(this.microphone);
    await this.list();
  }

  showPicture() {
    const video = find("check-picture", HTMLVideoElement);
    video.srcObject = this.camera ? new MediaStream([this.camera]) : null;
    const cover = find("check-cover", HTMLElement);
    cover.hidden = this.camera !== null;
    const isOff = this.microphone !== null && !this.wantsCamera;
    write(cover, isOff ? say("camera_off") : say("picture_cover"));
    find("camera-field", HTMLElement).hidden = this.camera === null;
    write(find("check-camera", HTMLElement), say(this.camera ? "camera_off" : "camera_on"));
  }

  /** @param {MediaStreamTrack} microphone */
  async watchLevel(microphone) {
    await this.sound.start();
    if (microphone !== this.microphone) return;
    let isHeard = false;
    /** @param {number} level */
    const show = (level) => {
      isHeard ||= level > HEARD_LEVEL;
      const key = isHeard ? "heard" : this.sound.isOn ? "silent" : "stopped";
      find("level", HTMLMeterElement).value = level;
      write(find("level-words", HTMLElement), say(`level_${key}`));
    };
    show(0);
    this.stopLevel();
    this.stopLevel = this.sound.watchLevel(microphone, show);
  }

  async list() {
    if (!this.microphone) return;
    const [microphones, cameras] = await Promise.all([
      listDevices("audioinput"),
      listDevices("videoinput"),
    ]);
    const used = this.microphone.getSettings().deviceId;
    fillChoice(find("choose-microphone", HTMLSelectElement), microphones, used);
    const seen = this.camera?.getSettings().deviceId;
    fillChoice(find("choose-camera", HTMLSelectElement), cameras, seen);
  }

  /** Says what could not be opened, why, and what to do in this browser. @param {Opened} opened */
  explain(opened) {
    const box = find("trouble", HTMLElement);
    const why = opened.microphoneTrouble ?? opened.cameraTrouble;
    box.hidden = why === null;
    if (why === null) return;
    const heading = document.createElement("h2");
    heading.textContent = say(which(opened));
    const lines = [say(`trouble_${why}`), ...help(why)];
    lines.push(say(opened.microphone ? "camera_missing" : "microphone_needed"));
    box.replaceChildren(heading, ...lines.map(paragraph));
  }

  /** @param {number} tripMs between this page and the studio; Infinity when it is not reached */
  showLine(tripMs) {
    if (tripMs === Infinity) this.forgetLine();
    const key = tripMs === Infinity ? "lost" : tripMs > SLOW_TRIP_MS ? "slow" : "good";
    write(find("check-line", HTMLElement), say(`line_studio_${key}`));
  }

  /** Another connection may be another line. */
  forgetLine() {
    this.hasTriedLine = false;
    this.isNarrow = false;
    for (const id of ["check-rate", "check-way"]) write(find(id, HTMLElement), "");
  }

  /** Stops both devices: their lights go out. */
  release() {
    this.stopLevel();
    stopTracks(this.camera, this.microphone);
    this.wish("camera")(null);
    this.wish("microphone")(null);
  }
}

/** @param {Opened} opened */
function which(opened) {
  if (opened.cameraTrouble && opened.microphoneTrouble) return "trouble_both";
  return opened.cameraTrouble ? "trouble_camera" : "trouble_microphone";
}

/** @param {Trouble} why @returns {string[]} */
function help(why) {
  if (browser() === "inside") return [say("help_inside")];
  return why === "refused" ? [say(`help_${browser()}`)] : [];
}

/** @param {string} text */
function paragraph(text) {
  const line = document.createElement("p");
  line.textContent = text;
  return line;
}

/**
 * @param {string} id
 * @param {() => Promise<void>} action
 */
function press(id, action) {
  find(id, HTMLButtonElement).addEventListener("click", () => void action());
}
