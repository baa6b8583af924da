/**
 * Camera and microphone: asking for them, choosing others, and saying why one is not there.
 */

/** @typedef {"refused" | "system" | "none" | "busy" | "insecure" | "other"} Trouble */

/**
 * @typedef {object} Wish
 * @property {string} [cameraId]
 * @property {string} [microphoneId]
 * @property {boolean} withCamera
 *
 * @typedef {object} Opened
 * @property {MediaStreamTrack | null} camera
 * @property {MediaStreamTrack | null} microphone
 * @property {Trouble | null} cameraTrouble why there is no camera although one was wished for
 * @property {Trouble | null} microphoneTrouble
 */

/** @type {{[name: string]: Trouble}} */
const TROUBLES = {
  NotAllowedError: "refused",
  SecurityError: "refused",
  NotFoundError: "none",
  OverconstrainedError: "none",
  NotReadableError: "busy",
  AbortError: "busy",
};

/**
 * Asks for both at once, so that there is one question to answer; for each alone when that fails.
 *
 * @param {Wish} wish
 * @returns {Promise<Opened>}
 */
export async function openDevices(wish) {
  if (!navigator.mediaDevices) return nothing("insecure");
  const wanted = { audio: soundWish(wish), video: wish.withCamera && pictureWish(wish) };
  try {
    return opened(await navigator.mediaDevices.getUserMedia(wanted));
  } catch (error) {
    if (!wish.withCamera) return { ...nothing(trouble(error)), cameraTrouble: null };
  }
  const sound = await openOne({ audio: wanted.audio });
  const picture = await openOne({ video: wanted.video });
  return {
    camera: picture.stream?.getVideoTracks()[0] ?? null,
    microphone: sound.stream?.getAudioTracks()[0] ?? null,
    cameraTrouble: picture.trouble,
    microphoneTrouble: sound.trouble,
  };
}

/**
 * @param {string} cameraId empty for any
 * @returns {Promise<Pick<Opened, "camera" | "cameraTrouble">>}
 */
export async function openCamera(cameraId) {
  const picture = await openOne({ video: pictureWish({ cameraId, withCamera: true }) });
  return { camera: picture.stream?.getVideoTracks()[0] ?? null, cameraTrouble: picture.trouble };
}

/**
 * @param {string} microphoneId empty for any
 * @returns {Promise<Pick<Opened, "microphone" | "microphoneTrouble">>}
 */
export async function openMicrophone(microphoneId) {
  const sound = await openOne({ audio: soundWish({ microphoneId, withCamera: false }) });
  return { microphone: sound.stream?.getAudioTracks()[0] ?? null, microphoneTrouble: sound.trouble };
}

/** @param {MediaStream} stream @returns {Opened} */
function opened(stream) {
  return {
    camera: stream.getVideoTracks()[0] ?? null,
    microphone: stream.getAudioTracks()[0] ?? null,
    cameraTrouble: null,
    microphoneTrouble: null,
  };
}

/** @param {Trouble} why @returns {Opened} */
function nothing(why) {
  return { camera: null, microphone: null, cameraTrouble: why, microphoneTrouble: why };
}

/**
 * @param {MediaStreamConstraints} wanted
 * @returns {Promise<{stream: MediaStream | null, trouble: Trouble | null}>}
 */
async function openOne(wanted) {
  try {
    return { stream: await navigator.mediaDevices.getUserMedia(wanted), trouble: null };
  } catch (error) {
    return { stream: null, trouble: trouble(error) };
  }
}

/** @param {unknown} error @returns {Trouble} */
function trouble(error) {
  if (/denied by system/i.test(String(error))) return "system";
  return (error instanceof DOMException ? TROUBLES[error.name] : undefined) ?? "other";
}

/** @param {Wish} wish @returns {MediaTrackConstraints} */
function soundWish(wish) {
  // The film is made from this sound: what cleans it in the browser cannot be undone later.
  return {
    ...(wish.microphoneId ? { deviceId: { exact: wish.microphoneId } } : {}),
    channelCount: 1,
    sampleRate: 48_000,
    echoCancellation: true,
    noiseSuppression: false,
    autoGainControl: true,
  };
}

/** @param {Wish} wish @returns {MediaTrackConstraints} */
function pictureWish(wish) {
  return {
    ...(wish.cameraId ? { deviceId: { exact: wish.cameraId } } : { facingMode: "user" }),
    width: { ideal: 1920 },
    height: { ideal: 1080 },
    frameRate: { ideal: 30, max: 30 },
  };
}

/**
 * @param {MediaDeviceKind} kind
 * @returns {Promise<MediaDeviceInfo[]>} the devices that have a name, once one was allowed
 */
export async function listDevices(kind) {
  const all = await navigator.mediaDevices.enumerateDevices();
  return all.filter((device) => device.kind === kind && device.deviceId !== "");
}

/**
 * @param {HTMLSelectElement} select
 * @param {MediaDeviceInfo[]} devices
 * @param {string | undefined} chosen the id of the device in use
 */
export function fillChoice(select, devices, chosen) {
  const options = devices.map(
    (device, index) => new Option(device.label || String(index + 1), device.deviceId),
  );
  for (const option of options) option.selected = option.value === chosen;
  select.replaceChildren(...options);
}

/** @typedef {"inside" | "iphone" | "iphone_other" | "samsung" | "android" | "firefox" | "chrome" | "safari"} Browser */

/** @type {[RegExp, Browser][]} the first that fits */
const BROWSERS = [
  [/FBAN|FBAV|Instagram|Line\/|; wv\)/, "inside"],
  [/(iPhone|iPad).*(CriOS|FxiOS|EdgiOS)/, "iphone_other"],
  [/iPhone|iPad/, "iphone"],
  [/SamsungBrowser\//, "samsung"],
  [/Firefox\//, "firefox"],
  [/Android/, "android"],
  [/Chrome\/|Chromium\//, "chrome"],
];

/**
 * @param {string} [name] as the browser names itself
 * @returns {Browser} whose settings hold the permission, for the words that help
 */
export function browser(name = navigator.userAgent) {
  return BROWSERS.find(([pattern]) => pattern.test(name))?.[1] ?? "safari";
}

/** Stops devices: their lights go out. @param {(MediaStreamTrack | null)[]} tracks */
export function stopTracks(...tracks) {
  for (const track of tracks) track?.stop();
}
