/** A month of days, those with something to see marked. Asks for a day by a "day" event, for a month by "month". */
import { css, html } from "lit";
import { ifDefined } from "lit/directives/if-defined.js";
import { isoDay, monthName, weekdays } from "../format.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { nextMonth } from "../recordings.js";
import { base, controls } from "../styles.js";
import { ConsoleElement } from "./console-element.js";

const DAY_MS = 86_400_000;

export class GpCalendar extends ConsoleElement {
  static styles = [base, controls, css`
    .head { display: flex; align-items: center; justify-content: space-between; padding-block-end: var(--s2); font-weight: 600; }
    .days { display: grid; grid-template-columns: repeat(7, minmax(0, 1fr)); gap: 2px; text-align: center; }
    .days span { font-size: var(--tiny); color: var(--ink-2); padding-block: var(--s1); }
    .days button { position: relative; padding: 0 0 0.5rem; min-height: 2.75rem; border-color: transparent; background: transparent; color: var(--ink-2); }
    .days button:hover { background: var(--raised); }
    .days button:disabled { opacity: 0.4; }
    .days .some { color: var(--ink); font-weight: 600; }
    .days [aria-pressed="true"] { background: var(--accent-soft); color: var(--accent); border-color: var(--accent); }
    .days .today { border: 1px dashed var(--line-strong); }
    .marks { position: absolute; inset: auto 0 0.2rem; display: flex; gap: 3px; justify-content: center; }
    .marks i { width: 0.35rem; height: 0.35rem; border-radius: 50%; background: var(--accent); }
    .marks .clip { background: var(--yellow-line); }
  `];
  static properties = { month: {}, day: {}, now: { attribute: false }, recorded: { attribute: false }, withClips: { attribute: false } };

  constructor() {
    super();
    this.month = "";
    this.day = "";
    this.now = new Date();
    /** Days with continuous recordings. @type {Set<string>} */
    this.recorded = new Set();
    /** Days with clips of incidents. @type {Set<string>} */
    this.withClips = new Set();
  }

  render() {
    if (!this.month) return null;
    const today = isoDay(this.now);
    const turn = (/** @type {number} */ by) => () => this.#tell("month", nextMonth(this.month, by));
    return html`<div class="head">
        <button class="plain square" aria-label=${t("Month before")} @click=${turn(-1)}>${icon("back")}</button>
        <span role="status">${monthName(this.month)}</span>
        <button class="plain square" aria-label=${t("Month after")} ?disabled=${this.month >= today.slice(0, 7)} @click=${turn(1)}>${icon("forward")}</button></div>
      <div class="days">${weekdays().map((word) => html`<span aria-hidden="true">${word}</span>`)}${this.#days(today)}</div>`;
  }

  /** @param {string} today */
  #days(today) {
    const first = Date.parse(`${this.month}-01`);
    const count = Math.round((Date.parse(`${nextMonth(this.month, 1)}-01`) - first) / DAY_MS);
    const indent = (new Date(first).getUTCDay() + 6) % 7;
    return Array.from({ length: count }, (_, number) => {
      const day = new Date(first + number * DAY_MS).toISOString().slice(0, 10);
      const [whole, clips] = [this.recorded.has(day), this.withClips.has(day)];
      const told = [day, whole ? t("recorded") : "", clips ? t("with incidents") : ""].filter(Boolean).join(", ");
      return html`<button class="${whole || clips ? "some" : ""} ${day === today ? "today" : ""}" aria-pressed=${day === this.day} aria-label=${told}
        aria-current=${ifDefined(day === today ? "date" : undefined)} ?disabled=${day > today} .style=${number ? "" : `grid-column: ${indent + 1}`}
        @click=${() => this.#tell("day", day)}>${number + 1}
        <span class="marks">${whole ? html`<i></i>` : null}${clips ? html`<i class="clip"></i>` : null}</span></button>`;
    });
  }

  /** @param {string} type @param {string} detail */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

customElements.define("gp-calendar", GpCalendar);
