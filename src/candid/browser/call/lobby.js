/**
 * The lobby: who is here, before one joins.
 *
 * @import { Person, Ways } from "./shapes.js"
 * @import { Room } from "./room.js"
 */

import { find, say, write } from "./page.js";

/** @typedef {"expected" | "here" | "away" | "left"} Place where somebody is, as far as is known here */

const NEWS = { expected: "is_away", here: "came", away: "tile_away", left: "went" };

/**
 * @param {Room} room
 * @param {(news: string) => void} announce
 */
export function openLobby(room, announce) {
  /** @type {Map<string, Place>} */
  const places = new Map();
  room.watch(() => {
    showPeople(room);
    for (const person of room.others) {
      const was = places.get(person.id) ?? "expected";
      const place = placeOf(person, room.ways);
      places.set(person.id, place);
      // Of who was here before this page was, it is no news that they are not.
      if (was === place || (was === "expected" && place !== "here")) continue;
      announce(say(NEWS[place], { name: person.name }));
    }
  });
}

/**
 * Who lost the studio alone is still heard by the others, and has not gone.
 *
 * @param {Person} person
 * @param {Ways} ways
 * @returns {Place}
 */
function placeOf({ id, is_here, state }, ways) {
  if (state.stage === "after") return "left";
  if (is_here || (state.stage === "call" && ways[id]?.isOpen)) return "here";
  return state.stage === undefined ? "expected" : "away";
}

/** @param {Room} room */
function showPeople(room) {
  const list = find("lobby-people", HTMLUListElement);
  while (list.children.length > room.others.length) list.lastElementChild?.remove();
  while (list.children.length < room.others.length) list.append(newLine());
  room.others.forEach((person, index) => {
    const line = list.children[index];
    line?.classList.toggle("here", placeOf(person, room.ways) === "here");
    const words = line?.querySelector(".who");
    if (words) write(words, whereabouts(person, room.ways));
  });
}

function newLine() {
  const line = document.createElement("li");
  const dot = document.createElement("span");
  dot.className = "dot";
  dot.ariaHidden = "true";
  const who = document.createElement("span");
  who.className = "who";
  line.append(dot, who);
  return line;
}

/**
 * @param {Person} person
 * @param {Ways} ways
 */
function whereabouts(person, ways) {
  const place = placeOf(person, ways);
  if (place !== "here") return say(NEWS[place], { name: person.name });
  const isTalking = person.state.stage === "call";
  return say(isTalking ? "is_in_call" : "is_here", { name: person.name });
}
