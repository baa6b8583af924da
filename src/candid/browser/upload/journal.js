/**
 * The journal of one take on this device: its facts in one growing file, its pieces in one file
 * each, which goes when the server has it.
 *
 * The growing file stays open, and no two pages can hold it: that is what keeps a second tab of
 * the same person from sending, or ending, the take of the first. Runs in a worker alone.
 *
 * @import { Fact, Kind } from "../recorder/shapes.js"
 */

import { asRecord, readRecords } from "./records.js";
import { Ledger } from "./manifest.js";

const ROOT = "candid-takes";
const FACTS = "facts.log";
const PIECE = /^(microphone|camera|heard)-(init|\d+)\.piece$/;

/** @typedef {{kind: Kind, name: string, size: number}} Piece */

/** @returns {Promise<FileSystemDirectoryHandle>} */
async function root() {
  const device = await navigator.storage.getDirectory();
  return device.getDirectoryHandle(ROOT, { create: true });
}

/**
 * @param {string} participantId
 * @returns {Promise<string[]>} takes of this participant that lie on this device
 */
export async function takesOf(participantId) {
  const names = [];
  for await (const name of (await root()).keys()) {
    if (name.startsWith(`${participantId}-`)) names.push(name);
  }
  return names;
}

export class Journal {
  /**
   * @param {string} takeId
   * @param {FileSystemDirectoryHandle} folder
   * @param {FileSystemSyncAccessHandle} log
   */
  constructor(takeId, folder, log) {
    this.takeId = takeId;
    this.folder = folder;
    this.log = log;
    this.ledger = new Ledger();
    /** @type {Map<string, Piece>} what the server does not have yet, in the order of its making */
    this.pieces = new Map();
    /** @type {Fact[]} what there was no room for */
    this.unwritten = [];
  }

  /**
   * @param {string} takeId
   * @returns {Promise<Journal>} rejects with NoModificationAllowedError where another page has it
   */
  static async open(takeId) {
    const folder = await (await root()).getDirectoryHandle(takeId, { create: true });
    const file = await folder.getFileHandle(FACTS, { create: true });
    const journal = new Journal(takeId, folder, await file.createSyncAccessHandle());
    try {
      journal.readFacts();
      await journal.readPieces();
    } catch (error) {
      journal.log.close();
      throw error;
    }
    return journal;
  }

  /** Reads the facts and cuts off what was being written when the page died. */
  readFacts() {
    const { whole, length } = readRecords(readAll(this.log));
    this.log.truncate(length);
    for (const record of whole) fromJson(record).forEach((fact) => this.ledger.add(fact));
  }

  async readPieces() {
    const found = [];
    for await (const name of this.folder.keys()) {
      const parts = PIECE.exec(name);
      if (parts) found.push({ kind: /** @type {Kind} */ (parts[1]), name: parts[2] });
    }
    for (const { kind, name } of found.sort(inOrder)) await this.readPiece(kind, name);
  }

  /**
   * A piece that the facts name was whole before they did, and is read when it is sent: a new
   * recording need not wait until all that an earlier one left was read.
   *
   * @param {Kind} kind
   * @param {string} name
   */
  async readPiece(kind, name) {
    const size = this.ledger.bytesOf(kind, name) ?? (await this.readUnnamed(kind, name));
    if (size === null) return this.forget(kind, name);
    this.pieces.set(`${kind}-${name}`, { kind, name, size });
  }

  /**
   * @param {Kind} kind
   * @param {string} name
   * @returns {Promise<number | null>} its bytes; null where it is torn
   */
  async readUnnamed(kind, name) {
    const held = await this.load(kind, name);
    if (held) this.note(held.facts);
    return held && held.bytes.byteLength;
  }

  /**
   * Keeps facts, and the piece they tell of: when this resolves, both outlive the browser.
   *
   * @param {Fact[]} facts
   * @param {{kind: Kind, name: string, bytes: ArrayBuffer}} [piece]
   */
  async keep(facts, piece) {
    if (piece) await this.store(facts, piece);
    this.append(facts);
  }

  /**
   * @param {Fact[]} facts
   * @param {{kind: Kind, name: string, bytes: ArrayBuffer}} piece
   */
  async store(facts, { kind, name, bytes }) {
    const file = await this.folder.getFileHandle(fileName(kind, name), { create: true });
    const handle = await file.createSyncAccessHandle();
    try {
      const told = asRecord(toJson(facts));
      writeAll(handle, told, 0);
      writeAll(handle, asRecord(new Uint8Array(bytes)), told.byteLength);
      handle.flush();
    } finally {
      handle.close();
    }
    this.pieces.set(`${kind}-${name}`, { kind, name, size: bytes.byteLength });
  }

  /** @param {Fact[]} facts */
  append(facts) {
    this.write([...this.unwritten, ...facts]);
    this.unwritten = [];
    facts.forEach((fact) => this.ledger.add(fact));
  }

  /**
   * Adds facts also where the device has no room for them: what fills it must be able to go. They
   * are written as soon as a piece has gone.
   *
   * @param {Fact[]} facts
   */
  note(facts) {
    try {
      this.append(facts);
    } catch {
      facts.forEach((fact) => this.ledger.add(fact));
      this.unwritten.push(...facts);
    }
  }

  /** @param {Fact[]} facts */
  write(facts) {
    const end = this.log.getSize();
    try {
      writeAll(this.log, asRecord(toJson(facts)), end);
    } catch (error) {
      this.log.truncate(end);
      throw error;
    }
    this.log.flush();
  }

  /**
   * @param {Kind} kind
   * @param {string} name
   * @returns {Promise<{facts: Fact[], bytes: Uint8Array<ArrayBuffer>} | null>} null where it is torn
   */
  async load(kind, name) {
    const file = await (await this.folder.getFileHandle(fileName(kind, name))).getFile();
    const { whole } = readRecords(new Uint8Array(await file.arrayBuffer()));
    return whole.length === 2 ? { facts: fromJson(whole[0]), bytes: whole[1] } : null;
  }

  /**
   * Deletes a piece: the server has it, or nobody shall.
   *
   * @param {Kind} kind
   * @param {string} name
   */
  async forget(kind, name) {
    this.pieces.delete(`${kind}-${name}`);
    await this.folder.removeEntry(fileName(kind, name));
    if (this.unwritten.length > 0) this.note([]);
  }

  /** Deletes all of the take on this device, unless another page has done it. */
  async remove() {
    this.log.close();
    try {
      await (await root()).removeEntry(this.takeId, { recursive: true });
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "NotFoundError")) throw error;
    }
  }
}

/** @param {string} kind @param {string} name */
function fileName(kind, name) {
  return `${kind}-${name}.piece`;
}

/**
 * @param {{name: string}} one
 * @param {{name: string}} other
 */
function inOrder(one, other) {
  const place = (/** @type {string} */ name) => (name === "init" ? -1 : Number(name));
  return place(one.name) - place(other.name);
}

/** @param {FileSystemSyncAccessHandle} handle */
function readAll(handle) {
  const bytes = new Uint8Array(handle.getSize());
  handle.read(bytes, { at: 0 });
  return bytes;
}

/**
 * @param {FileSystemSyncAccessHandle} handle
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {number} at
 */
function writeAll(handle, bytes, at) {
  const written = handle.write(bytes, { at });
  if (written !== bytes.byteLength) throw new DOMException("the device is full", "QuotaExceededError");
}

/** @param {Fact[]} facts */
function toJson(facts) {
  return new TextEncoder().encode(JSON.stringify(facts));
}

/** @param {Uint8Array} bytes @returns {Fact[]} */
function fromJson(bytes) {
  return JSON.parse(new TextDecoder().decode(bytes));
}
