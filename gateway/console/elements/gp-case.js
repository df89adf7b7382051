/** What is done about an incident: the seven steps, what may be done now, and the trail. */
/** @import { Attachment, Case, CaseAction, CaseChange } from "../contract.js" */
import { css, html } from "lit";
import { evidenceUrl, postJson, request } from "../api.js";
import { CaseReading } from "../case-reading.js";
import { CASE_STEPS, FALSE_ALARM_REASONS, actionWord, actorWord, levelWord, outcomeWord, reasonWord, stepWord } from "../case-words.js";
import { dayAndTime, momentOf } from "../format.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { shrunk } from "../photos.js";
import { incidentHref } from "../router.js";
import { base, controls, forms, marks } from "../styles.js";
import { ConsoleElement } from "./console-element.js";
import "./gp-photos.js";
import { facts } from "./page-styles.js";
import { refusal } from "./refusal.js";

/** Done in another place than this panel: another case must be chosen first. @type {CaseAction[]} */
const ELSEWHERE = ["merge", "differ", "may_match"];
/** Those that lead on, in their order: the last that is offered is the next step, the others stand beside it. @type {CaseAction[]} */
const ONWARD = ["confirm", "report", "assign", "start", "verify", "close"];
/** Those that are never taken without more being told. @type {CaseAction[]} */
const TOLD = ["assign", "dismiss", "return", "reopen", "comment"];

export class GpCase extends ConsoleElement {
  static styles = [base, controls, marks, forms, facts, css`
    ol { list-style: none; margin: 0; padding: 0; }
    .steps { display: grid; grid-template-columns: repeat(7, minmax(0, 1fr)); gap: var(--s1); }
    .steps:lang(en) { grid-template-columns: repeat(4, minmax(0, 1fr)); gap: var(--s2) var(--s1); }
    .steps li { border-block-start: 0.25rem solid var(--line-strong); padding-block-start: var(--s1); font-size: var(--tiny); color: var(--ink-2); overflow-wrap: anywhere; text-wrap: balance; }
    .steps .done { border-color: var(--green); color: var(--ink); }
    .steps [aria-current] { font-weight: 600; }
    .trail { display: grid; gap: var(--s2); }
    .trail li { border-inline-start: 0.15rem solid var(--line-strong); padding-inline-start: var(--s2); font-size: var(--small); overflow-wrap: anywhere; }
    form { display: grid; gap: var(--s2); }
    select { width: 100%; }
    .files { display: flex; flex-wrap: wrap; gap: var(--s2); padding-block: var(--s1); }
    .files a { display: inline-flex; align-items: center; gap: var(--s1); max-width: 100%; min-height: max(2.25rem, var(--touch)); }
    .files img { width: 5rem; height: 3.75rem; object-fit: cover; border-radius: var(--radius-small); display: block; }
    .link { color: var(--accent); text-decoration: underline; text-underline-offset: 0.2em; }
  `];
  static properties = {
    incidentId: { attribute: false },
    revision: { attribute: false },
    asked: { state: true },
  };

  /** @type {CaseReading<Case>} */
  #case = new CaseReading(this, "");

  constructor() {
    super();
    this.incidentId = "";
    /** Rises when the case changes; then it is read again. */
    this.revision = 0;
    /** What is to be told more about. @type {CaseAction | null} */
    this.asked = null;
  }

  willUpdate() {
    if (this.#case.show(this.incidentId, this.revision)) this.asked = null;
  }

  /** @param {CaseAction} action @param {Record<string, string>} [told] @param {File[]} [files] */
  async #take(action, told = {}, files = []) {
    const { found, path } = this.#case;
    if (!found) return;
    const step = { action, revision: found.revision, ...told };
    const isTaken = await this.#case.try(async () => {
      this.#case.take(files.length ? await this.#send(step, files) : await postJson(`${path}/steps`, step));
    });
    if (isTaken) this.asked = null;
  }

  /** @param {Record<string, string | number>} step @param {File[]} files @returns {Promise<Case>} */
  async #send(step, files) {
    const body = new FormData();
    for (const [name, value] of Object.entries(step)) body.append(name, String(value));
    for (const file of files) body.append("file", file.type.startsWith("image/") ? await shrunk(file) : file, file.name);
    return (await request(`${this.#case.path}/steps-with-files`, { method: "POST", body })).json();
  }

  render() {
    const { found, refused } = this.#case;
    if (!found) return html`<section class="panel"><h2>${t("Steps")}</h2>${refusal(refused)}</section>`;
    return html`<section class="panel" aria-label=${t("Steps")}><h2>${t("Steps")}</h2>
      ${steps(found)}${state(found)}
      ${this.asked ? this.#form(this.asked) : this.#buttons(found)}
      ${refusal(refused)}
      <ol class="trail" aria-label=${t("What was done")}>${[...found.trail].reverse().map(entry)}</ol>
    </section>`;
  }

  /** @param {Case} found */
  #buttons({ offered }) {
    const shown = offered.filter((action) => !ELSEWHERE.includes(action));
    const next = ONWARD.findLast((action) => offered.includes(action));
    const press = (/** @type {CaseAction} */ action) => (TOLD.includes(action) ? this.#ask(action) : this.#take(action));
    return html`<div class="buttons">${shown.map((action) => html`<button class=${action === next ? "primary" : ""}
      ?disabled=${this.#case.busy} @click=${() => press(action)}>${actionWord(action)}</button>`)}</div>`;
  }

  /** @param {CaseAction} action */
  async #ask(action) {
    this.asked = action;
    this.#case.refused = null;
    await this.updateComplete;
    /** @type {HTMLElement | null} */ (this.renderRoot.querySelector("form input, form select, form textarea"))?.focus();
  }

  /** @param {CaseAction} action */
  #form(action) {
    const submit = (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      const entries = [...new FormData(/** @type {HTMLFormElement} */ (event.target))].filter(([, value]) => value !== "");
      const told = Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
      const { files } = /** @type {import("./gp-photos.js").GpPhotos} */ (this.renderRoot.querySelector("gp-photos"));
      this.#take(action, told.deadline ? { ...told, deadline: siteMoment(told.deadline) } : told, files);
    };
    return html`<form @submit=${submit} aria-label=${actionWord(action)}>
      ${action === "assign" ? html`<label>${t("Who handles it")}<input name="handler" required maxlength="80"></label>
        <label>${t("By when")}<input type="datetime-local" name="deadline"></label>` : null}
      ${action === "dismiss" ? html`<label>${t("Why it is false")}<select name="reason">
        ${FALSE_ALARM_REASONS.map((reason) => html`<option value=${reason}>${reasonWord(reason)}</option>`)}</select></label>` : null}
      <label>${t("Note")}<textarea name="note" maxlength="2000" ?required=${["return", "reopen", "comment"].includes(action)}></textarea></label>
      <gp-photos papers></gp-photos>
      <div class="buttons end"><button type="button" @click=${() => (this.asked = null)}>${t("Cancel")}</button>
        <button class="primary" ?disabled=${this.#case.busy}>${actionWord(action)}</button></div>
    </form>`;
  }
}

/** Typed by the clock of the site, whatever that of the browser is. @param {string} typed "2026-05-01T14:02" */
function siteMoment(typed) {
  const [day = "", time = ""] = typed.split("T");
  return momentOf(day, time).toISOString();
}

/** @param {Case} found */
function steps({ step }) {
  const reached = CASE_STEPS.indexOf(step);
  return html`<ol class="steps">${CASE_STEPS.map((one, place) => html`<li class=${place <= reached ? "done" : ""}
    aria-current=${place === reached ? "step" : "false"}>${stepWord(one)}</li>`)}</ol>`;
}

/** @param {Case} found */
function state(found) {
  const { due_at: due, is_late: isLate, level, handler, outcome, reason, merged_into: into } = found;
  return html`<dl>
    ${handler ? html`<dt>${t("Who handles it")}</dt><dd>${handler}</dd>` : null}
    ${due ? html`<dt>${t("Next step by")}</dt><dd>${dayAndTime(due)} ${isLate ? html`<span class="mark red">${t("late")}</span>` : null}</dd>` : null}
    ${level === "grid" ? null : html`<dt>${t("Taken up to")}</dt><dd>${levelWord(level)}</dd>`}
    ${outcome ? html`<dt>${t("Outcome")}</dt><dd>${outcomeWord(outcome)}${reason ? ` · ${reasonWord(reason)}` : ""}</dd>` : null}
    ${into ? html`<dt>${t("Goes on as")}</dt><dd><a class="link" href=${incidentHref(into)}>${t("the case it was merged into")}</a></dd>` : null}
  </dl>`;
}

/** @param {CaseChange} change */
function entry(change) {
  const { at, action, handler, deadline, reason, other, attachments } = change;
  const more = [reason && reasonWord(reason), handler && `${t("Who handles it")} ${handler}`, deadline && t("until {time}", { time: dayAndTime(deadline) }), noteWords(change)].filter(Boolean);
  return html`<li><b>${actionWord(action)}</b> · ${actorWord(change)}
    <div class="quiet"><time datetime=${at}>${dayAndTime(at)}</time>${more.length ? html` · ${more.join(" · ")}` : null}${other ? html` · <a class="link" href=${incidentHref(other)}>${t("the other case")}</a>` : null}</div>
    ${attachments.length ? html`<div class="files">${attachments.map(attachment)}</div>` : null}</li>`;
}

/** What people noted, as they did; of what happened by itself, why. @param {CaseChange} change */
function noteWords({ action, party, note }) {
  if (action === "reopen" && party === "camera") return t("The water turned red after the case was closed");
  if (action === "split" && party === "camera") return t("The water turned red here after the case it was merged into was closed");
  return party === "relay" ? "" : note;
}

/** @param {Attachment} file */
function attachment({ id, type, name, deleted_at: deleted }) {
  if (deleted) return html`<span class="quiet">${name}</span>`;
  const url = evidenceUrl(id);
  return type === "photo" ? html`<a href=${url} target="_blank" rel="noopener" aria-label=${name}><img src=${url} alt=${name} loading="lazy"></a>`
    : html`<a class="link" href=${url} download=${name}>${icon("download")}<span class="cut">${name}</span></a>`;
}

customElements.define("gp-case", GpCase);
