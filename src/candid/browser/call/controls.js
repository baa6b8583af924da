/**
 * The keys below the faces. Every one is a button; toggles tell their state by `aria-pressed`.
 */

import { find } from "./page.js";

/**
 * @param {string} id
 * @param {() => void} action
 */
export function onPress(id, action) {
  find(id, HTMLButtonElement).addEventListener("click", action);
}

/**
 * @param {string} id
 * @param {(isPressed: boolean) => void} action called with what the key says after the press
 */
export function onToggle(id, action) {
  const button = find(id, HTMLButtonElement);
  button.addEventListener("click", () => {
    const isPressed = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(isPressed));
    action(isPressed);
  });
}

/**
 * @param {string} id
 * @param {boolean} isPressed
 */
export function setToggle(id, isPressed) {
  find(id, HTMLButtonElement).setAttribute("aria-pressed", String(isPressed));
}

/** Panels beside the call: one at a time; Escape closes it and gives the focus back to its key. */
export function openPanels() {
  for (const key of document.querySelectorAll("[data-opens]")) {
    key.addEventListener("click", () => showPanel(key.getAttribute("data-opens") ?? "", key));
  }
  for (const key of document.querySelectorAll("[data-closes]")) {
    key.addEventListener("click", () => closePanel(key.getAttribute("data-closes") ?? ""));
  }
  for (const panel of document.querySelectorAll(".panel")) {
    panel.addEventListener("keydown", (event) => {
      if (!(event instanceof KeyboardEvent) || event.key !== "Escape") return;
      event.preventDefault(); // this press closed something: it is not the first of a quick exit
      closePanel(panel.id);
    });
  }
}

/**
 * @param {string} id
 * @param {Element} key
 */
function showPanel(id, key) {
  const isOpen = key.getAttribute("aria-expanded") === "true";
  for (const panel of document.querySelectorAll(".panel:not([hidden])")) closePanel(panel.id);
  if (isOpen) return;
  const panel = find(id, HTMLElement);
  panel.hidden = false;
  key.setAttribute("aria-expanded", "true");
  const first = panel.querySelector("input, ol button, .ways button");
  if (first instanceof HTMLElement) first.focus();
}

/** @param {string} id */
export function closePanel(id) {
  const panel = find(id, HTMLElement);
  const hadFocus = panel.contains(document.activeElement);
  panel.hidden = true;
  const key = document.querySelector(`[data-opens="${id}"]`);
  key?.setAttribute("aria-expanded", "false");
  if (hadFocus && key instanceof HTMLElement) key.focus();
}
