/** When something holds, as fields of a form: shared by rules and by who is told. */
/** @import { Calendar } from "../administration.js" */
/** @import { Mistake } from "../api.js" */
import { css, html } from "lit";
import { HOLIDAY_CHOICES, WEEKDAY_CHOICES, onHolidaysWord, weekdayWord } from "../administration-words.js";
import { t } from "../language.js";
import { mistakeAt } from "../mistakes.js";
import { text } from "./camera-fields.js";

export const ticks = css`
  fieldset fieldset { padding: 0; gap: 0; }
  .ticks { display: flex; flex-wrap: wrap; gap: var(--s1) var(--s3); }
  .ticks label { display: inline-flex; align-items: center; gap: var(--s1); min-height: max(2rem, var(--touch)); color: var(--ink); font-size: var(--body); }
`;

/** A text field for several words, parted by spaces or commas. @param {string} name @param {string} label @param {readonly string[]} values @param {string} example @param {Mistake[]} mistakes */
export function wordsField(name, label, values, example, mistakes) {
  return html`<label>${label}<input name=${name} maxlength="2000" autocomplete="off" spellcheck="false" .value=${values.join(", ")} placeholder=${example}>${fault(mistakes, name)}</label>`;
}

/** What is wrong at a field. @param {Mistake[]} mistakes @param {string} field */
export function fault(mistakes, field) {
  const words = mistakeAt(mistakes, field);
  return words ? html`<span class="refusal" role="alert">${words}</span>` : null;
}

/** Boxes to tick. @param {string} name @param {string} label @param {readonly string[]} choices @param {readonly string[]} chosen @param {(choice: any) => string} word */
export function tickFields(name, label, choices, chosen, word) {
  return html`<fieldset><legend class="small quiet">${label}</legend><div class="ticks">${choices.map((one) => html`
    <label><input type="checkbox" name=${name} value=${one} .checked=${chosen.includes(one)}>${word(one)}</label>`)}</div></fieldset>`;
}

/** @param {readonly string[]} chosen none means every day */
export function weekdayFields(chosen) {
  return tickFields("weekdays", t("Weekdays; none: every day"), WEEKDAY_CHOICES, chosen, weekdayWord);
}

/** @param {Calendar} calendar @param {Mistake[]} mistakes of these fields */
export function calendarFields({ weekdays, hours, seasons, holidays, on_holidays: onHolidays }, mistakes) {
  return html`${weekdayFields(weekdays)}<div class="fields">
    ${wordsField("hours", t("Hours; empty: all day"), hours, "08:00-20:00, 22:00-06:00", mistakes)}
    ${wordsField("seasons", t("Seasons; empty: all year"), seasons, "06-01/09-30", mistakes)}
    ${wordsField("holidays", t("Holidays"), holidays, "2026-10-01/2026-10-07", mistakes)}
    <label>${t("On holidays")}<select name="on_holidays">${HOLIDAY_CHOICES.map((one) => html`<option value=${one} ?selected=${one === onHolidays}>${onHolidaysWord(one)}</option>`)}</select></label></div>`;
}

/** What the calendar's fields of a form say. @param {FormData} fields @returns {Calendar} */
export function saidCalendar(fields) {
  return {
    weekdays: /** @type {Calendar["weekdays"]} */ (fields.getAll("weekdays")),
    hours: words(fields, "hours"), seasons: words(fields, "seasons"), holidays: words(fields, "holidays"),
    on_holidays: /** @type {Calendar["on_holidays"]} */ (text(fields, "on_holidays")),
  };
}

/** The days ticked, all of them when none is. @param {FormData} fields @returns {Calendar["weekdays"]} */
export function saidWeekdays(fields) {
  const ticked = /** @type {Calendar["weekdays"]} */ (fields.getAll("weekdays"));
  return ticked.length ? ticked : [...WEEKDAY_CHOICES];
}

/** The words of a field. @param {FormData} fields @param {string} name */
export function words(fields, name) {
  return text(fields, name).split(/[\s,，;；、]+/).filter(Boolean);
}
