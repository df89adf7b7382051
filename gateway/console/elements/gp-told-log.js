/** What targets were told, newest first, with what became of it. */
/** @import { Notice, Target } from "../administration.js" */
import { css, html } from "lit";
import { noticeTone, noticeWord, occasionWord } from "../administration-words.js";
import { getJson } from "../api.js";
import { dayAndTime } from "../format.js";
import { t } from "../language.js";
import { incidentHref } from "../router.js";
import { base, controls, marks, tables } from "../styles.js";
import { severityWord } from "../vocabulary.js";
import { ConsoleElement } from "./console-element.js";
import { refusal } from "./refusal.js";

const STEP = 50;
const MOST = 500;

export class GpToldLog extends ConsoleElement {
  static styles = [base, controls, marks, tables, css`
    .head { display: flex; flex-wrap: wrap; gap: var(--s2); align-items: center; padding-block-end: var(--s2); }
    .head h2 { flex: 1; }
    .none, .more { padding: var(--s4); color: var(--ink-2); }
    a { color: var(--accent); text-decoration: underline; text-underline-offset: 0.2em; }
  `];
  static properties = { targets: { attribute: false }, target: { state: true }, limit: { state: true }, notices: { state: true }, refused: { state: true } };

  constructor() {
    super();
    /** @type {Target[]} */
    this.targets = [];
    /** Whose record is shown, "" for everybody's. */
    this.target = "";
    this.limit = STEP;
    /** @type {Notice[] | null} */
    this.notices = null;
    /** @type {unknown} */
    this.refused = null;
  }

  willUpdate(/** @type {Map<string, unknown>} */ changed) {
    if (changed.has("target") || changed.has("limit")) this.#read();
  }

  async #read() {
    const wanted = new URLSearchParams({ limit: String(this.limit), ...(this.target ? { target: this.target } : {}) });
    this.refused = null;
    try {
      this.notices = (await getJson(`notify/log?${wanted}`)).notices;
    } catch (error) {
      this.refused = error;
    }
  }

  render() {
    const { notices } = this;
    return html`<section aria-label=${t("What was told")}><div class="head"><h2>${t("What was told")}</h2>
      <select aria-label=${t("Who was told")} @change=${(/** @type {Event} */ event) => { this.target = /** @type {HTMLSelectElement} */ (event.target).value; }}>
        <option value="">${t("Everybody")}</option>${this.targets.map(({ name }) => html`<option ?selected=${name === this.target}>${name}</option>`)}</select>
      <button @click=${this.#read}>${t("Read again")}</button></div>
      ${refusal(this.refused)}
      <div class="panel">${notices?.length ? html`<table><thead><tr><th>${t("Time")}</th><th>${t("Who was told")}</th><th>${t("What")}</th><th>${t("State")}</th></tr></thead><tbody>${notices.map(row)}</tbody></table>
        ${notices.length >= this.limit && this.limit < MOST ? html`<p class="more"><button @click=${() => { this.limit += STEP; }}>${t("More")}</button></p>` : null}`
        : html`<p class="none">${notices ? t("Nothing was told yet.") : t("Reading…")}</p>`}</div></section>`;
  }
}

/** @param {Notice} notice */
function row({ target, made_at: at, occasion, severity, case_id: id, line, state, detail, attempts, due_at: due }) {
  return html`<tr><td data-label=${t("Time")}>${dayAndTime(at)}</td><td data-label=${t("Who was told")}>${target}</td>
    <td data-label=${t("What")}><div><span class="mark ${severity}">${severityWord(severity)}</span> <a href=${incidentHref(id)}>${line || id}</a><div class="tiny quiet">${occasionWord(occasion)}</div></div></td>
    <td data-label=${t("State")}><div><span class="mark ${noticeTone(state)}">${noticeWord(state)}</span>
      <div class="tiny quiet">${[state === "waiting" ? t("due {time}", { time: dayAndTime(due) }) : "", attempts > 1 ? t("tried {count} times", { count: attempts }) : "", detail].filter(Boolean).join(" · ")}</div></div></td></tr>`;
}

customElements.define("gp-told-log", GpToldLog);
