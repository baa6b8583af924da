/**
 * Whether this device may record at this moment: a decision without devices.
 *
 * @import { Person, PersonState, Ways } from "./shapes.js"
 */

/**
 * @typedef {object} Facts
 * @property {PersonState} mine
 * @property {Person[]} others
 * @property {Ways} ways to them, beside the studio
 * @property {boolean} serverSaysOn the last `record` of the live channel, which a lost one leaves as it was
 */

/**
 * The server says when everybody was ready, and goes on saying it while somebody is merely away.
 * This device is stricter in one thing: nobody who has not said yes is recorded by what others hear.
 *
 * @param {Facts} facts
 * @returns {boolean}
 */
export function mayRecord({ mine, others, ways, serverSaysOn }) {
  if (!serverSaysOn || mine.stage !== "call" || !mine.ready || mine.paused) return false;
  const isReady = voices(others, ways).every((person) => person.state.ready);
  return isReady && !pausing(others, ways);
}

/**
 * Who lost the studio alone is still heard: the way between two devices goes on without it.
 *
 * @param {Person[]} others
 * @param {Ways} ways
 * @returns {Person[]} those in the call whose voice may come in here
 */
export function voices(others, ways) {
  const inCall = others.filter((person) => person.state.stage === "call");
  return inCall.filter((person) => person.is_here || ways[person.id]?.isOpen);
}

/**
 * @param {Person[]} others
 * @param {Ways} ways
 * @returns {Person | undefined} somebody who paused, as the studio says or as they said straight
 */
export function pausing(others, ways) {
  return voices(others, ways).find(({ id, state }) => state.paused || isPausedAt(ways[id]));
}

/** @param {Ways[string] | undefined} way where it is lost, the studio knows better */
function isPausedAt(way) {
  return way?.isOpen === true && way.isPaused;
}
