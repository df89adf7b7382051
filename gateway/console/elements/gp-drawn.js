/** A camera's picture, still or live, with what is drawn on it. */
/** @import { Camera, Point } from "../contract.js" */
/** @import { Site } from "../site.js" */
/** @import { Shape, Sort } from "./gp-shapes.js" */
import { css, html } from "lit";
import { snapshotUrl } from "../api.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { base, controls } from "../styles.js";
import { ConsoleElement } from "./console-element.js";
import "./gp-live.js";
import "./gp-shapes.js";

const WIDTH_PX = 1280;
const MOST_ZOOM = 8;

/** Tells by "choose" (an id), "reshape" (id and points), "remove" (an id) and "drawn" (the sort and its points). */
export class GpDrawn extends ConsoleElement {
  static styles = [base, controls, css`
    :host { display: grid; gap: var(--s3); }
    img, gp-live { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: fill; }
    .row { flex-wrap: wrap; }
    .zoom { margin-inline-start: auto; }
    .blank { position: absolute; inset: 0; display: grid; place-content: center; padding: var(--s4); color: var(--stage-ink-2); }
  `];
  static properties = {
    site: { attribute: false }, camera: { attribute: false }, shapes: { attribute: false }, chosen: {}, fixed: { type: Boolean },
    sort: { state: true }, isLive: { state: true }, taken: { state: true }, isBlank: { state: true }, zoom: { state: true },
  };

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
    /** @type {Camera | null} */
    this.camera = null;
    /** @type {Shape[]} */
    this.shapes = [];
    this.chosen = "";
    this.fixed = false;
    /** What is being drawn. @type {Sort | null} */
    this.sort = null;
    this.isLive = false;
    /** Makes the still picture a new one. */
    this.taken = 0;
    /** There is no still picture. */
    this.isBlank = false;
    this.zoom = 1;
  }

  /** Have something drawn. @param {Sort} sort */
  draw(sort) {
    this.sort = sort;
    this.#tell("choose", "");
    this.show();
  }

  /** Bring the picture into view. */
  show() {
    this.scrollIntoView({ block: "nearest" });
  }

  willUpdate(/** @type {Map<string, unknown>} */ changed) {
    if (changed.has("taken")) this.isBlank = false;
  }

  render() {
    const { camera } = this;
    if (!camera) return null;
    const { width, height } = camera.stream ?? { width: 16, height: 9 };
    return html`<div class="row"><div class="segments" role="group" aria-label=${t("Picture")}>
        <button aria-pressed=${!this.isLive} @click=${() => { this.isLive = false; this.taken += 1; }}>${t("Still")}</button>
        <button aria-pressed=${this.isLive} @click=${() => { this.isLive = true; }}>${t("Live")}</button></div>
        ${this.isLive ? null : html`<button @click=${() => { this.taken += 1; }}>${t("Another picture")}</button>`}
        <div class="segments zoom" role="group" aria-label=${t("Size of the picture")}>
          <button aria-label=${t("Smaller")} ?disabled=${this.zoom === 1} @click=${() => { this.zoom /= 2; }}>${icon("zoomOut")}</button>
          <button aria-label=${t("Larger")} ?disabled=${this.zoom === MOST_ZOOM} @click=${() => { this.zoom *= 2; }}>${icon("zoomIn")}</button></div></div>
      <gp-shapes .shapes=${this.shapes} .chosen=${this.chosen} .sort=${this.sort} .ratio=${width / height} .zoom=${this.zoom} ?fixed=${this.fixed}
        @choose=${this.#pass} @reshape=${this.#pass} @remove=${this.#pass} @drawn=${this.#drawn} @stop-drawing=${() => { this.sort = null; }}>
        ${this.isLive ? html`<gp-live .site=${this.site} .camera=${camera}></gp-live>` : this.#still(camera)}</gp-shapes>`;
  }

  /** @param {Camera} camera */
  #still({ id }) {
    if (this.isBlank) return html`<p class="blank" role="status">${t("There is no picture of this camera now.")}</p>`;
    return html`<img src=${`${snapshotUrl(id, WIDTH_PX)}&taken=${this.taken}`} alt="" draggable="false" @error=${() => { this.isBlank = true; }}>`;
  }

  /** @param {CustomEvent} event */
  #pass({ type, detail }) {
    this.#tell(type, detail);
  }

  /** @param {CustomEvent<Point[]>} event */
  #drawn({ detail: points }) {
    const { sort } = this;
    this.sort = null;
    if (sort) this.#tell("drawn", { sort, points });
  }

  /** @param {string} type @param {unknown} detail */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

customElements.define("gp-drawn", GpDrawn);
