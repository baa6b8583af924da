/**
 * Quick exit: a button, and Esc pressed twice, that put a neutral page in the place of this one.
 *
 * What must stop first (camera, microphone) hears the event `candid:exit` on the document, which
 * is sent before the page goes. Nothing that is kept on the device is lost by it.
 */

const BETWEEN_PRESSES_MS = 1_000;
let lastEscapeMs = -Infinity;

/** Leaves at once, and replaces this page in the browser's history. */
export function leaveNow() {
  document.dispatchEvent(new Event("candid:exit"));
  document.documentElement.hidden = true;
  const button = document.querySelector("[data-quick-exit]");
  location.replace(button?.getAttribute("data-quick-exit") ?? "about:blank");
}

/** @param {KeyboardEvent} event */
function countEscape(event) {
  if (event.key !== "Escape" || event.repeat) return;
  if (event.timeStamp - lastEscapeMs <= BETWEEN_PRESSES_MS) leaveNow();
  lastEscapeMs = event.timeStamp;
}

document.addEventListener("keydown", countEscape, { capture: true });
for (const button of document.querySelectorAll("[data-quick-exit]")) {
  button.addEventListener("click", leaveNow);
}
// A page that comes back out of the browser's memory is asked for anew: it may be no longer ours.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
