/**
 * The live channel of docs/studio.md: a WebSocket that comes back by itself.
 *
 * @import { FromServer } from "./shapes.js"
 */

const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 8_000;
const SILENCE_MS = 12_000;
const HEARTBEAT_MS = 4_000;
const REPLACED = 4001;
const REFUSALS_BEFORE_ASKING = 2;

/**
 * @typedef {object} Handlers What the page does with news; each is called on the main thread.
 * @property {(message: FromServer) => void} message
 * @property {(isOpen: boolean) => void} open the channel opened, or was lost and is being sought
 * @property {() => void} refused the link is no longer valid; nothing is tried again
 */

/** A WebSocket that is opened again with growing pauses until it is closed on purpose. */
export class Live {
  /**
   * @param {string} address path or address of the channel
   * @param {Handlers} handlers
   * @param {() => number} nowUs the recorder's clock, for clock readings
   */
  constructor(address, handlers, nowUs) {
    this.address = new URL(address, location.href);
    this.address.protocol = this.address.protocol.replace("http", "ws");
    this.handlers = handlers;
    this.nowUs = nowUs;
    this.attempts = 0;
    this.isDone = false;
    this.lastHeardMs = 0;
    /** @type {WebSocket | null} */
    this.socket = null;
    /** @type {number | undefined} */
    this.waiting = undefined;
    this.beat = setInterval(() => this.checkLife(), HEARTBEAT_MS);
    this.wake = () => this.hurry();
    window.addEventListener("online", this.wake);
    document.addEventListener("visibilitychange", this.wake);
    this.connect();
  }

  get isOpen() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  connect() {
    clearTimeout(this.waiting);
    this.waiting = undefined;
    const socket = new WebSocket(this.address);
    this.socket = socket;
    let wasOpen = false;
    socket.onopen = () => {
      wasOpen = true;
      this.attempts = 0;
      this.lastHeardMs = performance.now();
      this.handlers.open(true);
    };
    socket.onmessage = (event) => this.hear(event);
    socket.onclose = (event) => {
      if (this.socket === socket) this.lose(event.code, wasOpen);
    };
  }

  /** @param {MessageEvent} event */
  hear(event) {
    this.lastHeardMs = performance.now();
    this.handlers.message(/** @type {FromServer} */ (JSON.parse(event.data)));
  }

  /**
   * @param {number} code why the socket closed
   * @param {boolean} wasOpen
   */
  lose(code, wasOpen) {
    this.socket = null;
    if (wasOpen) this.handlers.open(false);
    if (code === REPLACED) this.close();
    if (this.isDone) return;
    this.attempts += 1;
    if (!wasOpen && this.attempts % REFUSALS_BEFORE_ASKING === 0) void this.askWhetherRefused();
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (this.attempts - 1));
    this.waiting = setTimeout(() => this.connect(), longest * (0.5 + Math.random() / 2));
  }

  /** A browser hides why a socket did not open: the page itself tells whether the link holds. */
  async askWhetherRefused() {
    try {
      const answer = await fetch(location.href, { method: "HEAD", cache: "no-store" });
      if (![403, 404, 410].includes(answer.status)) return;
    } catch {
      return; // no network: the channel goes on trying
    }
    this.close();
    this.handlers.refused();
  }

  /** Tries at once when the network or the page comes back. */
  hurry() {
    if (this.isDone || document.visibilityState === "hidden") return;
    if (this.waiting !== undefined) this.connect();
    else this.checkLife();
  }

  /** A cut network does not close a socket; silence after a ping tells it. */
  checkLife() {
    if (!this.isOpen) return;
    if (performance.now() - this.lastHeardMs > SILENCE_MS) {
      const socket = this.socket;
      this.lose(0, true);
      socket?.close();
      return;
    }
    this.ping();
  }

  ping() {
    this.send({ type: "ping", t1_us: this.nowUs() });
  }

  /**
   * Sends a message; what cannot be sent now is not kept, since state is told anew on opening.
   *
   * @param {{type: string, [field: string]: unknown}} message
   * @returns {boolean} whether it left
   */
  send(message) {
    if (!this.isOpen) return false;
    this.socket?.send(JSON.stringify(message));
    return true;
  }

  /** Closes for good. */
  close() {
    this.isDone = true;
    clearTimeout(this.waiting);
    clearInterval(this.beat);
    window.removeEventListener("online", this.wake);
    document.removeEventListener("visibilitychange", this.wake);
    this.socket?.close();
  }
}
