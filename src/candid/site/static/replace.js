/**
 * Forms and links that lead on without a new entry in the browser's history. Without this script
 * they work all the same, with an entry.
 */

/** @param {SubmitEvent} event */
async function sendInPlace(event) {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.method !== "post") return;
  event.preventDefault();
  const body = new FormData(form, event.submitter);
  try {
    const answer = await fetch(form.action, { method: "POST", body });
    if (answer.redirected) location.replace(answer.url);
    else await showAnswer(answer);
  } catch {
    // submit() leaves out which button was pressed, and with it the answer.
    if (event.submitter instanceof HTMLButtonElement) form.append(standIn(event.submitter));
    form.submit();
  }
}

/** @param {HTMLButtonElement} button */
function standIn({ name, value }) {
  return Object.assign(document.createElement("input"), { type: "hidden", name, value });
}

/** @param {Response} answer a page that is to stand where this one stands */
async function showAnswer(answer) {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const content = page.querySelector("main");
  if (!content) return;
  document.title = page.title;
  document.querySelector("main")?.replaceWith(document.adoptNode(content));
  const first = document.querySelector("main [aria-invalid]") ?? document.querySelector("main h1");
  if (first instanceof HTMLElement) first.focus();
  window.scrollTo(0, 0);
}

document.addEventListener("submit", (event) => void sendInPlace(event));
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a[data-replace]") : null;
  if (!(link instanceof HTMLAnchorElement)) return;
  event.preventDefault();
  location.replace(link.href);
});
