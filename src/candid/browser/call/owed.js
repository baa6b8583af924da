/**
 * Strikes that the studio has not confirmed yet: they outlive the page, and are said again.
 *
 * @typedef {object} OwedStrike
 * @property {string} id
 * @property {number} seconds how long the stretch is
 * @property {number} endedMs when it ended, by the device's clock of day
 */

// As long as the studio takes at once, and as long as it looks back.
const LONGEST_S = 6 * 3600;
const LONGEST_AGO_S = 366 * 24 * 3600;

export class Owed {
  /** @param {string} participantId */
  constructor(participantId) {
    this.name = `candid-strikes-${participantId}`;
    /** @type {OwedStrike[]} */
    this.strikes = this.read();
  }

  /** @param {number} seconds that end now @returns {OwedStrike[]} what is owed for them */
  add(seconds) {
    const before = this.strikes.length;
    for (let after = 0; after < seconds; after += LONGEST_S) {
      const piece = Math.min(LONGEST_S, seconds - after);
      this.strikes.push({ id: crypto.randomUUID(), seconds: piece, endedMs: Date.now() - after * 1000 });
    }
    this.write();
    return this.strikes.slice(before);
  }

  /** @param {string} id */
  settle(id) {
    this.strikes = this.strikes.filter((strike) => strike.id !== id);
    this.write();
  }

  /** @returns {{type: "strike", id: string, seconds: number, ago: number}[]} as the studio is told them */
  messages(strikes = this.strikes) {
    return strikes.map(({ id, seconds, endedMs }) => {
      const ago = Math.min(LONGEST_AGO_S, Math.max(0, Math.floor((Date.now() - endedMs) / 1000)));
      return { type: "strike", id, seconds, ago };
    });
  }

  /** @returns {OwedStrike[]} */
  read() {
    try {
      return JSON.parse(localStorage.getItem(this.name) ?? "[]");
    } catch {
      return []; // the browser keeps nothing, or keeps it no longer whole
    }
  }

  write() {
    try {
      if (this.strikes.length === 0) localStorage.removeItem(this.name);
      else localStorage.setItem(this.name, JSON.stringify(this.strikes));
    } catch {
      // The browser keeps nothing: they are said again while this page lives.
    }
  }
}
