/** 规则: what is watched for at one camera, where in its picture, and where water is watched. */
/** @import { CameraRules, Place, Rule, RuleType } from "../administration.js" */
/** @import { Camera, Point } from "../contract.js" */
/** @import { Site } from "../site.js" */
/** @import { Shape } from "./gp-shapes.js" */
import { css, html } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { getJson, sendJson } from "../api.js";
import { dayAndTime } from "../format.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { below, mistakesOf } from "../mistakes.js";
import { cameraHref } from "../router.js";
import { placeOf, ruleTypeWord, traitsOf } from "../rule-words.js";
import { base, controls, forms, marks, tables } from "../styles.js";
import { objectWord, severityWord } from "../vocabulary.js";
import { ConsoleElement } from "./console-element.js";
import { freeId } from "./gp-drawn.js";
import { page } from "./page-styles.js";
import { refusal } from "./refusal.js";
import "./gp-rule-form.js";
import "./gp-water-places.js";

export class GpRulesPage extends ConsoleElement {
  static styles = [base, controls, forms, marks, page, tables, css`
    .columns { grid-template-columns: minmax(0, 1fr) minmax(24rem, 34rem); }
    header .segments { margin-inline-start: auto; }
    .rules { padding: var(--s3) var(--s4); display: grid; gap: var(--s3); }
    tr.chosen td { background: var(--accent-soft); }
    tr.wrong td:first-child { box-shadow: inset 0.2rem 0 var(--red); }
    td .link { text-align: start; padding: 0; min-height: 2rem; border: 0; background: none; }
    gp-rule-form { border-block-start: 1px solid var(--line); padding-block-start: var(--s3); }
    .foot { position: sticky; inset-block-end: 0; background: color-mix(in srgb, var(--panel) 92%, transparent); padding-block: var(--s2); display: grid; gap: var(--s2); z-index: 2; }
    @media (max-width: 1000px) { .columns { grid-template-columns: minmax(0, 1fr); } }
    @media (max-width: 760px) { .foot { inset-block-end: calc(3.25rem + env(safe-area-inset-bottom)); } }
  `];
  static properties = {
    site: { attribute: false }, cameraId: { attribute: false }, about: { state: true }, kept: { state: true }, places: { state: true }, rules: { state: true },
    chosen: { state: true }, isChanged: { state: true }, isSaved: { state: true }, busy: { state: true }, refused: { state: true },
  };

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
    this.cameraId = "";
    /** @type {"rules" | "water"} */
    this.about = "rules";
    /** As they hold. @type {CameraRules | null} */
    this.kept = null;
    /** As they are being written. @type {Place[]} */
    this.places = [];
    /** @type {Rule[]} */
    this.rules = [];
    /** Number of the rule being written, -1 for none. */
    this.chosen = -1;
    this.isChanged = false;
    this.isSaved = false;
    this.busy = false;
    /** @type {unknown} */
    this.refused = null;
  }

  willUpdate(/** @type {Map<string, unknown>} */ changed) {
    if (changed.has("site") && this.site) this.follow(this.site, "cameras");
  }

  firstUpdated() {
    this.#read();
  }

  get #path() {
    return `cameras/${encodeURIComponent(this.cameraId)}/rules`;
  }

  async #read() {
    this.refused = null;
    try {
      this.#take(await getJson(this.#path));
    } catch (error) {
      this.refused = error;
    }
  }

  /** @param {CameraRules} kept */
  #take(kept) {
    this.kept = kept;
    this.places = kept.zones;
    this.rules = kept.rules;
    this.chosen = Math.min(this.chosen, kept.rules.length - 1);
    this.isChanged = false;
    this.refused = null;
  }

  render() {
    const camera = this.site?.cameras.get(this.cameraId);
    const about = (/** @type {"rules" | "water"} */ what, /** @type {string} */ word) => html`<button aria-pressed=${this.about === what} @click=${() => { this.about = what; }}>${word}</button>`;
    return html`<div class="page"><nav><a class="button plain" href=${cameraHref(this.cameraId)}>${icon("back")}<span class="cut">${camera?.name ?? t("Camera")}</span></a></nav>
      <header><h1 tabindex="-1">${t("Rules of {camera}", { camera: camera?.name ?? this.cameraId })}</h1>
        <div class="segments" role="group" aria-label=${t("What is watched")}>${about("rules", t("Rules"))}${about("water", t("Water areas"))}</div></header>
      ${camera && this.kept ? this.about === "rules" ? this.#whole(camera, this.kept) : html`<gp-water-places .site=${this.site} .camera=${camera}></gp-water-places>`
        : html`${refusal(this.refused)}${this.refused ? html`<button @click=${this.#read}>${t("Try again")}</button>` : html`<p class="quiet" role="status">${this.site?.system && !camera ? t("There is no such camera.") : t("Reading…")}</p>`}`}</div>`;
  }

  /** @param {Camera} camera @param {CameraRules} kept */
  #whole(camera, kept) {
    const mistakes = mistakesOf(this.refused);
    const changed = (/** @type {CustomEvent<Shape[]>} */ { detail }) => this.#change({ places: detail.map(placeOfShape) });
    return html`<div class="columns">
      <gp-drawn .site=${this.site} .camera=${camera} .shapes=${this.places.map(shapeOf)} .mistakes=${below(mistakes, "zones")} lines @changed=${changed}></gp-drawn>
      <section class="panel rules" aria-label=${t("Rules")}>${this.rules.length ? this.#table() : this.#usual(kept)}
        ${this.#rule()}${this.#foot(kept)}</section></div>`;
  }

  #table() {
    const mistakes = below(mistakesOf(this.refused), "rules");
    return html`<table><thead><tr><th>${t("Rule")}</th><th>${t("Where")}</th><th>${t("Severity")}</th><th><span class="unseen">${t("Actions")}</span></th></tr></thead>
      <tbody>${this.rules.map((rule, number) => this.#row(rule, number, below(mistakes, String(number)).length > 0))}</tbody></table>
      <div class="buttons"><button @click=${() => this.#add()}>${icon("add")}${t("Add a rule")}</button>
        <button @click=${() => this.#change({ rules: [] }, -1)}>${t("The usual rules instead")}</button></div>`;
  }

  /** @param {Rule} rule @param {number} number @param {boolean} isWrong */
  #row(rule, number, isWrong) {
    const { id, type, kinds, severity } = rule;
    const place = this.places.find((one) => one.id === placeOf(rule));
    return html`<tr class="${number === this.chosen ? "chosen" : ""} ${isWrong ? "wrong" : ""}"><td><button class="plain link" aria-expanded=${number === this.chosen} @click=${() => { this.chosen = this.chosen === number ? -1 : number; }}>${ruleTypeWord(type)}</button>
        <div class="tiny quiet"><span class="mono">${id}</span> · ${kinds.map(objectWord).join(" · ")}</div></td>
      <td data-label=${t("Where")}>${place ? place.name || place.id : placeOf(rule) || t("Whole picture")}</td>
      <td data-label=${t("Severity")}>${type === "count" ? "–" : html`<span><span class="mark ${severity}">${severityWord(severity)}</span></span>`}</td>
      <td><button class="plain square" aria-label=${t("Remove {camera}", { camera: id })} @click=${() => this.#change({ rules: this.rules.toSpliced(number, 1) }, -1)}>${icon("remove")}</button></td></tr>`;
  }

  /** @param {CameraRules} kept */
  #usual({ default_rules: usual }) {
    return html`<p>${t("This camera has no rules of its own; the usual ones apply:")}</p>
      <ul>${usual.map(({ type, kinds, severity }) => html`<li class="small">${ruleTypeWord(type)} · ${kinds.map(objectWord).join(" · ")} <span class="mark ${severity}">${severityWord(severity)}</span></li>`)}</ul>
      <div class="buttons"><button @click=${() => this.#change({ rules: usual })}>${icon("edit")}${t("Begin with the usual ones")}</button><button @click=${() => this.#add()}>${icon("add")}${t("Add a rule")}</button></div>`;
  }

  #rule() {
    const rule = this.rules[this.chosen];
    if (!rule) return null;
    const mistakes = below(mistakesOf(this.refused), `rules.${this.chosen}`);
    return html`${keyed(this.chosen, html`<gp-rule-form .rule=${rule} .places=${this.places} .mistakes=${mistakes}
      @changed=${(/** @type {CustomEvent<Rule>} */ { detail }) => this.#change({ rules: this.rules.with(this.chosen, detail) })}></gp-rule-form>`)}`;
  }

  /** @param {CameraRules} kept */
  #foot({ changed_at: at, changed_by: by }) {
    return html`<div class="foot">${refusal(this.refused)}<div class="buttons">
        <button class="primary" ?disabled=${this.busy || !this.isChanged} @click=${this.#save}>${t("Save")}</button>
        <button ?disabled=${this.busy || !this.isChanged} @click=${() => { if (this.kept) this.#take(this.kept); }}>${icon("undo")}${t("Undo the changes")}</button>
        ${this.isSaved ? html`<span class="mark good" role="status">${icon("check")}${t("Saved")}</span>` : null}</div>
      ${at ? html`<p class="tiny quiet">${t("changed {time}, by {name}", { time: dayAndTime(at), name: by ?? "" })}</p>` : null}</div>`;
  }

  #add() {
    /** @type {RuleType} */
    const type = this.places.some(({ polygon }) => polygon) || !this.places.length ? "presence" : "crossing";
    const place = this.places[0];
    /** @type {Rule} */
    const rule = {
      type, id: freeId(this.rules, "rule"), zone: place?.polygon ? place.id : null, severity: "yellow", kinds: traitsOf(type).kinds,
      arming: { weekdays: [], hours: [], seasons: [], holidays: [], on_holidays: "never" }, ...(type === "crossing" ? { line: place?.id ?? null } : {}),
    };
    this.#change({ rules: [...this.rules, rule] }, this.rules.length);
  }

  /** @param {{ places?: Place[], rules?: Rule[] }} part @param {number} [chosen] */
  #change({ places = this.places, rules = this.rules }, chosen = this.chosen) {
    this.places = places;
    this.rules = rules;
    this.chosen = chosen;
    this.isChanged = true;
    this.isSaved = false;
  }

  async #save() {
    this.busy = true;
    this.refused = null;
    try {
      this.#take(await sendJson("PUT", this.#path, { zones: this.places, rules: this.rules }));
      this.isSaved = true;
    } catch (error) {
      this.refused = error;
      const [wrong] = below(mistakesOf(error), "rules");
      if (wrong) this.chosen = Number.parseInt(wrong.location, 10);
    } finally {
      this.busy = false;
    }
  }
}

/** @param {Place} place @returns {Shape} */
function shapeOf({ id, name, polygon, line }) {
  return { id, name, isLine: !polygon, points: polygon ?? line ?? [] };
}

/** @param {Shape} shape @returns {Place} */
function placeOfShape({ id, name, isLine, points }) {
  return isLine ? { id, name, line: /** @type {[Point, Point]} */ (points) } : { id, name, polygon: points };
}

customElements.define("gp-rules-page", GpRulesPage);
