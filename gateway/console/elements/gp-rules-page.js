/** 规则: what is watched for at one camera, and where in its picture. */
/** @import { CameraRules, Place, Rule, RuleType } from "../administration.js" */
/** @import { Camera, Point } from "../contract.js" */
/** @import { Site } from "../site.js" */
/** @import { GpDrawn } from "./gp-drawn.js" */
/** @import { Shape, Sort } from "./gp-shapes.js" */
import { css, html } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { getJson, sendJson } from "../api.js";
import { Draft } from "../draft.js";
import { dayAndTime } from "../format.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { below } from "../mistakes.js";
import { freeId } from "../outlines.js";
import { placeOf, ruleTypeWord, traitsOf } from "../rule-words.js";
import { base, controls, forms, marks, tables } from "../styles.js";
import { objectWord, severityWord } from "../vocabulary.js";
import { ConsoleElement } from "./console-element.js";
import { crossedHint, draftFoot, foot, notRead } from "./draft-foot.js";
import { page } from "./page-styles.js";
import { watched, watchedHeader } from "./watched-header.js";
import "./gp-drawn.js";
import "./gp-place-list.js";
import "./gp-rule-form.js";

/** What is rewritten. @typedef {{ zones: Place[], rules: Rule[] }} Written */

export class GpRulesPage extends ConsoleElement {
  static styles = [base, controls, forms, marks, page, tables, foot, watched, css`
    .columns { grid-template-columns: minmax(0, 1fr) minmax(24rem, 34rem); }
    .picture { display: grid; gap: var(--s3); }
    .drawn { padding: var(--s3) var(--s4); display: grid; gap: var(--s2); }
    .rules { padding: var(--s3) var(--s4); display: grid; gap: var(--s3); }
    tr.chosen td { background: var(--accent-soft); }
    tr.wrong td:first-child { box-shadow: inset 0.2rem 0 var(--red); }
    td .link { text-align: start; padding: 0; min-height: max(2rem, var(--touch)); border: 0; background: none; }
    gp-rule-form { border-block-start: 1px solid var(--line); padding-block-start: var(--s3); }
    @media (max-width: 1000px) { .columns { grid-template-columns: minmax(0, 1fr); } }
  `];
  static properties = { site: { attribute: false }, cameraId: { attribute: false }, chosen: { state: true }, chosenPlace: { state: true } };

  /** @type {Draft<CameraRules, Written>} */
  #draft = new Draft(this, { read: () => getJson(this.#path), write: (value) => sendJson("PUT", this.#path, value), part: ({ zones, rules }) => ({ zones, rules }), refused: () => this.#openWrong() });

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
    this.cameraId = "";
    /** Number of the rule being written, -1 for none. */
    this.chosen = -1;
    /** Id of the area or line being changed, "" for none. */
    this.chosenPlace = "";
  }

  willUpdate(/** @type {Map<string, unknown>} */ changed) {
    if (changed.has("site") && this.site) this.follow(this.site, "cameras");
  }

  firstUpdated() {
    this.#draft.read();
  }

  get #path() {
    return `cameras/${encodeURIComponent(this.cameraId)}/rules`;
  }

  get #places() {
    return this.#draft.value?.zones ?? [];
  }

  get #rules() {
    return this.#draft.value?.rules ?? [];
  }

  render() {
    const camera = this.site?.cameras.get(this.cameraId);
    return html`<div class="page">${watchedHeader(this.cameraId, camera, "rules", true)}
      ${camera && this.#draft.kept ? this.#whole(camera, this.#draft.kept) : this.site?.system && !camera ? html`<p class="quiet" role="status">${t("There is no such camera.")}</p>` : notRead(this.#draft)}</div>`;
  }

  /** @param {Camera} camera @param {CameraRules} kept */
  #whole(camera, kept) {
    return html`<div class="columns">
      <div class="picture">
        <gp-drawn .site=${this.site} .camera=${camera} .shapes=${this.#places.map(shapeOf)} .chosen=${this.chosenPlace} @choose=${this.#choose} @remove=${this.#remove}
          @reshape=${(/** @type {CustomEvent<{ id: string, points: Point[] }>} */ { detail: { id, points } }) => this.#replace(id, (place) => ({ ...place, ...outlineOf(!place.polygon, points) }))}
          @drawn=${(/** @type {CustomEvent<{ sort: Sort, points: Point[] }>} */ { detail }) => this.#draw(detail.sort, detail.points)}></gp-drawn>
        <section class="panel drawn" aria-label=${t("Areas and lines")}><h2>${t("Areas and lines")}</h2>
          <gp-place-list .rows=${this.#places.map((place) => ({ shape: shapeOf(place), name: place.name }))} .chosen=${this.chosenPlace} .mistakes=${below(this.#draft.mistakes, "zones")}
            .offers=${[{ sort: areaSort(), word: t("Draw an area") }, { sort: lineSort(), word: t("Draw a line") }]} @choose=${this.#choose} @remove=${this.#remove}
            @rename=${(/** @type {CustomEvent<{ id: string, name: string }>} */ { detail: { id, name } }) => this.#replace(id, (place) => ({ ...place, name }))}
            @draw=${(/** @type {CustomEvent<Sort>} */ { detail }) => /** @type {GpDrawn} */ (this.renderRoot.querySelector("gp-drawn")).draw(detail)}></gp-place-list></section></div>
      <section class="panel rules" aria-label=${t("Rules")}>${this.#rules.length ? this.#table() : this.#usual(kept)}
        ${this.#rule()}${this.#foot(kept)}</section></div>`;
  }

  /** @param {CustomEvent<string>} event */
  #choose({ detail }) {
    this.chosenPlace = detail;
  }

  /** @param {CustomEvent<string>} event */
  #remove({ detail }) {
    this.#change({ zones: this.#places.filter(({ id }) => id !== detail) });
  }

  /** @param {string} which @param {(place: Place) => Place} other */
  #replace(which, other) {
    this.#change({ zones: this.#places.map((place) => (place.id === which ? other(place) : place)) });
  }

  /** @param {Sort} sort @param {Point[]} points */
  #draw({ stem, isLine }, points) {
    const id = freeId(this.#places, stem);
    this.#change({ zones: [...this.#places, { id, name: "", ...outlineOf(isLine, points) }] });
    this.chosenPlace = id;
  }

  #table() {
    const mistakes = below(this.#draft.mistakes, "rules");
    return html`<table><thead><tr><th>${t("Rule")}</th><th>${t("Where")}</th><th>${t("Severity")}</th><th><span class="unseen">${t("Actions")}</span></th></tr></thead>
      <tbody>${this.#rules.map((rule, number) => this.#row(rule, number, below(mistakes, String(number)).length > 0))}</tbody></table>
      <div class="buttons"><button @click=${() => this.#add()}>${icon("add")}${t("Add a rule")}</button>
        <button @click=${() => this.#change({ rules: [] }, -1)}>${t("The usual rules instead")}</button></div>`;
  }

  /** @param {Rule} rule @param {number} number @param {boolean} isWrong */
  #row(rule, number, isWrong) {
    const { id, type, kinds, severity } = rule;
    const place = this.#places.find((one) => one.id === placeOf(rule));
    return html`<tr class="${number === this.chosen ? "chosen" : ""} ${isWrong ? "wrong" : ""}"><td><button class="plain link" aria-expanded=${number === this.chosen} @click=${() => { this.chosen = this.chosen === number ? -1 : number; }}>${ruleTypeWord(type)}</button>
        <div class="tiny quiet"><span class="mono">${id}</span> · ${kinds.map(objectWord).join(" · ")}</div></td>
      <td data-label=${t("Where")}>${place ? place.name || place.id : placeOf(rule) || t("Whole picture")}</td>
      <td data-label=${t("Severity")}>${type === "count" ? "–" : html`<span><span class="mark ${severity}">${severityWord(severity)}</span></span>`}</td>
      <td><button class="plain square" aria-label=${t("Remove {camera}", { camera: id })} @click=${() => this.#change({ rules: this.#rules.toSpliced(number, 1) }, -1)}>${icon("remove")}</button></td></tr>`;
  }

  /** @param {CameraRules} kept */
  #usual({ default_rules: usual }) {
    return html`<p>${t("This camera has no rules of its own; the usual ones apply:")}</p>
      <ul>${usual.map(({ type, kinds, severity }) => html`<li class="small">${ruleTypeWord(type)} · ${kinds.map(objectWord).join(" · ")} <span class="mark ${severity}">${severityWord(severity)}</span></li>`)}</ul>
      <div class="buttons"><button @click=${() => this.#change({ rules: usual })}>${icon("edit")}${t("Begin with the usual ones")}</button><button @click=${() => this.#add()}>${icon("add")}${t("Add a rule")}</button></div>`;
  }

  #rule() {
    const rule = this.#rules[this.chosen];
    if (!rule) return null;
    const mistakes = below(this.#draft.mistakes, `rules.${this.chosen}`);
    return html`${keyed(this.chosen, html`<gp-rule-form .rule=${rule} .places=${this.#places} .mistakes=${mistakes}
      @changed=${(/** @type {CustomEvent<Rule>} */ { detail }) => this.#change({ rules: this.#rules.with(this.chosen, detail) })}></gp-rule-form>`)}`;
  }

  /** @param {CameraRules} kept */
  #foot({ changed_at: at, changed_by: by }) {
    const crossed = crossedHint(this.#places.map(shapeOf));
    const hint = crossed ?? (at ? html`<p class="tiny quiet">${t("changed {time}, by {name}", { time: dayAndTime(at), name: by ?? "" })}</p>` : null);
    return draftFoot(this.#draft, { word: t("Save"), hint, isWhole: !crossed });
  }

  /** Show the first rule that has a mistake. */
  #openWrong() {
    const [wrong] = below(this.#draft.mistakes, "rules");
    if (wrong) this.chosen = Number.parseInt(wrong.location, 10);
  }

  #add() {
    /** @type {RuleType} */
    const type = this.#places.some(({ polygon }) => polygon) || !this.#places.length ? "presence" : "crossing";
    const place = this.#places[0];
    /** @type {Rule} */
    const rule = {
      type, id: freeId(this.#rules, "rule"), zone: place?.polygon ? place.id : null, severity: "yellow", kinds: traitsOf(type).kinds,
      arming: { weekdays: [], hours: [], seasons: [], holidays: [], on_holidays: "never" }, ...(type === "crossing" ? { line: place?.id ?? null } : {}),
    };
    this.#change({ rules: [...this.#rules, rule] }, this.#rules.length);
  }

  /** @param {Partial<Written>} part @param {number} [chosen] */
  #change(part, chosen = this.chosen) {
    this.#draft.change({ zones: this.#places, rules: this.#rules, ...part });
    this.chosen = chosen;
  }
}

/** @param {Place} place @returns {Shape} */
function shapeOf({ id, name, polygon, line }) {
  return { id, name: name || id, isLine: !polygon, points: polygon ?? line ?? [], hasSides: !polygon };
}

/** @returns {Sort} */
function areaSort() {
  return { stem: "area", isLine: false, usual: [[0.3, 0.4], [0.7, 0.4], [0.7, 0.8], [0.3, 0.8]], hint: t("Tap the corners one after another, then press Done. Done without corners gives an area to be moved.") };
}

/** @returns {Sort} */
function lineSort() {
  return { stem: "line", isLine: true, usual: [[0.2, 0.6], [0.8, 0.6]], hint: t("Tap the two ends of the line. Side A is on the left on the way from the first to the second.") };
}

/** @param {boolean} isLine @param {Point[]} points @returns {Partial<Place>} */
function outlineOf(isLine, points) {
  return isLine ? { line: /** @type {[Point, Point]} */ (points) } : { polygon: points };
}

customElements.define("gp-rules-page", GpRulesPage);
