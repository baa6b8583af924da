/** Says how far everybody is in a conversation, and asks again as long as somebody looks. */

const EVERY_MS = 3_000;

/** @param {Element} list */
async function showStates(list) {
  const address = list.getAttribute("data-state-url");
  if (!address || document.visibilityState === "hidden") return;
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const { people } = await answer.json();
  for (const { id, words } of people) {
    const line = list.querySelector(`[data-participant="${id}"]`);
    if (line && line.textContent !== words) line.textContent = words;
  }
}

const list = document.querySelector("[data-state-url]");
if (list) {
  const show = () => showStates(list).catch(() => undefined);
  setInterval(show, EVERY_MS);
}
