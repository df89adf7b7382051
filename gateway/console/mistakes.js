/** Where in what was sent a refusal finds fault, so that each mistake stands at its field. */
/** @import { Mistake } from "./api.js" */
import { ApiError } from "./api.js";
import { msg, t } from "./language.js";

/** What servers say of what was left out. */
const LEFT_OUT = /at least 1 (item|character)|^Field required/;
/** What pydantic puts before the words of our own checks. */
const PREFIX = "Value error, ";
const NEEDED = msg("This is needed.");

/** @param {unknown} error @returns {Mistake[]} none where it is about the whole */
export function mistakesOf(error) {
  return error instanceof ApiError ? error.mistakes : [];
}

/** What is wrong below one place, with the place left out. @param {Mistake[]} mistakes @param {string} place such as "rules.0" */
export function below(mistakes, place) {
  return mistakes.filter(({ location }) => location === place || location.startsWith(`${place}.`))
    .map(({ location, text }) => ({ location: location.slice(place.length + 1), text }));
}

/** What is wrong at a field or below it, in one text; "" when nothing is. @param {Mistake[]} mistakes @param {string} field */
export function mistakeAt(mistakes, field) {
  return below(mistakes, field).map(({ text }) => (LEFT_OUT.test(text) ? t(NEEDED) : text.replace(PREFIX, ""))).join(" ");
}
