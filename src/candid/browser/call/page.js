/**
 * What the page was given, and how its words and elements are found.
 */

/**
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T} the element of the page; throws when the template lacks it
 */
export function find(id, kind) {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`the page lacks #${id}`);
  return element;
}

/**
 * @param {string} id
 * @returns {any} the value of a JSON block of the page
 */
export function read(id) {
  return JSON.parse(find(id, HTMLScriptElement).textContent ?? "null");
}

/** @type {{[key: string]: string} | undefined} */
let words;

/**
 * Returns a sentence of the page in the reader's language, in the form that its `count` asks for.
 *
 * @param {string} key
 * @param {{[name: string]: string | number}} [values] put in place of `{name}`
 * @returns {string}
 */
export function say(key, values = {}) {
  words ??= /** @type {{[key: string]: string}} */ (read("words"));
  const { count } = values;
  const sentence = (typeof count === "number" ? words[`${key}_${formOf(count)}`] : null) ?? words[key];
  if (sentence === undefined) throw new Error(`the page has no words for ${key}`);
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/** @param {number} count @returns {string} as the names of words end: `_one` */
function formOf(count) {
  return new Intl.PluralRules(document.documentElement.lang || "en").select(count);
}

/**
 * Writes a text only when it changed, so that a screen reader hears it once.
 *
 * @param {Element} element
 * @param {string} text
 */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Shows or hides a part of the page. The focus that was in it goes to where somebody would go on.
 *
 * @param {HTMLElement} element
 * @param {boolean} isHidden
 * @param {string} next id of what has the focus then
 */
export function hide(element, isHidden, next) {
  const hadFocus = element.contains(document.activeElement);
  element.hidden = isHidden;
  if (isHidden && hadFocus) find(next, HTMLElement).focus();
}

/**
 * Shows one section of the page and moves the focus to its heading.
 *
 * @param {string} stage one of the ids below `data-stage`
 */
export function showStage(stage) {
  for (const section of document.querySelectorAll("[data-stage-of]")) {
    section.toggleAttribute("hidden", section.getAttribute("data-stage-of") !== stage);
  }
  document.body.dataset.stage = stage;
  const heading = document.querySelector(`[data-stage-of="${stage}"] h1`);
  if (!(heading instanceof HTMLElement)) return;
  document.title = `${heading.textContent ?? ""} · ${say("title")}`;
  heading.focus({ preventScroll: true });
  window.scrollTo(0, 0);
}

/** @returns {number} the recorder clock: this page's monotonic clock, in whole microseconds */
export function nowUs() {
  return Math.round(performance.now() * 1000);
}
