/**
 * What the recorder is given and what leaves it. This file holds types alone.
 *
 * The *recorder clock* is `performance.now()` of the page in whole microseconds.
 *
 * @typedef {"microphone" | "camera" | "heard"} Kind
 *
 * @typedef {object} Identity
 * @property {string} callId
 * @property {string} participantId
 * @property {string} clockId names the page's clock: another one for every page load
 * @property {string} [name] how the participant wishes to be named
 *
 * @typedef {object} Beacon One exchange of clock readings, see docs/take.md.
 * @property {string} peer_clock_id
 * @property {string} [peer_take_id] absent where the peer is the server
 * @property {number} t1_us
 * @property {number} t2_us
 * @property {number} t3_us
 * @property {number} t4_us
 *
 * @typedef {object} Gap `end_us` is null while the gap goes on; a later fact of its id replaces it.
 * @property {"gap"} is
 * @property {string} id
 * @property {"paused" | "struck" | "stalled" | "muted"} reason
 * @property {number} start_us
 * @property {number | null} end_us
 * @property {Kind} [kind]
 *
 * @typedef {object} Head
 * @property {"head"} is
 * @property {string} call_id
 * @property {string} participant_id
 * @property {string} take_id
 * @property {string} clock_id
 * @property {number} started_us
 * @property {string} [name]
 *
 * @typedef {object} TrackFact
 * @property {"track"} is
 * @property {Kind} kind
 * @property {string} codec
 * @property {number} rate
 * @property {number} origin_us
 * @property {{sha256: string, bytes: number}} init
 *
 * @typedef {object} FragmentFact
 * @property {"fragment"} is
 * @property {Kind} kind
 * @property {number} number
 * @property {string} sha256
 * @property {number} bytes
 * @property {number} start
 * @property {number} duration
 *
 * @typedef {{is: "origin", kind: Kind, origin_us: number}} OriginFact
 * @typedef {{is: "anchor", kind: Kind, sample: number, monotonic_us: number}} AnchorFact
 * @typedef {{is: "beacon"} & Beacon} BeaconFact
 * @typedef {{is: "picture", begin_us: number | null}} PictureFact the camera was opened, or gives no more
 * @typedef {{is: "state", state: "recording" | "complete" | "interrupted"}} StateFact
 *
 * A manifest is the sum of facts that are only ever added: what is lost of them at the end costs
 * the end alone.
 * @typedef {Head | TrackFact | FragmentFact | OriginFact | AnchorFact | BeaconFact | Gap | PictureFact | StateFact} Fact
 *
 * @typedef {object} Delivery What the recorder hands on, in order, through its `sink`.
 * @property {number} sequence the sink answers `{kept: sequence}` when it is safe on the device
 * @property {string} takeId
 * @property {Fact[]} facts
 * @property {{kind: Kind, name: string, bytes: ArrayBuffer}} [piece] `name` is `init` or a number
 *
 * @typedef {{kept: number} | {full: number}} Kept `full`: tried again until there is room
 *
 * @typedef {"camera_ended" | "microphone_ended" | "camera_stalled" | "camera_failed" | "microphone_failed" | "heard_failed" | "voice_failed" | "sound_stopped" | "not_kept"} Trouble
 *   `camera_failed`, `microphone_failed`, `heard_failed`: this track can be written no further in this take;
 *   `voice_failed`: its end could not be taken in;
 *   `sound_stopped`: the browser suspended the sound (a telephone call, the page put away);
 *   `not_kept`: the device cannot keep more.
 *
 * @typedef {object} RecordingRequest
 * @property {MediaStreamTrack | null} camera the original track; ending it is the caller's business
 * @property {MediaStreamTrack} microphone the original track
 * @property {MediaStreamTrack[]} [heard] what this person hears now; `hear` changes it
 * @property {Identity} identity
 * @property {MessagePort} sink where the recording goes: `uploads.sink()`
 * @property {(trouble: Trouble) => void} [onTrouble]
 * @property {{forceMediaRecorder?: boolean, videoBitsPerSecond?: number}} [options]
 *   `forceMediaRecorder`: as in a browser that hands out neither frames nor blocks of sound
 *
 * @typedef {object} RecordingHandle
 * @property {string} takeId
 * @property {(beacon: Beacon) => void} addBeacon
 * @property {() => void} keep a take begins in silence; from here on what is captured is kept
 * @property {() => void} pause nothing is captured until `resume`; time goes on
 * @property {() => void} resume
 * @property {(isMuted: boolean) => void} mute of the microphone alone
 * @property {(startUs: number, endUs: number) => void} strike this time never enters a film
 * @property {(tracks: MediaStreamTrack[]) => void} hear what this person hears from now on
 * @property {(bitsPerSecond: number) => void} setVideoRate lowers or restores the picture's rate; 0
 *   lets it rest
 * @property {() => Promise<void>} stop ends the take; resolves when all of it is safe on the device
 */

export {};
