/**
 * The lobby: who is here, before one joins.
 *
 * @import { Person } from "./shapes.js"
 * @import { Room } from "./room.js"
 */

import { find, say, write } from "./page.js";

/**
 * @param {Room} room
 * @param {(news: string) => void} announce
 */
export function openLobby(room, announce) {
  /** @type {Map<string, boolean>} */
  const wereHere = new Map();
  room.watch(() => {
    showPeople(room);
    for (const person of room.others) {
      const was = wereHere.get(person.id);
      wereHere.set(person.id, person.is_here);
      if (was === undefined || was === person.is_here) continue;
      announce(say(person.is_here ? "came" : "went", { name: person.name }));
    }
  });
}

/** @param {Room} room */
function showPeople(room) {
  const list = find("lobby-people", HTMLUListElement);
  while (list.children.length > room.others.length) list.lastElementChild?.remove();
  while (list.children.length < room.others.length) list.append(newLine());
  room.others.forEach((person, index) => {
    const line = list.children[index];
    line?.classList.toggle("here", person.is_here);
    const words = line?.querySelector(".who");
    if (words) write(words, whereabouts(person));
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

/** @param {Person} person */
function whereabouts(person) {
  if (!person.is_here) return say("is_away", { name: person.name });
  const isTalking = person.state.stage === "call";
  return say(isTalking ? "is_in_call" : "is_here", { name: person.name });
}
