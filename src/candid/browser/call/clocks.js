/**
 * Clock readings exchanged with a peer, as in NTP: bursts at the start and every 30 s. The shortest
 * exchange of a burst tells most, so what a burst costs is small and what it tells is exact.
 *
 * @import { Beacon } from "./shapes.js"
 */

const BURST = 8;
const BETWEEN_PINGS_MS = 120;
const BETWEEN_BURSTS_MS = 30_000;
const FIRST_BURSTS_MS = [0, 3_000, 8_000];

/**
 * Asks for readings at once, twice more soon, and every half minute.
 *
 * @param {() => void} ping sends one question
 * @returns {() => void} stops it
 */
export function ask(ping) {
  /** @type {number[]} */
  const timers = [];
  const burst = () => {
    for (let index = 0; index < BURST; index += 1) {
      timers.push(setTimeout(ping, index * BETWEEN_PINGS_MS));
    }
  };
  for (const afterMs of FIRST_BURSTS_MS) timers.push(setTimeout(burst, afterMs));
  const every = setInterval(() => {
    timers.length = 0;
    burst();
  }, BETWEEN_BURSTS_MS);
  return () => {
    clearInterval(every);
    timers.forEach((timer) => clearTimeout(timer));
  };
}

/**
 * @typedef {object} Clock What names this page's clock to the other side.
 * @property {() => number} nowUs
 * @property {() => string} clockId
 * @property {() => string | null} takeId the take that is being recorded
 */

/**
 * Answers a question of the other side, or turns its answer into a beacon.
 *
 * @param {string} text what came over the data channel
 * @param {Clock} clock
 * @param {(text: string) => void} reply
 * @returns {Beacon | null}
 */
export function hearClock(text, clock, reply) {
  const receivedUs = clock.nowUs();
  const said = JSON.parse(text);
  if (said.type === "ping") {
    const names = { clock_id: clock.clockId(), take_id: clock.takeId() };
    const times = { t1_us: said.t1_us, t2_us: receivedUs, t3_us: clock.nowUs() };
    reply(JSON.stringify({ type: "pong", ...names, ...times }));
  }
  if (said.type !== "pong" || typeof said.clock_id !== "string") return null;
  return {
    peer_clock_id: said.clock_id,
    ...(typeof said.take_id === "string" ? { peer_take_id: said.take_id } : {}),
    t1_us: Number(said.t1_us),
    t2_us: Number(said.t2_us),
    t3_us: Number(said.t3_us),
    t4_us: receivedUs,
  };
}
