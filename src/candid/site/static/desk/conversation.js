/** The page of one conversation at the desk: copies links. */

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

for (const button of document.querySelectorAll("[data-copies]")) {
  button.addEventListener("click", () => void copyLink(button));
}
