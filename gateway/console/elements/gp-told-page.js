/** 通知对象: who is told of incidents, and what they were told. */
/** @import { Target, Unit } from "../administration.js" */
import { css, html } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { getJson, request } from "../api.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { base, controls, forms, marks } from "../styles.js";
import { refusalText, severityWord } from "../vocabulary.js";
import { ConsoleElement } from "./console-element.js";
import { page } from "./page-styles.js";
import { refusal } from "./refusal.js";
import { wayBack } from "./way-back.js";
import "./gp-confirm.js";
import "./gp-told-log.js";
import "./gp-target-form.js";

export class GpToldPage extends ConsoleElement {
  static styles = [base, controls, forms, marks, page, css`
    header h1 { flex: 1; }
    ul { display: grid; gap: var(--s2); padding-block-end: var(--s4); }
    .target { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: var(--s2) var(--s3); align-items: center; padding: var(--s3) var(--s4); }
    .target > .all { grid-column: 1 / -1; }
    .empty { display: grid; justify-items: start; gap: var(--s3); padding: var(--s5) var(--s4); margin-block-end: var(--s4); }
    gp-target-form { padding-block-end: var(--s4); }
    @media (max-width: 700px) { .target { grid-template-columns: minmax(0, 1fr); } }
  `];
  static properties = { targets: { state: true }, units: { state: true }, written: { state: true }, tried: { state: true }, refused: { state: true } };

  constructor() {
    super();
    /** @type {Target[] | null} */
    this.targets = null;
    /** @type {Unit[]} */
    this.units = [];
    /** Name of the target being written, "" for a new one, null for none. @type {string | null} */
    this.written = null;
    /** What came of trying one: `refused` is null once it took the message. @type {{ name: string, isDone: boolean, refused: unknown } | null} */
    this.tried = null;
    /** @type {unknown} */
    this.refused = null;
  }

  firstUpdated() {
    this.#read();
  }

  async #read() {
    this.refused = null;
    try {
      this.units = (await getJson("units")).units;
      this.targets = (await getJson("notify/targets")).targets;
    } catch (error) {
      this.refused = error;
    }
  }

  render() {
    const { targets } = this;
    return html`<div class="page">${wayBack()}
      <header><h1 tabindex="-1">${t("People told")}</h1>
        <button class="primary" ?disabled=${!targets} @click=${() => { this.written = ""; }}>${icon("add")}${t("Tell somebody")}</button></header>
      ${refusal(this.refused)}
      ${this.written === "" ? this.#form(null) : null}
      ${targets ? html`${targets.length ? html`<ul>${targets.map((one) => this.#target(one))}</ul>` : this.#none()}<gp-told-log .targets=${targets}></gp-told-log>`
        : this.refused ? html`<button @click=${this.#read}>${t("Try again")}</button>` : html`<p class="quiet" role="status">${t("Reading…")}</p>`}
      <gp-confirm></gp-confirm></div>`;
  }

  #none() {
    if (this.written === "") return null;
    return html`<div class="panel empty"><h2>${t("Nobody is told yet")}</h2>
      <p class="quiet">${t("Incidents are on this console and in the dispatch queue. They can also be told by WeCom, DingTalk, Feishu, SMS gateways, e-mail and webhooks.")}</p></div>`;
  }

  /** @param {Target} target */
  #target(target) {
    const { name, wishes } = target;
    const unit = this.units.find(({ id }) => id === wishes.unit)?.name ?? (wishes.unit || t("Whole site"));
    const facts = [unit, t("from {severity} on", { severity: severityWord(wishes.least) }), ...wishes.hours, wishes.quiet.length ? t("quiet {hours}", { hours: wishes.quiet.join(", ") }) : ""];
    return html`<li class="panel target"><div><b>${name}</b> ${wishes.enabled ? null : html`<span class="mark">${t("Off")}</span>`}
        <p class="small quiet">${facts.filter(Boolean).join(" · ")}</p></div>
      <div class="buttons"><button aria-label=${t("Try {target} out", { target: name })} @click=${() => this.#try(name)}>${icon("told")}${t("Try out")}</button>
        <button aria-label=${t("Change {target}", { target: name })} @click=${() => { this.written = this.written === name ? null : name; }}>${icon("edit")}${t("Change")}</button>
        <button class="square" aria-label=${t("Remove {camera}", { camera: name })} @click=${() => this.#remove(name)}>${icon("remove")}</button></div>
      ${this.tried?.name === name ? html`<p class="all" role="status">${this.#outcome(this.tried)}</p>` : null}
      ${this.written === name ? html`<div class="all">${this.#form(target)}</div>` : null}</li>`;
  }

  /** @param {{ isDone: boolean, refused: unknown }} tried */
  #outcome({ isDone, refused }) {
    if (!isDone) return html`<span class="quiet">${t("Telling…")}</span>`;
    return refused ? html`<span class="refusal">${refusalText(refused)}</span>` : html`<span class="mark good">${icon("check")}${t("Its service took the message")}</span>`;
  }

  /** @param {Target | null} target */
  #form(target) {
    const kept = (/** @type {CustomEvent<Target[]>} */ { detail }) => {
      this.targets = detail;
      this.written = null;
    };
    return html`${keyed(target?.name, html`<gp-target-form .target=${target} .units=${this.units} @kept=${kept} @cancel=${() => { this.written = null; }}></gp-target-form>`)}`;
  }

  /** @param {string} name */
  async #try(name) {
    this.tried = { name, isDone: false, refused: null };
    /** @type {unknown} */
    let refused = null;
    await request(`notify/targets/${encodeURIComponent(name)}/test`, { method: "POST" }).catch((error) => { refused = error; });
    this.tried = { name, isDone: true, refused };
  }

  /** @param {string} name */
  async #remove(name) {
    const dialog = /** @type {import("./gp-confirm.js").GpConfirm | null} */ (this.renderRoot.querySelector("gp-confirm"));
    const agreed = await dialog?.ask({ title: t("Remove {camera}?", { camera: name }), text: t("It is told nothing any more, and its address is forgotten. What it was told stays in the record."), action: t("Remove") });
    if (!agreed) return;
    try {
      await request(`notify/targets/${encodeURIComponent(name)}`, { method: "DELETE" });
      this.targets = (this.targets ?? []).filter((one) => one.name !== name);
    } catch (error) {
      this.refused = error;
    }
  }
}

customElements.define("gp-told-page", GpToldPage);
