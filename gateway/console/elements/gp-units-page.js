/** 单位与人员: the tree of units, and who belongs where. */
/** @import { Person, Unit, Units } from "../administration.js" */
/** @import { Level, User } from "../contract.js" */
/** @import { TemplateResult } from "lit" */
/** @import { Site } from "../site.js" */
import { css, html } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { getJson, sendJson } from "../api.js";
import { CASE_LEVEL_CHOICES, levelWord } from "../case-words.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { base, controls, forms, marks } from "../styles.js";
import { text } from "./camera-fields.js";
import { ConsoleElement } from "./console-element.js";
import { facts, page } from "./page-styles.js";
import { refusal } from "./refusal.js";
import { wayBack } from "./way-back.js";
import "./gp-confirm.js";
import "./gp-people.js";

/** What is being written: a unit by its id, or a new one below another ("" on top). @typedef {{ id: string } | { below: string }} Writing */

export class GpUnitsPage extends ConsoleElement {
  static styles = [base, controls, forms, marks, page, facts, css`
    .columns { grid-template-columns: minmax(18rem, 26rem) minmax(0, 1fr); }
    .tree ul { padding-inline-start: var(--s4); border-inline-start: 1px solid var(--line); }
    .tree button { width: 100%; justify-content: flex-start; text-align: start; min-height: max(2.5rem, var(--touch)); }
    .tree button .cut { flex: 1; }
    .tree button[aria-pressed="true"] { background: var(--accent-soft); color: var(--accent); }
    form { display: grid; gap: var(--s3); }
    @media (max-width: 1000px) { .columns { grid-template-columns: minmax(0, 1fr); } }
  `];
  static properties = {
    site: { attribute: false }, user: { attribute: false }, tree: { state: true }, people: { state: true }, chosen: { state: true },
    writing: { state: true }, busy: { state: true }, refused: { state: true },
  };

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
    /** @type {User | null} */
    this.user = null;
    /** @type {Units | null} */
    this.tree = null;
    /** @type {Person[]} */
    this.people = [];
    /** Id of a unit, "" for the whole site. */
    this.chosen = "";
    /** @type {Writing | null} */
    this.writing = null;
    this.busy = false;
    /** @type {unknown} */
    this.refused = null;
  }

  firstUpdated() {
    this.#read();
  }

  get #isAdmin() {
    return this.user?.role === "admin";
  }

  async #read() {
    this.refused = null;
    try {
      this.tree = await getJson("units");
      if (this.#isAdmin) this.people = (await getJson("users")).users;
    } catch (error) {
      this.refused = error;
    }
  }

  render() {
    const { tree } = this;
    return html`<div class="page">${wayBack()}
      <header><h1 tabindex="-1">${t("Units and people")}</h1></header>
      ${tree ? html`<div class="columns"><div class="side">${this.#tree(tree)}${this.#unit(tree)}</div>
        ${this.#isAdmin ? html`<gp-people .people=${this.people} .units=${tree.units} .unit=${this.chosen} me=${this.user?.username ?? ""}
          @changed=${(/** @type {CustomEvent<Person[]>} */ { detail }) => { this.people = detail; }}></gp-people>` : null}</div>`
        : html`${refusal(this.refused)}${this.refused ? html`<button @click=${this.#read}>${t("Try again")}</button>` : html`<p class="quiet" role="status">${t("Reading…")}</p>`}`}
      <gp-confirm></gp-confirm></div>`;
  }

  /** @param {Units} tree */
  #tree({ units, placeless }) {
    const choose = (/** @type {string} */ id) => () => {
      this.chosen = id;
      this.writing = null;
      this.refused = null;
    };
    const row = (/** @type {string} */ id, /** @type {unknown} */ words, /** @type {unknown} */ more) => html`
      <button class="plain" aria-pressed=${this.chosen === id} @click=${choose(id)}><span class="cut">${words}</span>${more}</button>`;
    /** @type {(parent: string | null) => TemplateResult | null} */
    const branch = (parent) => {
      const inside = units.filter((one) => one.parent === parent);
      return inside.length ? html`<ul>${inside.map((one) => html`<li>${row(one.id, one.name, html`<span class="tiny quiet">${this.#counts(one)}</span>`)}${branch(one.id)}</li>`)}</ul>` : null;
    };
    return html`<section class="panel tree" aria-label=${t("Units")}><h2>${t("Units")}</h2>
      ${row("", t("Whole site"), null)}${branch(null)}
      ${units.length ? null : html`<p class="small quiet">${t("There are no units yet: everybody sees the whole site.")}</p>`}
      ${placeless.length ? html`<p class="small quiet">${t("{count} cameras name no unit clearly: {cameras}", { count: placeless.length, cameras: placeless.slice(0, 8).map((id) => this.site?.cameras.get(id)?.name ?? id).join(t(", ")) })}</p>` : null}</section>`;
  }

  /** @param {Unit} unit */
  #counts({ id, level, cameras }) {
    const people = this.people.filter(({ unit }) => unit === id).length;
    return [levelWord(level), cameras && t("{count} cameras", { count: cameras }), people && t("{count} people", { count: people })].filter(Boolean).join(" · ");
  }

  /** @param {Units} tree */
  #unit({ units }) {
    if (!this.#isAdmin) return null;
    const unit = units.find(({ id }) => id === this.chosen);
    if (this.writing) return html`<section class="panel">${keyed(this.writing, this.#form(units))}</section>`;
    const isLowest = unit?.level === "grid";
    return html`<section class="panel"><h2>${unit?.name ?? t("Whole site")}</h2>
      ${unit ? html`<p class="small quiet mono">${unit.id}</p>` : null}
      <div class="buttons">
        ${isLowest ? null : html`<button @click=${() => { this.writing = { below: this.chosen }; }}>${icon("add")}${unit ? t("Add a unit in it") : t("Add a unit")}</button>`}
        ${unit ? html`<button @click=${() => { this.writing = { id: unit.id }; }}>${icon("edit")}${t("Change or move")}</button>
          <button @click=${() => this.#remove(units, unit)}>${icon("remove")}${t("Retire")}</button>` : null}</div>
      ${refusal(this.refused)}</section>`;
  }

  /** @param {Unit[]} units */
  #form(units) {
    const { writing } = this;
    const known = writing && "id" in writing ? units.find(({ id }) => id === writing.id) : undefined;
    const parent = known ? known.parent : writing && "below" in writing ? writing.below : "";
    const level = known?.level ?? below(units.find(({ id }) => id === parent)?.level);
    return html`<form @submit=${(/** @type {SubmitEvent} */ event) => this.#submit(event, units, known)}>
      <h2>${known ? t("Change or move") : t("Add a unit")}</h2>
      <label>${t("Name")}<input name="name" required maxlength="80" .value=${known?.name ?? ""} placeholder=${t("Such as: East Hill village")}></label>
      ${known ? null : html`<label>${t("Id")}<input name="id" required maxlength="48" pattern="[a-z0-9][a-z0-9\\-]*" class="mono" autocapitalize="none" spellcheck="false"
        title=${t("small letters, digits and dashes")} placeholder="dongshan"></label>`}
      <label>${t("Level")}<select name="level">${CASE_LEVEL_CHOICES.map((one) => html`<option value=${one} ?selected=${one === level}>${levelWord(one)}</option>`)}</select></label>
      <label>${t("Lies in")}<select name="parent"><option value="">${t("nothing, it is on top")}</option>
        ${units.filter(({ id }) => id !== known?.id).map(({ id, name }) => html`<option value=${id} ?selected=${id === parent}>${name}</option>`)}</select></label>
      ${refusal(this.refused)}
      <div class="buttons end"><button type="button" @click=${() => { this.writing = null; this.refused = null; }}>${t("Cancel")}</button>
        <button class="primary" ?disabled=${this.busy}>${t("Save")}</button></div></form>`;
  }

  /** @param {SubmitEvent} event @param {Unit[]} units @param {Unit | undefined} known */
  async #submit(event, units, known) {
    event.preventDefault();
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const id = known?.id ?? text(fields, "id");
    const level = /** @type {Level} */ (text(fields, "level"));
    const said = { id, name: text(fields, "name"), level, parent: text(fields, "parent") || null, cameras: 0 };
    const others = units.filter((one) => one.id !== known?.id);
    if (await this.#keep([...others, said])) this.chosen = id;
  }

  /** @param {Unit[]} units @param {Unit} unit */
  async #remove(units, unit) {
    const dialog = /** @type {import("./gp-confirm.js").GpConfirm | null} */ (this.renderRoot.querySelector("gp-confirm"));
    const agreed = await dialog?.ask({
      title: t("Retire {unit}?", { unit: unit.name }),
      text: t("Its cameras and cases stay, and are seen from the whole site. Nobody may belong to it any more."),
      action: t("Retire"),
    });
    if (agreed && await this.#keep(units.filter(({ id }) => id !== unit.id))) this.chosen = unit.parent ?? "";
  }

  /** @param {Unit[]} units @returns {Promise<boolean>} whether they are kept */
  async #keep(units) {
    this.busy = true;
    this.refused = null;
    try {
      this.tree = await sendJson("PUT", "units", { units: units.map(({ id, name, level, parent }) => ({ id, name, level, parent })) });
      this.writing = null;
      return true;
    } catch (error) {
      this.refused = error;
      return false;
    } finally {
      this.busy = false;
    }
  }
}

/** The level that usually lies in another. @param {Level | undefined} level @returns {Level} */
function below(level) {
  return level ? CASE_LEVEL_CHOICES[CASE_LEVEL_CHOICES.indexOf(level) - 1] ?? "grid" : "village";
}

customElements.define("gp-units-page", GpUnitsPage);
