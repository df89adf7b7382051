/** 审计: who did what to which thing, and whether the log is whole. */
/** @import { AuditCheck, AuditPage, AuditRecord } from "../administration.js" */
/** @import { Site } from "../site.js" */
import { css, html } from "lit";
import { AUDIT_ACTION_CHOICES, auditWord, chainFaultWord } from "../administration-words.js";
import { getJson } from "../api.js";
import { auditActor, auditDetail, auditObject } from "../audit-words.js";
import { dayAndTime, momentOf, nextDay } from "../format.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { incidentHref } from "../router.js";
import { base, controls, forms, marks, tables } from "../styles.js";
import { text } from "./camera-fields.js";
import { ConsoleElement } from "./console-element.js";
import { facts, page } from "./page-styles.js";
import { refusal } from "./refusal.js";
import { wayBack } from "./way-back.js";

const CASE = /^case\/([^/]+)/;

export class GpAuditPage extends ConsoleElement {
  static styles = [base, controls, forms, marks, page, facts, tables, css`
    .columns { grid-template-columns: minmax(0, 1fr) 24rem; }
    form { padding-block-end: var(--s3); display: grid; gap: var(--s3); }
    .fields { grid-template-columns: repeat(auto-fit, minmax(min(100%, 10rem), 1fr)); }
    td { overflow-wrap: anywhere; } td.word { white-space: nowrap; }
    .head { overflow-wrap: anywhere; user-select: all; }
    .none, .more { padding: var(--s4); color: var(--ink-2); }
    @media (max-width: 1000px) { .columns { grid-template-columns: minmax(0, 1fr); } .side { order: -1; } }
  `];
  static properties = { site: { attribute: false }, thing: {}, found: { state: true }, check: { state: true }, busy: { state: true }, refused: { state: true }, unchecked: { state: true } };

  /** What was asked for last. */
  #wanted = new URLSearchParams();

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
    /** What is looked for, such as "case/ID", "" for everything. */
    this.thing = "";
    /** @type {AuditPage | null} */
    this.found = null;
    /** @type {AuditCheck | null} */
    this.check = null;
    this.busy = false;
    /** @type {unknown} */
    this.refused = null;
    /** Why the chain could not be checked. @type {unknown} */
    this.unchecked = null;
  }

  firstUpdated() {
    if (this.thing) this.#wanted.set("object", this.thing);
    this.#read();
  }

  /** @param {number} [before] go on with older ones */
  async #read(before) {
    const wanted = new URLSearchParams(this.#wanted);
    if (before) wanted.set("before", String(before));
    this.refused = null;
    try {
      const more = await getJson(`audit?${wanted}`);
      this.found = before && this.found ? { ...more, records: [...this.found.records, ...more.records] } : more;
    } catch (error) {
      this.refused = error;
    }
  }

  render() {
    const { found } = this;
    return html`<div class="page">${wayBack()}<header><h1 tabindex="-1">${t("Audit log")}</h1></header>
      <div class="columns"><div>${this.#search()}${refusal(this.refused)}
        <div class="panel">${found?.records.length ? this.#table(found) : html`<p class="none" role="status">${found ? t("Nothing of the kind was done.") : t("Reading…")}</p>`}</div></div>
        <div class="side">${this.#chain()}</div></div></div>`;
  }

  #search() {
    return html`<form role="search" @submit=${this.#submit}><div class="fields">
      <label>${t("Who did it")}<input name="actor" maxlength="80" autocapitalize="none" spellcheck="false" placeholder="admin"></label>
      <label>${t("Deed")}<select name="action"><option value="">${t("Everything")}</option>${AUDIT_ACTION_CHOICES.map((one) => html`<option value=${one}>${auditWord(one)}</option>`)}</select></label>
      <label>${t("To what")}<input name="object" maxlength="200" autocapitalize="none" spellcheck="false" .value=${this.thing} placeholder="case/…, camera/…, user/…"></label>
      <label>${t("From")}<input name="since" type="date"></label><label>${t("To")}<input name="until" type="date"></label>
      <div class="buttons"><button class="primary">${icon("search")}${t("Search")}</button></div></div></form>`;
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    event.preventDefault();
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const [since, until] = [text(fields, "since"), text(fields, "until")];
    this.#wanted = new URLSearchParams(["actor", "action", "object"].filter((name) => text(fields, name)).map((name) => [name, text(fields, name)]));
    if (since) this.#wanted.set("since", momentOf(since, "00:00").toISOString());
    if (until) this.#wanted.set("until", momentOf(nextDay(until), "00:00").toISOString());
    this.found = null;
    this.#read();
  }

  /** @param {AuditPage} found */
  #table({ records, next }) {
    return html`<table><thead><tr><th class="number">${t("No.")}</th><th>${t("Time")}</th><th>${t("Who did it")}</th><th>${t("Deed")}</th><th>${t("To what")}</th></tr></thead>
      <tbody>${records.map((record) => row(record, this.site))}</tbody></table>${next ? html`<p class="more"><button @click=${() => this.#read(next)}>${t("Older")}</button></p>` : null}`;
  }

  #chain() {
    const { check } = this;
    const head = check?.head ?? this.found?.head;
    return html`<section class="panel" aria-label=${t("The chain")}><h2>${t("The chain")}</h2>
      <p class="small">${t("Each record carries a hash over all before it. Write its seal down somewhere else from time to time: with it, anybody can prove later that nothing was changed since.")}</p>
      <dl><dt>${t("Seal of now")}</dt><dd class="mono tiny head">${head ? `${head.seq}:${head.hash}` : "–"}</dd></dl>
      <form @submit=${this.#verify}><label>${t("A seal noted earlier")}<input name="head" maxlength="90" class="mono" autocapitalize="none" spellcheck="false" placeholder="1042:9f3c…"></label>
        <div class="buttons"><button class="primary" ?disabled=${this.busy}>${icon("check")}${t("Check the chain")}</button></div></form>
      ${refusal(this.unchecked)}
      <div role="status">${check ? outcome(check) : null}</div></section>`;
  }

  /** @param {SubmitEvent} event */
  async #verify(event) {
    event.preventDefault();
    const head = text(new FormData(/** @type {HTMLFormElement} */ (event.target)), "head");
    this.busy = true;
    this.check = null;
    this.unchecked = null;
    try {
      this.check = await getJson(head ? `audit/check?${new URLSearchParams({ head })}` : "audit/check");
    } catch (error) {
      this.unchecked = error;
    } finally {
      this.busy = false;
    }
  }
}

/** @param {AuditCheck} check */
function outcome({ head, breaks }) {
  if (!breaks.length) return html`<span class="mark good">${icon("check")}${t("Whole: {count} records", { count: head.seq })}</span>`;
  return html`<span class="mark bad">${t("Broken at {count} places", { count: breaks.length })}</span>
    <ul>${breaks.slice(0, 20).map(({ seq, fault }) => html`<li class="small">${t("Record {number}: {fault}", { number: seq, fault: chainFaultWord(fault) })}</li>`)}</ul>`;
}

/** @param {AuditRecord} record @param {Site | null} site */
function row(record, site) {
  const { seq, at, actor, action, object, detail } = record;
  const id = CASE.exec(object)?.[1];
  const more = auditDetail(record);
  const exact = Object.entries(detail).map(([name, value]) => `${name}: ${value}`).join("\n");
  const thing = auditObject(object, site);
  return html`<tr><td class="number" data-label=${t("No.")}>${seq}</td><td class="word" data-label=${t("Time")}>${dayAndTime(at)}</td><td class="word" data-label=${t("Who did it")} title=${actor}>${auditActor(record)}</td>
    <td data-label=${t("Deed")}><div>${auditWord(action)}${more ? html`<div class="small quiet" title=${exact}>${more}</div>` : null}</div></td>
    <td data-label=${t("To what")} class="small" title=${object}>${id ? html`<a class="link" href=${incidentHref(id)}>${thing}</a>` : thing}</td></tr>`;
}

customElements.define("gp-audit-page", GpAuditPage);
