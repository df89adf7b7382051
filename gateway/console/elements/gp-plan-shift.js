/** One shift of the rota: its hours, its days, and the crews that take turns. */
/** @import { Shift } from "../administration.js" */
/** @import { Mistake } from "../api.js" */
import { css, html } from "lit";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { base, controls, forms } from "../styles.js";
import { fault, saidWeekdays, ticks, weekdayFields } from "./calendar-fields.js";
import { text } from "./camera-fields.js";
import { ConsoleElement } from "./console-element.js";

/** Tells by a "changed" event with what it is to be, null when it is to go. */
export class GpPlanShift extends ConsoleElement {
  static styles = [base, controls, forms, ticks, css`
    fieldset { padding: var(--s3) var(--s4); }
    .top { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: var(--s2); align-items: end; }
    .fields { grid-template-columns: repeat(auto-fit, minmax(min(100%, 8rem), 1fr)); }
  `];
  static properties = { shift: { attribute: false }, mistakes: { attribute: false }, fixed: { type: Boolean } };

  constructor() {
    super();
    /** @type {Shift | null} */
    this.shift = null;
    /** @type {Mistake[]} */
    this.mistakes = [];
    this.fixed = false;
  }

  render() {
    const { shift, mistakes } = this;
    if (!shift) return null;
    return html`<form @change=${this.#change} @submit=${(/** @type {Event} */ event) => event.preventDefault()}><fieldset class="panel" ?disabled=${this.fixed} aria-label=${shift.shift || t("Shift")}>
      <div class="top"><label>${t("Name")}<input name="shift" maxlength="80" .value=${shift.shift} placeholder=${t("Such as: early shift")}>${fault(mistakes, "shift")}</label>
        <button type="button" class="square" aria-label=${t("Remove {camera}", { camera: shift.shift || t("Shift") })} @click=${() => this.#tell(null)}>${icon("remove")}</button></div>
      <div class="fields"><label>${t("From")}<input name="starts" type="time" required .value=${shift.starts.slice(0, 5)}>${fault(mistakes, "starts")}</label>
        <label>${t("To")}<input name="ends" type="time" required .value=${shift.ends.slice(0, 5)}>${fault(mistakes, "ends")}</label>
        <label>${t("First crew's day")}<input name="since" type="date" required .value=${shift.since}>${fault(mistakes, "since")}</label>
        <label>${t("Unit")}<input name="unit" maxlength="80" .value=${shift.unit}>${fault(mistakes, "unit")}</label></div>
      <label>${t("Crews, taking turns day by day: a line for each")}<textarea name="crews" .value=${shift.crews.map((crew) => crew.join("、")).join("\n")} placeholder=${t("Zhang San, Li Si")}></textarea>${fault(mistakes, "crews")}</label>
      ${weekdayFields(shift.weekdays)}${fault(mistakes.filter(({ location }) => !location), "")}</fieldset></form>`;
  }

  /** @param {Event} event */
  #change(event) {
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    this.#tell({
      shift: text(fields, "shift"), unit: text(fields, "unit"), starts: text(fields, "starts"), ends: text(fields, "ends"), since: text(fields, "since"),
      crews: text(fields, "crews").split("\n").map(people).filter((crew) => crew.length),
      weekdays: saidWeekdays(fields),
    });
  }

  /** @param {Shift | null} detail */
  #tell(detail) {
    this.dispatchEvent(new CustomEvent("changed", { detail }));
  }
}

/** Chinese names hold no spaces; where commas part the names, others may. @param {string} line */
function people(line) {
  const names = /[,，;；、]/.test(line) ? line.split(/[,，;；、]/) : line.split(/\s+/);
  return names.map((name) => name.trim()).filter(Boolean);
}

customElements.define("gp-plan-shift", GpPlanShift);
