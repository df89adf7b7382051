/** The areas and lines drawn on a picture, one below the other: named, chosen, removed, and new ones begun. */
/** @import { Mistake } from "../api.js" */
/** @import { Shape, Sort } from "./gp-shapes.js" */
import { css, html } from "lit";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { base, controls, forms } from "../styles.js";
import { fault } from "./calendar-fields.js";
import { ConsoleElement } from "./console-element.js";

/** Tells by "choose" (id), "rename" (id and name), "remove" (id) and "draw" ("area" or "line"). */
export class GpPlaceList extends ConsoleElement {
  static styles = [base, controls, forms, css`
    ul { display: grid; gap: var(--s1); padding-block-end: var(--s2); }
    li { display: grid; grid-template-columns: auto minmax(0, 1fr) auto; gap: var(--s2); align-items: center; border-inline-start: 0.2rem solid transparent; padding-inline-start: var(--s2); }
    li.chosen { border-color: var(--yellow-line); }
    li > .all { grid-column: 1 / -1; }
  `];
  static properties = { shapes: { attribute: false }, chosen: {}, mistakes: { attribute: false }, lines: { type: Boolean } };

  constructor() {
    super();
    /** @type {Shape[]} */
    this.shapes = [];
    this.chosen = "";
    /** By the number of the shape. @type {Mistake[]} */
    this.mistakes = [];
    /** Lines may be drawn too. */
    this.lines = false;
  }

  render() {
    const draw = (/** @type {Sort} */ sort) => () => this.#tell("draw", sort);
    return html`<ul>${this.shapes.map((shape, place) => this.#row(shape, place))}</ul>
      <div class="buttons"><button @click=${draw("area")}>${icon("add")}${t("Draw an area")}</button>
        ${this.lines ? html`<button @click=${draw("line")}>${icon("add")}${t("Draw a line")}</button>` : null}</div>`;
  }

  /** @param {Shape} shape @param {number} place */
  #row({ id, name, isLine }, place) {
    const rename = (/** @type {Event} */ event) => this.#tell("rename", { id, name: /** @type {HTMLInputElement} */ (event.target).value.trim() });
    return html`<li class=${id === this.chosen ? "chosen" : ""}><button class="square" aria-pressed=${id === this.chosen} aria-label=${t("Choose {area}", { area: name || id })} title=${isLine ? t("Line") : t("Area")} @click=${() => this.#tell("choose", id)}>${icon(isLine ? "edit" : "expand")}</button>
      <input aria-label=${t("Name of {area}", { area: id })} maxlength="80" .value=${name} placeholder=${id} @change=${rename}>
      <button class="square" aria-label=${t("Remove {camera}", { camera: name || id })} @click=${() => this.#tell("remove", id)}>${icon("remove")}</button>
      <span class="all">${fault(this.mistakes, String(place))}</span></li>`;
  }

  /** @param {string} type @param {unknown} detail */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

customElements.define("gp-place-list", GpPlaceList);
