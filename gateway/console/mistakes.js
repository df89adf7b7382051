/** Where in what was sent a refusal finds fault, so that each mistake stands at its field. */
/** @import { Mistake } from "./api.js" */
import { ApiError } from "./api.js";

/** @param {unknown} error @returns {Mistake[]} none where it is about the whole */
export function mistakesOf(error) {
  return error instanceof ApiError ? error.mistakes : [];
}

/** What is wrong below one place, with the place left out. @param {Mistake[]} mistakes @param {string} place such as "rules.0" */
export function below(mistakes, place) {
  return mistakes.filter(({ location }) => location === place || location.startsWith(`${place}.`))
    .map(({ location, text }) => ({ location: location.slice(place.length + 1), text }));
}

/** Have each field of a form say what is wrong with it, until it is changed. @param {HTMLFormElement | null} form @param {unknown} error */
export function pointOut(form, error) {
  for (const { location, text } of mistakesOf(error)) {
    const field = form?.elements.namedItem(location.split(".").at(-1) ?? "");
    if (!(field instanceof HTMLInputElement || field instanceof HTMLSelectElement || field instanceof HTMLTextAreaElement)) continue;
    field.setCustomValidity(text);
    field.addEventListener("input", () => field.setCustomValidity(""), { once: true });
  }
  form?.reportValidity();
}

/** What is wrong at a field or below it, in one text; "" when nothing is. @param {Mistake[]} mistakes @param {string} field */
export function mistakeAt(mistakes, field) {
  return below(mistakes, field).map(({ text }) => text).join(" ");
}
