/** A camera's picture with areas and lines drawn on it, and their list: for rules and for water. */
/** @import { Mistake } from "../api.js" */
/** @import { Camera, Point } from "../contract.js" */
/** @import { Site } from "../site.js" */
/** @import { Shape, Sort } from "./gp-shapes.js" */
import { css, html } from "lit";
import { snapshotUrl } from "../api.js";
import { t } from "../language.js";
import { base, controls } from "../styles.js";
import { ConsoleElement } from "./console-element.js";
import "./gp-live.js";
import "./gp-place-list.js";
import "./gp-shapes.js";

const WIDTH_PX = 1280;

/** Tells of what is drawn now by a "changed" event. */
export class GpDrawn extends ConsoleElement {
  static styles = [base, controls, css`
    :host { display: grid; gap: var(--s3); }
    img, gp-live { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: fill; }
    .panel { padding: var(--s3) var(--s4); display: grid; gap: var(--s2); }
    .row { flex-wrap: wrap; }
    .blank { position: absolute; inset: 0; display: grid; place-content: center; padding: var(--s4); color: var(--stage-ink-2); }
  `];
  static properties = {
    site: { attribute: false }, camera: { attribute: false }, shapes: { attribute: false }, mistakes: { attribute: false }, lines: { type: Boolean },
    chosen: { state: true }, sort: { state: true }, isLive: { state: true }, taken: { state: true }, isBlank: { state: true },
  };

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
    /** @type {Camera | null} */
    this.camera = null;
    /** @type {Shape[]} */
    this.shapes = [];
    /** By the number of the shape. @type {Mistake[]} */
    this.mistakes = [];
    this.lines = false;
    this.chosen = "";
    /** @type {Sort | ""} */
    this.sort = "";
    this.isLive = false;
    /** Makes the still picture a new one. */
    this.taken = 0;
    /** There is no still picture. */
    this.isBlank = false;
  }

  willUpdate(/** @type {Map<string, unknown>} */ changed) {
    if (changed.has("taken")) this.isBlank = false;
  }

  render() {
    const { camera } = this;
    if (!camera) return null;
    const { width, height } = camera.stream ?? { width: 16, height: 9 };
    const choose = (/** @type {CustomEvent<string>} */ { detail }) => { this.chosen = detail; };
    return html`<div class="row"><div class="segments" role="group" aria-label=${t("Picture")}>
        <button aria-pressed=${!this.isLive} @click=${() => { this.isLive = false; this.taken += 1; }}>${t("Still")}</button>
        <button aria-pressed=${this.isLive} @click=${() => { this.isLive = true; }}>${t("Live")}</button></div>
        ${this.isLive ? null : html`<button @click=${() => { this.taken += 1; }}>${t("Another picture")}</button>`}</div>
      <gp-shapes .shapes=${this.shapes} .chosen=${this.chosen} .sort=${this.sort} .ratio=${width / height} @choose=${choose}
        @reshape=${(/** @type {CustomEvent<{ id: string, points: Point[] }>} */ { detail }) => this.#change(detail.id, { points: detail.points })}
        @drawn=${(/** @type {CustomEvent<Point[]>} */ { detail }) => this.#add(detail)} @stop-drawing=${() => { this.sort = ""; }}>
        ${this.isLive ? html`<gp-live .site=${this.site} .camera=${camera}></gp-live>` : this.#still(camera)}</gp-shapes>
      <section class="panel" aria-label=${t("Areas and lines")}><h2>${this.lines ? t("Areas and lines") : t("Areas")}</h2>
        <gp-place-list .shapes=${this.shapes} .chosen=${this.chosen} .mistakes=${this.mistakes} ?lines=${this.lines} @choose=${choose}
          @rename=${(/** @type {CustomEvent<{ id: string, name: string }>} */ { detail }) => this.#change(detail.id, { name: detail.name })}
          @remove=${(/** @type {CustomEvent<string>} */ { detail }) => this.#tell(this.shapes.filter(({ id }) => id !== detail))}
          @draw=${(/** @type {CustomEvent<Sort>} */ { detail }) => this.#begin(detail)}></gp-place-list></section>`;
  }

  /** @param {Camera} camera */
  #still({ id }) {
    if (this.isBlank) return html`<p class="blank" role="status">${t("There is no picture of this camera now.")}</p>`;
    return html`<img src=${`${snapshotUrl(id, WIDTH_PX)}&taken=${this.taken}`} alt="" draggable="false" @error=${() => { this.isBlank = true; }}>`;
  }

  /** @param {Sort} sort */
  async #begin(sort) {
    this.sort = sort;
    this.chosen = "";
    await this.updateComplete;
    this.renderRoot.querySelector("gp-shapes")?.scrollIntoView({ block: "nearest" });
  }

  /** @param {Point[]} points */
  #add(points) {
    const isLine = this.sort === "line";
    const id = freeId(this.shapes, isLine ? "line" : "area");
    this.sort = "";
    this.chosen = id;
    this.#tell([...this.shapes, { id, name: "", isLine, points }]);
  }

  /** @param {string} id @param {Partial<Shape>} part */
  #change(id, part) {
    this.#tell(this.shapes.map((shape) => (shape.id === id ? { ...shape, ...part } : shape)));
  }

  /** @param {Shape[]} detail */
  #tell(detail) {
    this.dispatchEvent(new CustomEvent("changed", { detail }));
  }
}

/** An id that none of these has. @param {readonly { id: string }[]} taken @param {string} stem */
export function freeId(taken, stem) {
  const ids = new Set(taken.map(({ id }) => id));
  let number = 1;
  while (ids.has(`${stem}-${number}`)) number += 1;
  return `${stem}-${number}`;
}

customElements.define("gp-drawn", GpDrawn);
