/**
 * Words for people. Message ids are the English texts; the server serves each gettext catalogue as
 * one JSON object. `t` translates now; `msg` marks a text that a table keeps and `t` translates later.
 */
/** @import { Language } from "./contract.js" */
import { getJson } from "./api.js";
import { remember, remembered } from "./settings.js";

/** @type {readonly Language[]} */
export const LANGUAGES = ["zh-CN", "en"];

/** Tells of a change of language by a "change" event. */
export const languageChanges = new EventTarget();

/** @type {Record<string, string>} */
let catalogue = {};
/** @type {Language} */
let current = "zh-CN";

/** @returns {Language} */
export function language() {
  return current;
}

/**
 * Translate a text, filling `{name}` places.
 * @param {string} text
 * @param {Record<string, string | number>} [values]
 */
export function t(text, values = {}) {
  const translated = catalogue[text] || text;
  return translated.replace(/\{(\w+)\}/g, (place, name) => String(values[name] ?? place));
}

/** Use a language and remember it, because the user asked. @param {Language} wanted */
export async function chooseLanguage(wanted) {
  await useLanguage(wanted);
  remember("language", wanted);
}

/** Mark a text for the catalogue. @param {string} text */
export function msg(text) {
  return text;
}

/** The remembered language, else what the server finds best for this browser. @returns {Promise<Language>} */
export async function preferredLanguage() {
  const known = remembered("language");
  return LANGUAGES.find((one) => one === known) ?? (await getJson("locales", { headers: { "Accept-Language": navigator.languages.join(",") } })).preferred;
}

/** @param {Language} wanted */
export async function useLanguage(wanted) {
  catalogue = await getJson(`locales/${wanted}.json`);
  current = wanted;
  document.documentElement.lang = wanted;
  languageChanges.dispatchEvent(new Event("change"));
}
