/**
 * Strikes that the studio has not confirmed yet: they outlive the page, and are said again.
 *
 * @typedef {object} OwedStrike
 * @property {string} id
 * @property {number} seconds how long the stretch is
 * @property {number} endedMs when it ended, by the device's clock of day
 * @property {number} [moreS] how much longer it is said to be, for a line that holds words up
 *
 * @typedef {object} OpenStretch What is being struck, by the device's clock of day.
 * @property {number} sinceMs when it began
 * @property {number} seenMs the last sign of life of the page that strikes it
 */

// Within what the studio takes at once, and as long as it looks back.
const LONGEST_S = 5 * 3600;
const LONGEST_AGO_S = 366 * 24 * 3600;
// How much later than its last sign a page may have died: browsers write to the disk about once a
// minute what changes often.
const DOUBT_MS = 90_000;
// Half of what the studio adds to a stretch for the press of a key.
const LATE_S = 0.5;
const MOST_MORE_S = 60;

/** What is owed lies in the browser's own store, which all pages of this person share. */
export class Owed {
  /** @param {string} participantId */
  constructor(participantId) {
    this.name = `candid-strikes-${participantId}`;
    this.openName = `candid-striking-${participantId}`;
    /** @type {OwedStrike[]} for a browser that keeps nothing: said again while this page lives */
    this.strikes = [];
  }

  /**
   * @param {number} seconds
   * @param {number} [endedMs] when they ended; now, as a rule
   * @returns {OwedStrike[]} what is owed for them
   */
  add(seconds, endedMs = Date.now()) {
    /** @type {OwedStrike[]} */
    const strikes = [];
    for (let after = 0; after < seconds; after += LONGEST_S) {
      const piece = Math.min(LONGEST_S, seconds - after);
      strikes.push({ id: crypto.randomUUID(), seconds: piece, endedMs: endedMs - after * 1000 });
    }
    this.write([...this.read(), ...strikes]);
    return strikes;
  }

  /**
   * The studio has done it, and counted from when it heard of it. Where the line held the words up,
   * it struck that much too late, and it is owed anew, by as much longer.
   *
   * @param {string} id
   * @param {number} ago seconds between the end that the studio knows of and its answer
   * @returns {OwedStrike[]} what is owed anew
   */
  settle(id, ago) {
    const strikes = this.read();
    const done = strikes.find((strike) => strike.id === id);
    if (!done) return [];
    const lateS = Math.ceil(agoS(done) - ago - LATE_S);
    const again = lateS > (done.moreS ?? 0) ? [lengthen(done, lateS)] : [];
    this.write([...strikes.filter((strike) => strike !== done), ...again]);
    return again;
  }

  /** Notes that all is being struck since a moment, should this page go without a word. @param {number} sinceMs */
  keepOpen(sinceMs) {
    store(this.openName, { sinceMs, seenMs: Date.now() });
  }

  /** What was being struck is owed from here on, or is nobody's any more. */
  close() {
    store(this.openName, null);
  }

  /**
   * Owes what a page was striking that went without a word; every doubt about its end widens it.
   *
   * @returns {boolean} whether there was something
   */
  takeOver() {
    /** @type {OpenStretch | null} */
    const open = stored(this.openName);
    if (open === null) return false;
    const endedMs = Math.min(Date.now(), open.seenMs + DOUBT_MS);
    this.add(Math.ceil((endedMs - open.sinceMs) / 1000), endedMs);
    this.close();
    return true;
  }

  /** @returns {{type: "strike", id: string, seconds: number, ago: number}[]} as the studio is told them */
  messages(strikes = this.read()) {
    return strikes.map((strike) => {
      const { id, seconds, moreS = 0 } = strike;
      return { type: "strike", id, seconds: seconds + moreS, ago: agoS(strike) };
    });
  }

  /** @returns {OwedStrike[]} as they stand now: another page may have added to them */
  read() {
    return stored(this.name) ?? this.strikes;
  }

  /** @param {OwedStrike[]} strikes */
  write(strikes) {
    this.strikes = strikes;
    store(this.name, strikes.length === 0 ? null : strikes);
  }
}

/** @param {OwedStrike} strike @returns {number} seconds since it ended */
function agoS({ endedMs }) {
  return Math.min(LONGEST_AGO_S, Math.max(0, (Date.now() - endedMs) / 1000));
}

/** @param {OwedStrike} strike @param {number} moreS @returns {OwedStrike} another one: the first is done */
function lengthen(strike, moreS) {
  return { ...strike, id: crypto.randomUUID(), moreS: Math.min(MOST_MORE_S, moreS) };
}

/** @param {string} name @returns {any} null where there is nothing, or it is no longer whole */
function stored(name) {
  try {
    return JSON.parse(localStorage.getItem(name) ?? "null");
  } catch {
    return null;
  }
}

/** @param {string} name @param {unknown} value */
function store(name, value) {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // The browser keeps nothing: what this page holds counts.
  }
}
