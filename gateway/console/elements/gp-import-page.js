/** Cameras from a file: what would happen is shown whole, with every mistake, before anything happens. */
/** @import { BadCell, Job, Plan, PlannedRow, RowOutcome } from "../contract.js" */
import { css, html } from "lit";
import { request } from "../api.js";
import { actionWord, columnWord, mistakeAdvice } from "../camera-words.js";
import { icon } from "../icons.js";
import { cancel, finished, isOver, share } from "../job.js";
import { t } from "../language.js";
import { CAMERAS, cameraHref } from "../router.js";
import { base, controls, forms, marks, tables } from "../styles.js";
import { tuningWord } from "../tuning.js";
import { refusalDetail, refusalText } from "../vocabulary.js";
import { Work } from "../work.js";
import { ConsoleElement } from "./console-element.js";
import { page } from "./page-styles.js";
import { refusal } from "./refusal.js";
import "./gp-export.js";
import "./gp-progress.js";

const TONES = { add: "good", change: "busy", keep: "" };
/** Rows of a plan shown; mistakes are shown all. */
const ROWS = 200;

export class GpImportPage extends ConsoleElement {
  static styles = [base, controls, forms, marks, tables, page, css`
    .page { max-width: 80rem; display: grid; gap: var(--s4); }
    header { padding-block: var(--s1) 0; } header h1 { margin-inline-end: auto; }
    .drop { display: grid; justify-items: center; gap: var(--s3); padding: var(--s5); text-align: center; border: 2px dashed var(--line-strong); border-radius: var(--radius); color: var(--ink-2); background: var(--panel); }
    .drop.over { border-color: var(--accent); background: var(--accent-soft); }
    .drop > svg.icon { width: 2.25rem; height: 2.25rem; }
    .drop .name { color: var(--ink); font-weight: 600; overflow-wrap: anywhere; }
    .counts { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: var(--s3); }
    .counts li { padding: var(--s3) var(--s4); display: grid; }
    .counts b { font-size: 1.8rem; line-height: 1.2; }
    .counts .some b { color: var(--red); }
    section h2 { padding: var(--s3); } .value { overflow-wrap: anywhere; }
    .go { display: grid; gap: var(--s3); padding: var(--s4); }
    @media (max-width: 600px) { .counts { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
  `];
  static properties = {
    file: { state: true }, plan: { state: true }, job: { state: true }, refused: { state: true }, over: { state: true },
    withTest: { state: true }, withTuning: { state: true }, skipBad: { state: true },
  };

  #work = new Work(this);

  constructor() {
    super();
    /** @type {File | null} */
    this.file = null;
    /** @type {Plan | null} */
    this.plan = null;
    /** @type {Job<RowOutcome> | null} */
    this.job = null;
    /** @type {unknown} */
    this.refused = null;
    /** A file is being dragged above. */
    this.over = false;
    this.withTest = true;
    this.withTuning = false;
    this.skipBad = false;
  }

  render() {
    return html`<div class="page">
      <nav><a class="button plain" href=${CAMERAS}>${icon("back")}${t("Cameras")}</a></nav>
      <header><h1 tabindex="-1">${t("Import cameras")}</h1><gp-export></gp-export></header>
      ${this.#choice()}${refusal(this.refused)}
      ${this.job ? this.#outcome(this.job) : this.plan ? this.#planned(this.plan) : null}
    </div>`;
  }

  #choice() {
    const drop = (/** @type {DragEvent} */ event) => {
      event.preventDefault();
      this.over = false;
      this.#take(event.dataTransfer?.files[0]);
    };
    const drag = (/** @type {DragEvent} */ event) => {
      event.preventDefault();
      this.over = event.type === "dragover";
    };
    const choose = (/** @type {Event} */ event) => {
      const input = /** @type {HTMLInputElement} */ (event.target);
      this.#take(input.files?.[0]);
      input.value = "";
    };
    return html`<div class="drop ${this.over ? "over" : ""}" @dragover=${drag} @dragleave=${drag} @drop=${drop}>
      ${icon("upload")}
      ${this.file ? html`<p class="name">${this.file.name}</p>` : html`<p>${t("A table from Excel saved as CSV, or YAML. An exported file shows the columns.")}</p>`}
      <button class=${this.file ? "" : "primary"} @click=${() => this.#input?.click()}>${this.file ? t("Choose another file") : t("Choose a file")}</button>
      <input type="file" hidden aria-label=${t("File")} accept=".csv,.yaml,.yml,text/csv,application/yaml" @change=${choose}>
      <p class="small">${t("Nothing is changed before you have seen what would happen.")}</p>
    </div>`;
  }

  get #input() {
    return /** @type {HTMLInputElement | null} */ (this.renderRoot.querySelector("input[type=file]"));
  }

  /** @param {File | undefined} file */
  async #take(file) {
    if (!file) return;
    this.file = file;
    this.plan = this.job = this.refused = null;
    this.skipBad = false;
    try {
      const plan = await (await this.#send("plans")).json();
      if (file === this.file) this.plan = plan;
    } catch (error) {
      if (file === this.file) this.refused = error;
    }
  }

  /** @param {string} path */
  #send(path) {
    const type = /\.ya?ml$/i.test(this.file?.name ?? "") ? "application/yaml" : "text/csv";
    return request(`onboarding/${path}`, { method: "POST", headers: { "Content-Type": type }, body: this.file });
  }

  /** @param {Plan} plan */
  #planned(plan) {
    const { added, changed, kept, bad, rows } = plan;
    const badRows = new Set(bad.map(({ row }) => row)).size;
    return html`
      <ul class="counts" aria-label=${t("What would happen")}>
        ${count(added, t("new cameras"))}${count(changed, t("changed"))}${count(kept, t("stay as they are"))}${count(badRows, t("rows with mistakes"), badRows > 0)}</ul>
      ${bad.length ? mistakes(bad) : null}
      ${added + changed ? this.#confirmation(added + changed, bad.length > 0) : null}
      ${rows.length ? planned(rows) : null}`;
  }

  /** @param {number} count @param {boolean} flawed */
  #confirmation(count, flawed) {
    const set = (/** @type {"withTest" | "withTuning" | "skipBad"} */ name) => (/** @type {Event} */ event) => { this[name] = /** @type {HTMLInputElement} */ (event.target).checked; };
    return html`<div class="panel go">
      <label class="tick"><input type="checkbox" .checked=${this.withTest} @change=${set("withTest")}><span>${t("Dial each camera first, and keep only those that give pictures")}</span></label>
      <label class="tick"><input type="checkbox" .checked=${this.withTuning} @change=${set("withTuning")}><span>${t("Tune the analysed streams of new cameras: the same incidents for a fraction of network and processor; can be undone")}</span></label>
      ${flawed ? html`<label class="tick"><input type="checkbox" .checked=${this.skipBad} @change=${set("skipBad")}><span>${t("Leave the rows with mistakes out")}</span></label>` : null}
      <div class="buttons"><button class="primary" ?disabled=${flawed && !this.skipBad} @click=${this.#start}>${t("Import {count} cameras", { count })}</button>
        ${flawed && !this.skipBad ? html`<span class="hint">${t("Correct the file and choose it again, or leave those rows out.")}</span>` : null}</div></div>`;
  }

  async #start() {
    const { signal } = this.#work;
    this.refused = null;
    const start = this.#send(`imports?test=${this.withTest}&skip_bad=${this.skipBad}&tune=${this.withTuning}`).then((answer) => answer.json());
    try {
      await finished(start, signal, (job) => { this.job = job; });
    } catch (error) {
      if (!signal.aborted) this.refused = error;
    }
  }

  /** @param {Job<RowOutcome>} job */
  #outcome(job) {
    const failed = job.found.filter(({ code }) => code);
    const well = job.found.length - failed.length;
    return html`
      ${isOver(job) ? html`<p role="status"><strong>${t("{well} imported, {failed} not", { well, failed: failed.length })}</strong></p>`
        : html`<gp-progress words=${t("{done} of {total} rows", { done: job.done, total: job.total || "…" })} .share=${share(job)} @cancel=${() => cancel(job).catch(() => {})}></gp-progress>`}
      ${job.found.length ? html`<section class="panel"><table><thead><tr><th class="number">${t("Row")}</th><th>${t("Camera")}</th><th>${t("Result")}</th></tr></thead>
        <tbody>${[...failed, ...job.found.filter(({ code }) => !code)].map(outcome)}</tbody></table></section>` : null}`;
  }
}

/** @param {number} number @param {string} words @param {boolean} [some] to be heeded */
function count(number, words, some = false) {
  return html`<li class="panel ${some ? "some" : ""}"><b>${number}</b><span class="small quiet">${words}</span></li>`;
}

/** @param {BadCell[]} bad */
function mistakes(bad) {
  return html`<section class="panel"><h2>${t("What is wrong in the file")}</h2><table>
    <thead><tr><th class="number">${t("Row")}</th><th>${t("Column")}</th><th>${t("Stands there")}</th><th>${t("What to do")}</th></tr></thead>
    <tbody>${bad.map((cell) => html`<tr><td class="number" data-label=${t("Row")}><span>${cell.row}</span></td>
      <td data-label=${t("Column")}><span>${columnWord(cell.column)}</span></td>
      <td data-label=${t("Stands there")} class="mono small value"><span>${cell.value || "–"}</span></td>
      <td data-label=${t("What to do")}><span>${mistakeAdvice(cell)}</span></td></tr>`)}</tbody></table></section>`;
}

/** @param {PlannedRow[]} rows */
function planned(rows) {
  const order = ["add", "change", "keep"];
  const sorted = [...rows].sort((a, b) => order.indexOf(a.action) - order.indexOf(b.action) || a.row - b.row);
  const rest = sorted.length - ROWS;
  return html`<section class="panel"><h2>${t("What would happen")}</h2><table>
    <thead><tr><th class="number">${t("Row")}</th><th></th><th>${t("Camera")}</th><th>${t("Changes")}</th></tr></thead>
    <tbody>${sorted.slice(0, ROWS).map(({ row, action, camera, name, changed }) => html`<tr>
      <td class="number" data-label=${t("Row")}><span>${row}</span></td><td><span class="mark ${TONES[action]}">${actionWord(action)}</span></td>
      <td>${name} <span class="tiny quiet mono">${camera}</span></td>
      <td data-label=${t("Changes")} class=${changed.length ? "" : "none"}><span>${changed.map(columnWord).join(" · ") || "–"}</span></td></tr>`)}</tbody></table>
    ${rest > 0 ? html`<p class="small quiet">${t("and {count} more", { count: rest })}</p>` : null}</section>`;
}

/** @param {RowOutcome} row */
function outcome({ row, camera, name, action, code, text, tuning }) {
  return html`<tr><td class="number" data-label=${t("Row")}><span>${row}</span></td>
    <td>${code ? name : html`<a href=${cameraHref(camera)}>${name}</a>`}</td>
    <td>${code ? html`<span class="mark bad">${t("Not imported")}</span> <span class="small refusal">${refusalText({ code, message: text })}</span>
      <div class="tiny quiet">${refusalDetail({ code, message: text })}</div>`
      : html`<span class="mark ${TONES[action]}">${actionWord(action)}</span>${tuning ? html` <span class="small quiet">${tuningWord(tuning)}</span>` : null}`}</td></tr>`;
}

customElements.define("gp-import-page", GpImportPage);
