/**
 * Speaks with the ingest of docs/studio.md, and says what an answer means.
 *
 * @typedef {object} Answer
 * @property {"kept" | "wait" | "full" | "struck" | "refused" | "damaged" | "forbidden"} outcome
 * @property {number} [afterMs] how long the server asks to be left alone
 * @property {any} [document]
 */

const PATIENCE_MS = 60_000;
const MOST_WAIT_MS = 60_000;

const PASSING = [408, 425, 429];

/** @type {{[status: number]: Answer["outcome"]}} */
const OUTCOMES = {
  200: "kept",
  201: "kept",
  401: "forbidden",
  403: "forbidden",
  404: "refused",
  409: "refused",
  410: "struck",
  413: "refused",
  422: "damaged",
  507: "full",
};

export class Ingest {
  /**
   * @param {string} base
   * @param {string} token
   */
  constructor(base, token) {
    this.base = base;
    this.token = token;
    this.isStopped = false;
    /** @type {Set<AbortController>} what is under way */
    this.asking = new Set();
  }

  /** Gives up what is under way, and asks nothing more until `go`. */
  stop() {
    this.isStopped = true;
    for (const ending of this.asking) ending.abort();
  }

  go() {
    this.isStopped = false;
  }

  /**
   * @param {string} path
   * @param {Uint8Array<ArrayBuffer>} bytes
   * @returns {Promise<Answer>}
   */
  async put(path, bytes) {
    const digest = await crypto.subtle.digest("SHA-256", bytes);
    const headers = { "Content-Digest": `sha-256=:${base64(digest)}:` };
    return this.ask(path, { method: "PUT", body: bytes, headers });
  }

  /** @param {string} path @returns {Promise<Answer>} */
  get(path) {
    return this.ask(path, { method: "GET", headers: {} });
  }

  /**
   * @param {string} path
   * @param {{method: string, body?: Uint8Array<ArrayBuffer>, headers: {[name: string]: string}}} what
   * @returns {Promise<Answer>}
   */
  async ask(path, { headers, ...what }) {
    if (this.isStopped) return { outcome: "wait" };
    const ending = new AbortController();
    const late = setTimeout(() => ending.abort(), PATIENCE_MS);
    this.asking.add(ending);
    try {
      const response = await fetch(`${this.base}/${path}`, {
        ...what,
        headers: { ...headers, Authorization: `Bearer ${this.token}` },
        credentials: "omit",
        cache: "no-store",
        signal: ending.signal,
      });
      return await understand(response);
    } catch {
      return { outcome: "wait" };
    } finally {
      clearTimeout(late);
      this.asking.delete(ending);
    }
  }
}

/** @param {Response} response @returns {Promise<Answer>} */
async function understand(response) {
  const isPassing = response.status >= 500 || PASSING.includes(response.status);
  const outcome = OUTCOMES[response.status] ?? (isPassing ? "wait" : "refused");
  const seconds = Number(response.headers.get("Retry-After"));
  const afterMs = seconds > 0 ? Math.min(seconds * 1000, MOST_WAIT_MS) : undefined;
  return { outcome, afterMs, document: await response.json().catch(() => null) };
}

/** @param {ArrayBuffer} bytes */
function base64(bytes) {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)));
}
