/**
 * The questions to lean on: one is shown to everybody, and anybody moves on.
 *
 * @import { Room } from "./room.js"
 */

import { find, say, write } from "./page.js";

/** @param {Room} room */
export function openGuide(room) {
  const list = find("question-list", HTMLOListElement);
  list.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (button) room.send({ type: "guide", at: Number(button.dataset.at) });
  });
  room.watch(() => showGuide(room, list));
}

/**
 * @param {Room} room
 * @param {HTMLOListElement} list
 */
function showGuide(room, list) {
  const { questions, at } = room.guide;
  find("questions-key", HTMLButtonElement).hidden = questions.length === 0;
  const question = questions[at];
  find("guide", HTMLElement).hidden = question === undefined;
  if (question === undefined) return;
  write(find("guide-question", HTMLElement), question);
  const place = { at: at + 1, count: questions.length };
  write(find("guide-place", HTMLElement), say("guide_place", place));
  if (list.children.length !== questions.length) fillList(list, questions);
  for (const button of list.querySelectorAll("button")) {
    const isShown = Number(button.dataset.at) === at;
    button.setAttribute("aria-pressed", String(isShown));
  }
}

/**
 * @param {HTMLOListElement} list
 * @param {string[]} questions
 */
function fillList(list, questions) {
  const items = questions.map((question, index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "question";
    button.dataset.at = String(index);
    button.textContent = question;
    const item = document.createElement("li");
    item.append(button);
    return item;
  });
  list.replaceChildren(...items);
}
