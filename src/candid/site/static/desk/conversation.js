/** The page of one conversation at the desk: copies links, and shows how far everybody is. */

const EVERY_MS = 3_000;

/** @param {Element} button */
async function copyLink(button) {
  const field = document.getElementById(button.getAttribute("data-copies") ?? "");
  if (!(field instanceof HTMLInputElement)) return;
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    // Without TLS a browser offers no clipboard: the link is marked, to be copied by hand.
    field.select();
    return;
  }
  button.textContent = button.getAttribute("data-done");
}

/** @param {Element} list */
async function showStates(list) {
  const address = list.getAttribute("data-state-url");
  if (!address || document.visibilityState === "hidden") return;
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const { people } = await answer.json();
  for (const { id, words } of people) {
    const line = list.querySelector(`[data-participant="${id}"] .desk-state`);
    if (line && line.textContent !== words) line.textContent = words;
  }
}

for (const button of document.querySelectorAll("[data-copies]")) {
  button.addEventListener("click", () => void copyLink(button));
}
const list = document.querySelector("[data-state-url]");
if (list) {
  const show = () => showStates(list).catch(() => undefined);
  void show();
  setInterval(show, EVERY_MS);
}
