/** From where on water counts at a camera: a site's own limits, and beside them those that hold where it sets none. */
/** @import { Mistake } from "../api.js" */
/** @import { AlarmState, LineName, OwnLines, PlaceUsual } from "../water.js" */
import { css, html, nothing } from "lit";
import { decimal } from "../format.js";
import { t } from "../language.js";
import { mistakeAt } from "../mistakes.js";
import { base, controls, forms, marks } from "../styles.js";
import { passabilityWord, waterLevelWord } from "../water-words.js";
import { ConsoleElement } from "./console-element.js";

/** @type {readonly AlarmState[]} */
const STATES = ["watch", "yellow", "red"];
/** What is typed, as a multiple of what is kept. */
const FACTORS = { cm: 1, ratio: 100, s: 1 / 60 };
/** @typedef {keyof typeof FACTORS} Unit */
const UNITS = /** @type {readonly Unit[]} */ (Object.keys(FACTORS));

/** Tells by "changed" of all own limits; null is as usual. */
export class GpWaterLimits extends ConsoleElement {
  static styles = [base, controls, forms, marks, css`
    :host { display: grid; gap: var(--s3); }
    .limits { display: grid; grid-template-columns: minmax(4.5rem, auto) repeat(3, minmax(0, 1fr)); gap: var(--s2); align-items: center; }
    .limits > .head { font-size: var(--small); color: var(--ink-2); align-self: end; }
    .limits > .wide { grid-column: 1 / -1; }
    .passage { display: block; color: var(--ink-2); font-size: var(--tiny); }
    input { padding-inline: var(--s2); }
    input.wrong { border-color: var(--red); }
    summary { cursor: pointer; min-height: max(2rem, var(--touch)); display: list-item; align-content: center; }
  `];
  static properties = { lines: { attribute: false }, usual: { attribute: false }, mistakes: { attribute: false }, fixed: { type: Boolean } };

  constructor() {
    super();
    /** @type {OwnLines} */
    this.lines = {};
    /** @type {PlaceUsual | null} */
    this.usual = null;
    /** @type {Mistake[]} */
    this.mistakes = [];
    this.fixed = false;
  }

  render() {
    const { usual } = this;
    if (!usual) return null;
    return html`<div class="limits">
        <span class="head"></span><span class="head">${t("Depth (cm)")}</span><span class="head">${t("Extent (% of the zones)")}</span><span class="head">${t("Held for (min)")}</span>
        ${STATES.map((state) => this.#row(state, usual))}</div>
      ${this.#whole()}
      <details ?open=${["red_within_s", "clear_part", "clear_s"].some((name) => mistakeAt(this.mistakes, name))}><summary>${t("Trend and end")}</summary><div class="fields">
        ${this.#field("red_within_s", t("Red when red is reached within (min)"), 1 / 60)}
        ${this.#field("clear_part", t("A level ends below this share of its limit (%)"), 100)}
        ${this.#field("clear_s", t("and when that has held for (min)"), 1 / 60)}</div></details>`;
  }

  /** @param {AlarmState} state @param {PlaceUsual} usual */
  #row(state, usual) {
    const word = waterLevelWord(state);
    const wrong = UNITS.map((unit) => mistakeAt(this.mistakes, `${state}_${unit}`) || this.#order(state, unit, usual));
    const names = { cm: t("Depth (cm)"), ratio: t("Extent (% of the zones)"), s: t("Held for (min)") };
    return html`<span><span class="mark ${state}">${word}</span><span class="passage">${passabilityWord(usual.passability[state])}</span></span>
      ${UNITS.map((unit, place) => this.#input(/** @type {LineName} */ (`${state}_${unit}`), `${word}: ${names[unit]}`, FACTORS[unit], Boolean(wrong[place])))}
      ${wrong.some(Boolean) ? html`<span class="wide refusal" role="alert">${wrong.filter(Boolean).join(" ")}</span>` : null}`;
  }

  /** What is wrong with the limits taken together, where no single one shows it. */
  #whole() {
    const words = this.mistakes.filter(({ location }) => location === "").map(({ text }) => text).join(" ");
    const isShown = this.usual && STATES.some((state) => UNITS.some((unit) => this.usual && this.#order(state, unit, this.usual)));
    return words && !isShown ? html`<p class="refusal" role="alert">${words}</p>` : null;
  }

  /** @param {LineName} name @param {string} word @param {number} factor */
  #field(name, word, factor) {
    const wrong = mistakeAt(this.mistakes, name);
    return html`<label>${word}${this.#input(name, "", factor, Boolean(wrong))}${wrong ? html`<span class="refusal" role="alert">${wrong}</span>` : null}</label>`;
  }

  /** @param {LineName} name @param {string} word of a field without a label @param {number} factor @param {boolean} isWrong */
  #input(name, word, factor, isWrong) {
    const own = this.lines[name];
    const usual = this.usual?.lines[name] ?? 0;
    return html`<input class=${isWrong ? "wrong" : ""} type="number" inputmode="decimal" min="0" step="any" aria-label=${word || nothing} aria-invalid=${isWrong} .value=${typeof own === "number" ? shown(own, factor) : ""} placeholder=${shown(usual, factor)} ?disabled=${this.fixed}
      @change=${(/** @type {Event} */ event) => this.#set(name, /** @type {HTMLInputElement} */ (event.target).value, factor)}>`;
  }

  /** @param {LineName} name @param {string} typed @param {number} factor */
  #set(name, typed, factor) {
    const value = typed === "" ? null : Number((Number(typed) / factor).toFixed(6));
    this.dispatchEvent(new CustomEvent("changed", { detail: { ...this.lines, [name]: value } }));
  }

  /** Each level must lie above the one before. @param {AlarmState} state @param {Unit} unit @param {PlaceUsual} usual */
  #order(state, unit, usual) {
    const before = STATES[STATES.indexOf(state) - 1];
    if (!before || unit === "s") return "";
    const inForce = (/** @type {AlarmState} */ one) => this.lines[/** @type {LineName} */ (`${one}_${unit}`)] ?? usual.lines[/** @type {LineName} */ (`${one}_${unit}`)];
    const least = inForce(before);
    if (inForce(state) > least) return "";
    const value = decimal(least * FACTORS[unit]);
    return unit === "cm" ? t("Its depth must be above {value} cm, that of {state}.", { value, state: waterLevelWord(before) }) : t("Its extent must be above {value} %, that of {state}.", { value, state: waterLevelWord(before) });
  }
}

/** @param {number} value @param {number} factor */
function shown(value, factor) {
  return String(Number((value * factor).toFixed(3)));
}

customElements.define("gp-water-limits", GpWaterLimits);
