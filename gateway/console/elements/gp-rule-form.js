/** One rule of a camera: what it watches for, where, when, and how severe that is. */
/** @import { Calendar, Place, Rule } from "../administration.js" */
/** @import { Mistake } from "../api.js" */
import { css, html } from "lit";
import { live } from "lit/directives/live.js";
import { t } from "../language.js";
import { below } from "../mistakes.js";
import { RULE_TYPE_CHOICES, SIZES, placeOf, ruleSettingWord, ruleTypeWord, traitsOf } from "../rule-words.js";
import { base, controls, forms } from "../styles.js";
import { directionWord, objectWord, severityWord } from "../vocabulary.js";
import { calendarFields, fault, saidCalendar, tickFields, ticks, words } from "./calendar-fields.js";
import { text } from "./camera-fields.js";
import { ConsoleElement } from "./console-element.js";

/** @type {Calendar} */
const ALWAYS = { weekdays: [], hours: [], seasons: [], holidays: [], on_holidays: "never" };
const KINDS = ["person", "vehicle"];

/** Tells of what it is to be by a "changed" event; settings that it does not show stay as they are. */
export class GpRuleForm extends ConsoleElement {
  static styles = [base, controls, forms, ticks, css`
    form { display: grid; gap: var(--s3); }
    .fields { grid-template-columns: repeat(auto-fit, minmax(min(100%, 10rem), 1fr)); }
    summary { cursor: pointer; min-height: max(2rem, var(--touch)); }
    details[open] { display: grid; gap: var(--s3); }
  `];
  static properties = { rule: { attribute: false }, places: { attribute: false }, mistakes: { attribute: false } };

  constructor() {
    super();
    /** @type {Rule | null} */
    this.rule = null;
    /** @type {Place[]} */
    this.places = [];
    /** @type {Mistake[]} */
    this.mistakes = [];
  }

  render() {
    const { rule, mistakes } = this;
    if (!rule) return null;
    const { settings, hasDirection } = traitsOf(rule.type);
    const arming = { ...ALWAYS, ...rule.arming };
    return html`<form @change=${this.#change} @submit=${(/** @type {Event} */ event) => event.preventDefault()}>
      <div class="fields">
        <label>${t("Watches for")}<select name="type">${RULE_TYPE_CHOICES.map((one) => html`<option value=${one} ?selected=${one === rule.type}>${ruleTypeWord(one)}</option>`)}</select></label>
        <label>${t("Id")}<input name="id" maxlength="64" class="mono" autocapitalize="none" spellcheck="false" .value=${rule.id}>${fault(mistakes, "id")}</label>
        ${this.#place(rule)}
        ${hasDirection ? html`<label>${t("Direction")}<select name="direction">${["both", "a_to_b", "b_to_a"].map((one) => html`<option value=${one} ?selected=${one === (rule["direction"] ?? "both")}>${one === "both" ? t("both ways") : directionWord(one)}</option>`)}</select></label>` : null}
        ${rule.type === "count" ? null : html`<label>${t("Severity")}<select name="severity">${/** @type {const} */ (["red", "yellow", "green"]).map((one) => html`<option value=${one} ?selected=${one === rule.severity}>${severityWord(one)}</option>`)}</select></label>`}
      </div>
      ${tickFields("kinds", t("What counts"), [...new Set([...KINDS, ...rule.kinds])], rule.kinds, objectWord)}
      <label>${t("Other kinds, of models of your own")}<input name="other_kinds" maxlength="200" autocapitalize="none" spellcheck="false" .value=${live("")} placeholder="excavator"></label>${fault(mistakes, "kinds")}
      <div class="fields">${settings.map((name) => this.#number(rule, name))}</div>
      <details ?open=${isRestricted(arming) || below(mistakes, "arming").length > 0}><summary>${t("When it is armed")}</summary>${calendarFields(arming, below(mistakes, "arming"))}${fault(mistakes.filter(({ location }) => location === "arming"), "arming")}</details>
      <details ?open=${SIZES.some((name) => below(mistakes, name).length)}><summary>${t("Only objects of a size")}</summary><div class="fields">${SIZES.map((name) => this.#number(rule, name))}</div></details>
      ${fault(mistakes.filter(({ location }) => !location), "")}</form>`;
  }

  /** @param {Rule} rule */
  #place(rule) {
    const { places } = traitsOf(rule.type);
    const offered = this.places.filter(({ polygon }) => places.includes(polygon ? "zone" : "line"));
    const chosen = placeOf(rule);
    return html`<label>${t("Where")}<select name="place">
      ${places.includes("whole") || !offered.length || !chosen ? html`<option value="">${places.includes("whole") ? t("Whole picture") : t("draw it first")}</option>` : null}
      ${offered.map(({ id, name }) => html`<option value=${id} ?selected=${id === chosen}>${name || id}</option>`)}</select>${fault(this.mistakes, "zone")}${fault(this.mistakes, "line")}</label>`;
  }

  /** @param {Rule} rule @param {string} name */
  #number(rule, name) {
    return html`<label>${ruleSettingWord(name)}<input name=${name} type="number" step="any" min="0" .value=${String(rule[name] ?? "")} placeholder=${t("as usual")}>${fault(this.mistakes, name)}</label>`;
  }

  /** @param {Event} event */
  #change(event) {
    if (!this.rule) return;
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    this.dispatchEvent(new CustomEvent("changed", { detail: this.#said(this.rule, fields) }));
  }

  /** @param {Rule} rule @param {FormData} fields @returns {Rule} */
  #said(rule, fields) {
    const type = /** @type {Rule["type"]} */ (text(fields, "type"));
    const traits = traitsOf(type);
    const isOther = type !== rule.type;
    const kinds = isOther ? traits.kinds : [...new Set([...fields.getAll("kinds").map(String), ...words(fields, "other_kinds")])];
    const place = this.places.find(({ id }) => id === text(fields, "place"));
    const { line: _line, ...kept } = isOther ? plain(rule) : rule;
    const lined = traits.places.includes("line") ? { line: place?.line ? place.id : null } : {};
    const zone = place ? (place.polygon ? place.id : null) : traits.places.includes("whole") || traits.places.includes("zone") || isOther ? null : rule.zone;
    const said = isOther ? {} : numbers(fields, [...traits.settings, ...SIZES]);
    return dropped({ ...kept, ...said, ...lined, type, id: text(fields, "id"), zone, kinds, arming: saidCalendar(fields),
      ...(fields.has("severity") ? { severity: /** @type {Rule["severity"]} */ (text(fields, "severity")) } : {}),
      ...(!isOther && fields.has("direction") ? { direction: text(fields, "direction") } : {}) });
  }
}

/** What every type of rule has. @param {Rule} rule @returns {Rule} */
function plain({ type, id, zone, severity, kinds, arming }) {
  return { type, id, zone, severity, kinds, arming };
}

/** What is left empty is as usual: it is not said. @param {FormData} fields @param {string[]} names */
function numbers(fields, names) {
  return Object.fromEntries(names.map((name) => [name, text(fields, name) === "" ? undefined : Number(text(fields, name))]));
}

/** Without what is not said. @param {Rule} rule @returns {Rule} */
function dropped(rule) {
  return /** @type {Rule} */ (Object.fromEntries(Object.entries(rule).filter(([, value]) => value !== undefined)));
}

/** @param {Calendar} arming */
function isRestricted({ weekdays, hours, seasons, holidays }) {
  return weekdays.length + hours.length + seasons.length + holidays.length > 0;
}

customElements.define("gp-rule-form", GpRuleForm);
