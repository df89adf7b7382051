/** What is drawn on a picture, one below the other: named, chosen, removed, and new ones begun. */
/** @import { Mistake } from "../api.js" */
/** @import { Shape, Sort } from "./gp-shapes.js" */
import { css, html } from "lit";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { below } from "../mistakes.js";
import { base, controls, forms } from "../styles.js";
import { fault } from "./calendar-fields.js";
import { ConsoleElement } from "./console-element.js";

/** `shape`: its id is told by events; `name`: as it was typed, null where it has none; `more`: fields below; `own`: mistakes that these show. @typedef {{ shape: Shape, name: string | null, more?: unknown, own?: string[] }} Row */
/** @typedef {{ sort: Sort, word: string }} Offer */

/** Tells by "choose" (id), "rename" (id and name), "remove" (id) and "draw" (a sort). */
export class GpPlaceList extends ConsoleElement {
  static styles = [base, controls, forms, css`
    ul { display: grid; gap: var(--s1); }
    ul:not(:empty) { padding-block-end: var(--s2); }
    li { display: grid; grid-template-columns: auto minmax(0, 1fr) auto; gap: var(--s2); align-items: center; border-inline-start: 0.2rem solid transparent; padding-inline-start: var(--s2); }
    li.chosen { border-color: var(--yellow-line); }
    li > .all { grid-column: 1 / -1; }
    li > .all:empty { display: none; }
    .numbers { grid-template-columns: repeat(auto-fit, minmax(min(100%, 8.5rem), 1fr)); }
    .meant { display: grid; grid-template-columns: minmax(8rem, 13rem) minmax(0, 1fr); gap: var(--s3); align-items: center; }
    .more { display: grid; gap: var(--s2); padding-block-end: var(--s3); }
  `];
  static properties = { rows: { attribute: false }, chosen: {}, mistakes: { attribute: false }, offers: { attribute: false }, fixed: { type: Boolean } };

  constructor() {
    super();
    /** @type {Row[]} */
    this.rows = [];
    this.chosen = "";
    /** By the number of the row. @type {Mistake[]} */
    this.mistakes = [];
    /** What may be drawn. @type {Offer[]} */
    this.offers = [];
    this.fixed = false;
  }

  render() {
    return html`<ul>${this.rows.map((row, place) => this.#row(row, place))}</ul>
      ${this.fixed ? null : html`<div class="buttons">${this.offers.map(({ sort, word }) => html`<button @click=${() => this.#tell("draw", sort)}>${icon("add")}${word}</button>`)}</div>`}`;
  }

  /** @param {Row} row @param {number} place */
  #row({ shape, name, more, own = [] }, place) {
    const { id, isLine } = shape;
    const called = shape.name || id;
    const rename = (/** @type {Event} */ event) => this.#tell("rename", { id, name: /** @type {HTMLInputElement} */ (event.target).value.trim() });
    const others = below(this.mistakes, String(place)).filter(({ location }) => !own.includes(location));
    return html`<li class=${id === this.chosen ? "chosen" : ""}><button class="square" aria-pressed=${id === this.chosen} aria-label=${t("Choose {area}", { area: called })} title=${isLine ? t("Line") : t("Area")} @click=${() => this.#tell("choose", id)}>${icon(isLine ? "edit" : "expand")}</button>
      ${name === null ? html`<span>${called}</span>` : html`<input aria-label=${t("Name of {area}", { area: called })} maxlength="80" .value=${name} placeholder=${called} ?disabled=${this.fixed} @change=${rename}>`}
      ${this.fixed ? html`<span></span>` : html`<button class="square" aria-label=${t("Remove {camera}", { camera: called })} @click=${() => this.#tell("remove", id)}>${icon("remove")}</button>`}
      ${others.length ? html`<span class="all">${fault(others.map(({ text }) => ({ location: "", text })), "")}</span>` : null}
      ${more ? html`<div class="all more">${more}</div>` : null}</li>`;
  }

  /** @param {string} type @param {unknown} detail */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

customElements.define("gp-place-list", GpPlaceList);
