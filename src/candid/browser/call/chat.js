/**
 * What is written during the call. The log is a live region: a screen reader reads what arrives.
 *
 * @import { Chat } from "./shapes.js"
 * @import { Room } from "./room.js"
 */

import { find, say } from "./page.js";

const KEPT_MESSAGES = 500;

/**
 * @param {Room} room
 * @param {(text: string) => void} notify says something beside the call
 * @returns {(message: Chat) => void} takes a message that arrived
 */
export function openChat(room, notify) {
  const form = find("chat-form", HTMLFormElement);
  const text = find("chat-text", HTMLInputElement);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (text.value.trim() === "") return;
    if (room.send({ type: "chat", text: text.value.trim() })) text.value = "";
    else notify(say("chat_not_sent"));
  });
  return (message) => {
    append(message, message.from === room.you ? say("you") : room.nameOf(message.from));
    if (message.from === room.you || !find("chat", HTMLElement).hidden) return;
    notify(say("chat_unread", { name: room.nameOf(message.from), text: message.text }));
  };
}

/**
 * @param {Chat} message
 * @param {string} name
 */
function append(message, name) {
  const log = find("chat-log", HTMLElement);
  const line = document.createElement("p");
  const who = document.createElement("b");
  who.textContent = name;
  const when = document.createElement("time");
  const moment = new Date(message.at_ms);
  when.dateTime = moment.toISOString();
  when.textContent = moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  line.append(who, " ", when, document.createElement("br"), message.text);
  log.append(line);
  while (log.children.length > KEPT_MESSAGES) log.firstElementChild?.remove();
  log.scrollTop = log.scrollHeight;
}
