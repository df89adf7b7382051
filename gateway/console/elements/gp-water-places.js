/** 水面监测区: where water is watched at a camera, drawn on its picture; marks and lines stay as they are. */
/** @import { WaterPlaces } from "../administration.js" */
/** @import { Camera } from "../contract.js" */
/** @import { Site } from "../site.js" */
/** @import { Shape } from "./gp-shapes.js" */
import { css, html } from "lit";
import { ApiError, getJson, request, sendJson } from "../api.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { base, controls, forms, marks } from "../styles.js";
import { WATER_PLACE_CHOICES, waterPlaceWord } from "../water-words.js";
import { ConsoleElement } from "./console-element.js";
import { page } from "./page-styles.js";
import { refusal } from "./refusal.js";
import "./gp-confirm.js";
import "./gp-drawn.js";

export class GpWaterPlaces extends ConsoleElement {
  static styles = [base, controls, forms, marks, page, css`
    .columns { grid-template-columns: minmax(0, 1fr) minmax(20rem, 28rem); }
    form { padding: var(--s4); display: grid; gap: var(--s3); }
    @media (max-width: 1000px) { .columns { grid-template-columns: minmax(0, 1fr); } }
  `];
  static properties = { site: { attribute: false }, camera: { attribute: false }, found: { state: true }, isNew: { state: true }, isSaved: { state: true }, busy: { state: true }, refused: { state: true } };

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
    /** @type {Camera | null} */
    this.camera = null;
    /** @type {WaterPlaces | null} */
    this.found = null;
    /** No water is watched there yet. */
    this.isNew = false;
    this.isSaved = false;
    this.busy = false;
    /** @type {unknown} */
    this.refused = null;
  }

  firstUpdated() {
    this.#read();
  }

  get #path() {
    return `cameras/${encodeURIComponent(this.camera?.id ?? "")}/water`;
  }

  async #read() {
    try {
      this.found = await getJson(this.#path);
    } catch (error) {
      this.isNew = error instanceof ApiError && error.status === 404;
      if (this.isNew) this.found = { type: "road", zones: [] };
      else this.refused = error;
    }
  }

  render() {
    const { found } = this;
    if (!found) return html`${refusal(this.refused)}${this.refused ? null : html`<p class="quiet" role="status">${t("Reading…")}</p>`}`;
    const shapes = found.zones.map(({ id, name = "", polygon }) => ({ id, name, isLine: false, points: polygon }));
    return html`<div class="columns">
      <gp-drawn .site=${this.site} .camera=${this.camera} .shapes=${shapes} @changed=${this.#redrawn}></gp-drawn>
      <form class="panel" @submit=${this.#save} aria-label=${t("Water areas")}>
        <p>${t("Draw the lowest parts of the ground, where water gathers first. Only water in these areas counts.")}</p>
        <label>${t("Kind of place")}<select name="type" @change=${(/** @type {Event} */ event) => this.#change({ type: /** @type {HTMLSelectElement} */ (event.target).value })}>
          ${WATER_PLACE_CHOICES.map((one) => html`<option value=${one} ?selected=${one === found.type}>${waterPlaceWord(one)}</option>`)}</select></label>
        ${refusal(this.refused)}
        <div class="buttons"><button class="primary" ?disabled=${this.busy || !found.zones.length}>${t("Save")}</button>
          ${this.isNew ? null : html`<button type="button" ?disabled=${this.busy} @click=${this.#end}>${icon("remove")}${t("Watch no water here")}</button>`}
          ${this.isSaved ? html`<span class="mark good" role="status">${icon("check")}${t("Saved")}</span>` : null}</div>
        <p class="hint">${t("Marks of known height, limits and rivers are set by file or API, and stay as they are.")}</p></form>
      <gp-confirm></gp-confirm></div>`;
  }

  /** @param {CustomEvent<Shape[]>} event */
  #redrawn({ detail }) {
    this.#change({ zones: detail.map(({ id, name, points }) => ({ id, name, polygon: points })) });
  }

  /** @param {Partial<WaterPlaces>} part */
  #change(part) {
    this.found = { .../** @type {WaterPlaces} */ (this.found), ...part };
    this.isSaved = false;
  }

  /** @param {Event} event */
  async #save(event) {
    event.preventDefault();
    await this.#try(async () => {
      this.found = await sendJson("PUT", this.#path, this.found ?? {});
      this.isNew = false;
      this.isSaved = true;
    });
  }

  async #end() {
    const dialog = /** @type {import("./gp-confirm.js").GpConfirm | null} */ (this.renderRoot.querySelector("gp-confirm"));
    const agreed = await dialog?.ask({ title: t("Watch no water here?"), text: t("Its areas, marks and limits are forgotten. What was seen stays."), action: t("Watch no water here") });
    if (!agreed) return;
    await this.#try(async () => {
      await request(this.#path, { method: "DELETE" });
      this.found = { type: "road", zones: [] };
      this.isNew = true;
    });
  }

  /** @param {() => Promise<void>} deed */
  async #try(deed) {
    this.busy = true;
    this.refused = null;
    try {
      await deed();
    } catch (error) {
      this.refused = error;
    } finally {
      this.busy = false;
    }
  }
}

customElements.define("gp-water-places", GpWaterPlaces);
