/**
 * Whether this device may record at this moment: a decision without devices.
 *
 * @import { Person, PersonState } from "./shapes.js"
 */

/**
 * @typedef {object} Facts
 * @property {PersonState} mine
 * @property {Person[]} others
 * @property {boolean} serverSaysOn the last `record` of the live channel, which a lost one leaves as it was
 */

/**
 * The server says when everybody was ready, and goes on saying it while somebody is merely away.
 * This device is stricter in one thing: nobody who has not said yes is recorded by what others hear.
 *
 * @param {Facts} facts
 * @returns {boolean}
 */
export function mayRecord({ mine, others, serverSaysOn }) {
  if (!serverSaysOn || mine.stage !== "call" || !mine.ready || mine.paused) return false;
  const inCall = others.filter((person) => person.is_here && person.state.stage === "call");
  return inCall.every((person) => person.state.ready && !person.state.paused);
}
