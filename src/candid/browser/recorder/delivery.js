/**
 * Hands pieces and facts on in order, and knows which of them are safe on the device.
 *
 * @import { Delivery, Fact, Kind } from "./shapes.js"
 */

export class Outlet {
  /**
   * @param {MessagePort} sink
   * @param {string} takeId
   * @param {{refused: () => void, failed: (kind: Kind) => void}} heed what to do when the device
   *   cannot keep more for now, and when a track can be written no further
   */
  constructor(sink, takeId, { refused, failed }) {
    this.sink = sink;
    this.takeId = takeId;
    this.failed = failed;
    this.sequence = 0;
    this.kept = 0;
    this.isFull = false;
    /** @type {(() => void) | null} */
    this.allKept = null;
    /** @type {Promise<void>} */
    this.last = Promise.resolve();
    sink.onmessage = ({ data }) => {
      const wasFull = this.isFull;
      this.isFull = data.full !== undefined;
      if (!this.isFull) this.hear(data.kept);
      else if (!wasFull) refused();
    };
  }

  /** @param {number} sequence */
  hear(sequence) {
    this.kept = sequence;
    if (this.kept === this.sequence) this.allKept?.();
  }

  /** @param {Fact[]} facts */
  tell(facts) {
    this.last = this.last.then(() => this.post({ facts }));
  }

  /**
   * Hands on bytes with a fact that is told their hash; later pieces wait their turn.
   *
   * @param {Kind} kind
   * @param {string} name
   * @param {Uint8Array<ArrayBuffer>} bytes
   * @param {(hashed: {sha256: string, bytes: number}) => Fact[]} facts
   */
  hand(kind, name, bytes, facts) {
    this.last = this.last.then(async () => {
      const sha256 = hex(await crypto.subtle.digest("SHA-256", bytes));
      const told = facts({ sha256, bytes: bytes.byteLength });
      this.post({ facts: told, piece: { kind, name, bytes: bytes.buffer } });
    });
  }

  /** @param {Omit<Delivery, "sequence" | "takeId">} what */
  post(what) {
    this.sequence += 1;
    const transfer = what.piece ? [what.piece.bytes] : [];
    this.sink.postMessage({ sequence: this.sequence, takeId: this.takeId, ...what }, transfer);
  }

  /** @returns {Promise<void>} resolves when all that was handed on is safe */
  async drained() {
    await this.last;
    if (this.kept === this.sequence) return;
    await new Promise((resolve) => {
      this.allKept = () => resolve(undefined);
    });
  }
}

/** @param {ArrayBuffer} digest */
function hex(digest) {
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
