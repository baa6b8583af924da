/**
 * Quick exit: a link, and Esc pressed twice, that put a neutral page in the place of this one.
 *
 * What must stop first (camera, microphone) hears the event `candid:exit` on the document, which
 * is sent before the page goes. Nothing that is kept on the device is lost by it. Other pages of
 * the studio in this browser, such as the one with signposts, leave with it.
 */

const BETWEEN_PRESSES_MS = 1_000;
/** What closes by itself at Esc: such a press means that, and is not counted. */
const CLOSES_AT_ESCAPE = "dialog:modal, :popover-open";
const others = "BroadcastChannel" in window ? new BroadcastChannel("candid-exit") : null;
let lastEscapeMs = -Infinity;
let isLeaving = false;

/** Leaves at once, and replaces this page in the browser's history. */
export function leaveNow() {
  others?.postMessage("leave");
  leaveThisPage();
}

function leaveThisPage() {
  if (isLeaving) return;
  isLeaving = true;
  const link = document.querySelector("[data-quick-exit]");
  const away = link instanceof HTMLAnchorElement ? link.href : "about:blank";
  document.documentElement.hidden = true;
  document.title = "";
  try {
    document.dispatchEvent(new Event("candid:exit"));
  } finally {
    location.replace(away);
  }
}

/** @param {KeyboardEvent} event */
function hearKey(event) {
  if (event.key !== "Escape" || event.repeat || event.isComposing) return;
  if (document.querySelector(CLOSES_AT_ESCAPE) || document.fullscreenElement) return;
  // After everybody has heard it: whoever closed a panel with this press has said so.
  setTimeout(() => {
    if (!event.defaultPrevented) countEscape(event.timeStamp);
  });
}

/** @param {number} atMs */
function countEscape(atMs) {
  if (atMs - lastEscapeMs <= BETWEEN_PRESSES_MS) leaveNow();
  lastEscapeMs = atMs;
}

window.addEventListener("keydown", hearKey, { capture: true });
others?.addEventListener("message", leaveThisPage);
for (const link of document.querySelectorAll("[data-quick-exit]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    leaveNow();
  });
}
// A page that comes back out of the browser's memory is asked for anew: it may be no longer ours.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
