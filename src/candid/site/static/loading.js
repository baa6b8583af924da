/**
 * Loads a page again, once, of which a script did not come: a telephone that goes from one network
 * to another gives up what is under way, and the page would stand there and do nothing.
 *
 * No module, so that it is there before those that it watches.
 */

(() => {
  const NOTE = "candid-loaded-again";
  const ONCE_IN_MS = 60_000;
  const WAIT_MS = 500;

  /** @returns {boolean} whether this tab was not loaded again just now */
  function mayLoadAgain() {
    try {
      const lastMs = Number(sessionStorage.getItem(NOTE) ?? -ONCE_IN_MS);
      sessionStorage.setItem(NOTE, String(Date.now()));
      return Math.abs(Date.now() - lastMs) > ONCE_IN_MS;
    } catch {
      return false; // a browser that keeps nothing could go on for ever
    }
  }

  function say() {
    const words = document.getElementById("not-loaded");
    if (words) words.hidden = false;
  }

  let hasFailed = false;
  /** @param {Event} event */
  function hear({ target }) {
    if (hasFailed || !(target instanceof HTMLScriptElement)) return;
    hasFailed = true;
    if (mayLoadAgain()) setTimeout(() => location.reload(), WAIT_MS);
    else if (document.readyState === "loading") addEventListener("DOMContentLoaded", say);
    else say();
  }

  addEventListener("error", hear, true);
})();
