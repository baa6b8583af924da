/**
 * The live channel of docs/studio.md: a WebSocket that comes back by itself.
 *
 * @import { FromServer } from "./shapes.js"
 */

const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 8_000;
const HEARTBEAT_MS = 4_000;
const PROOF_MS = 3_000;
// A try that nothing answers is given up soon: its packets are sent again at growing distances,
// so a fresh one finds a network that is back much earlier. Where many were of no use the line may be
// slow rather than away, and tries are longer: not before half a minute, which most cuts are shorter than.
const TRY_MS = 1_500;
const LONGEST_TRY_MS = 10_000;
const SHORT_TRIES_MS = 30_000;
const USUAL_OPENING_MS = 2_000;
const REPLACED = 4001;
const REFUSALS_BEFORE_ASKING = 2;

/**
 * @typedef {object} Handlers What the page does with news; each is called on the main thread.
 * @property {(message: FromServer) => void} message
 * @property {(isOpen: boolean) => void} open the channel opened, or was lost and is being sought
 * @property {() => void} refused the link is no longer valid; nothing is tried again
 */

/** A WebSocket that is opened by `connect`, and again with growing pauses until it is closed on purpose. */
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
    this.tries = 0;
    /** The shortest opening: a slow line needs longer tries, and one that began in a cut tells nothing of it. */
    this.openingMs = USUAL_OPENING_MS;
    this.isDone = false;
    this.soughtMs = performance.now();
    this.lastHeardMs = 0;
    /** @type {WebSocket | null} */
    this.socket = null;
    /** @type {number | undefined} */
    this.waiting = undefined;
    /** @type {number | undefined} */
    this.trying = undefined;
    /** @type {number | undefined} */
    this.proving = undefined;
    this.beat = setInterval(() => this.prove(), HEARTBEAT_MS);
    this.wake = () => this.hurry();
    window.addEventListener("online", this.wake);
    document.addEventListener("visibilitychange", this.wake);
  }

  get isOpen() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  connect() {
    clearTimeout(this.waiting);
    this.waiting = undefined;
    this.tries += 1;
    this.address.searchParams.set("try", String(this.tries));
    const socket = new WebSocket(this.address);
    const startedMs = performance.now();
    this.socket = socket;
    let wasOpen = false;
    this.trying = setTimeout(() => this.abandon(socket), this.patienceMs());
    socket.onopen = () => {
      if (this.socket !== socket) return socket.close();
      clearTimeout(this.trying);
      wasOpen = true;
      this.attempts = 0;
      this.openingMs = Math.min(this.openingMs, performance.now() - startedMs);
      this.lastHeardMs = performance.now();
      this.handlers.open(true);
    };
    socket.onmessage = (event) => this.hear(event);
    socket.onclose = (event) => {
      if (this.socket === socket) this.lose(event.code, wasOpen);
    };
  }

  /** @returns {number} how long a try may take */
  patienceMs() {
    const patience = Math.max(TRY_MS, 3 * this.openingMs);
    return Math.min(LONGEST_TRY_MS, performance.now() - this.soughtMs > SHORT_TRIES_MS ? 3 * patience : patience);
  }

  /** Nothing answers: the network is cut, not the studio, and the next try follows at once. @param {WebSocket} socket */
  abandon(socket) {
    if (this.socket !== socket) return;
    this.socket = null;
    this.attempts += 1;
    socket.close();
    this.waiting = setTimeout(() => this.connect(), FIRST_WAIT_MS * Math.random());
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
    clearTimeout(this.trying);
    this.socket = null;
    if (wasOpen) {
      this.soughtMs = performance.now();
      this.handlers.open(false);
    }
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
      const signal = AbortSignal.timeout(LONGEST_TRY_MS);
      const answer = await fetch(location.href, { method: "HEAD", cache: "no-store", signal });
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
    else this.prove();
  }

  /** A cut network does not close a socket; that nothing answers a ping tells it. */
  prove() {
    if (!this.isOpen || this.proving !== undefined) return;
    const socket = this.socket;
    const askedMs = performance.now();
    this.ping();
    this.proving = setTimeout(() => {
      this.proving = undefined;
      if (this.socket !== socket || this.lastHeardMs >= askedMs) return;
      // A page that was busy or asleep finds the answers behind this.
      if (performance.now() - askedMs > 2 * PROOF_MS) return this.prove();
      this.lose(0, true);
      socket?.close();
    }, PROOF_MS);
  }

  /** @returns {number} the question's own time, by which its answer is known */
  ping() {
    const t1_us = this.nowUs();
    this.send({ type: "ping", t1_us });
    return t1_us;
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
    clearTimeout(this.trying);
    clearTimeout(this.proving);
    clearInterval(this.beat);
    window.removeEventListener("online", this.wake);
    document.removeEventListener("visibilitychange", this.wake);
    this.socket?.close();
  }
}
