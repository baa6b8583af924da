/**
 * The shapes that the call room shares: what docs/studio.md sends over the live channel, and what
 * the page is given when it loads. This file holds types alone.
 *
 * @typedef {"check" | "lobby" | "call" | "after"} Stage
 *
 * @typedef {object} PersonState What a participant's device last said about itself.
 * @property {Stage} [stage]
 * @property {boolean} [ready]
 * @property {boolean} [recording]
 * @property {boolean} [muted]
 * @property {boolean} [camera] false when the camera is off
 * @property {boolean} [paused]
 * @property {boolean} [erased] all of this person was erased, and nothing is recorded while they are here
 * @property {string | null} [taking] the take that is being recorded
 *
 * @typedef {object} Person
 * @property {string} id
 * @property {string} name
 * @property {boolean} is_here
 * @property {PersonState} state
 *
 * @typedef {{[person: string]: {isOpen: boolean, isPaused: boolean}}} Ways The connections to the
 *   others: whether something comes in by it, and whether they said by it that they paused.
 *
 * @typedef {object} Guide
 * @property {string[]} questions
 * @property {number} at the question shown to all, from 0
 *
 * @typedef {object} UploadAccess
 * @property {string} base address of the ingest, ends without a slash
 * @property {string} token
 *
 * @typedef {object} Welcome
 * @property {"welcome"} type
 * @property {string} you
 * @property {string} call_id
 * @property {Person[]} people
 * @property {Guide} guide
 * @property {RTCIceServer[]} ice_servers
 * @property {UploadAccess} upload
 * @property {string} server_clock_id
 *
 * @typedef {object} Signal One step of the negotiation between two browsers.
 * @property {"signal"} type
 * @property {string} from
 * @property {string} connection the sender's end, then a dot and the other end where it is known
 * @property {string} [round] the offer that the description or candidate belongs to
 * @property {RTCSessionDescriptionInit} [description]
 * @property {RTCIceCandidateInit | null} [candidate]
 *
 * @typedef {object} Chat
 * @property {"chat"} type
 * @property {string} from
 * @property {string} text
 * @property {number} at_ms
 *
 * @typedef {object} Pong
 * @property {"pong"} type
 * @property {number} t1_us
 * @property {number} t2_us
 * @property {number} t3_us
 *
 * @typedef {{type: "people", people: Person[]}} People
 * @typedef {{type: "record", is_on: boolean}} Record
 * @typedef {{type: "guide", at: number}} GuideMoved
 * @typedef {{type: "strike", from: string, seconds: number, ago?: number}} Strike
 * @typedef {{type: "struck", id: string, ago: number}} Struck
 * @typedef {{type: "not_struck", id: string | null, after_s: number | null}} NotStruck
 * @typedef {{type: "replaced"}} Replaced
 * @typedef {{type: "ended"}} Ended
 * @typedef {Welcome | Signal | Chat | Pong | People | Record | GuideMoved | Strike | Struck | NotStruck | Replaced | Ended} FromServer
 *
 * @typedef {object} Beacon One exchange of clock readings with a peer, see docs/take.md.
 * @property {string} peer_clock_id
 * @property {string} [peer_take_id] absent where the peer is the server
 * @property {number} t1_us
 * @property {number} t2_us
 * @property {number} t3_us
 * @property {number} t4_us
 */

export {};
