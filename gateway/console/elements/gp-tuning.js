/** The analysed stream of one camera: how it is, how analysis would have it, tuned and undone. For administrators. */
/** @import { EncoderState } from "../contract.js" */
import { css, html } from "lit";
import { getJson, sendJson } from "../api.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { base, controls, forms, marks } from "../styles.js";
import { encodingWord, isWorthwhile, savedWord } from "../tuning.js";
import { ConsoleElement } from "./console-element.js";
import { facts } from "./page-styles.js";
import { refusal } from "./refusal.js";
import "./gp-confirm.js";

export class GpTuning extends ConsoleElement {
  static styles = [base, controls, forms, marks, facts, css`
    h2 { display: flex; align-items: center; gap: var(--s2); }
    .why { color: var(--ink-2); font-size: var(--small); }
    dl { grid-template-columns: 5rem minmax(0, 1fr); }
    .tick { align-items: start; }
  `];
  static properties = {
    cameraId: { attribute: false }, name: {},
    encoder: { state: true }, busy: { state: true }, accepted: { state: true }, refused: { state: true }, told: { state: true },
  };

  constructor() {
    super();
    this.cameraId = "";
    this.name = "";
    /** @type {EncoderState | null} */
    this.encoder = null;
    /** The camera is being asked or set. */
    this.busy = false;
    /** That the stream serves for more than analysis was read and accepted. */
    this.accepted = false;
    /** @type {unknown} */
    this.refused = null;
    /** What was done last, in words. */
    this.told = "";
  }

  get #path() {
    return `cameras/${encodeURIComponent(this.cameraId)}/encoder`;
  }

  render() {
    const { encoder } = this;
    return html`<section class="panel">
      <h2>${t("Stream tuning")}${encoder?.before ? html`<span class="mark good">${t("Tuned")}</span>` : null}</h2>
      ${encoder ? this.#state(encoder) : html`<p class="why">${t("The stream that is analysed can be made several times cheaper with the same incidents. The camera is asked what it offers.")}</p>`}
      ${refusal(this.refused)}${this.told ? html`<p role="status" class="small quiet">${this.told}</p>` : null}
      ${encoder ? this.#actions(encoder) : html`<div class="buttons"><button ?disabled=${this.busy} @click=${() => this.#do(async () => {})}>${icon("search")}${this.busy ? t("Asking the camera…") : t("Ask the camera")}</button></div>`}
      <gp-confirm></gp-confirm></section>`;
  }

  /** @param {EncoderState} encoder */
  #state({ now, before, suggested, obstacle }) {
    const more = isWorthwhile(suggested);
    return html`<dl>
        ${before ? html`<dt>${t("Before tuning")}</dt><dd>${encodingWord(before)}</dd>` : null}
        <dt>${t("Now")}</dt><dd>${encodingWord(now)}</dd>
        ${more ? html`<dt>${t("Suggested")}</dt><dd>${encodingWord(suggested.after)}</dd><dt>${t("Saves")}</dt><dd>${savedWord(suggested)}</dd>` : null}</dl>
      ${more ? html`<p class="why">${t("Incidents stay the same. Clips, the wall and the smooth picture come from this stream too and get plainer; the sharp picture does not change.")}</p>`
        : html`<p class="why">${t("It is as cheap as the camera can make it.")}</p>`}
      ${more && obstacle ? html`<label class="tick"><input type="checkbox" .checked=${this.accepted} @change=${(/** @type {Event} */ event) => { this.accepted = /** @type {HTMLInputElement} */ (event.target).checked; }}>
        <span>${t("This stream is also recorded all the time, or is the only one: tune it all the same")}<br><span class="tiny quiet" lang="en">${obstacle}</span></span></label>` : null}`;
  }

  /** @param {EncoderState} encoder */
  #actions({ before, suggested, obstacle }) {
    const blocked = this.busy || (obstacle !== "" && !this.accepted);
    return html`<div class="buttons">
      ${isWorthwhile(suggested) ? html`<button class="primary" ?disabled=${blocked} @click=${() => this.#tune()}>${t("Apply")}</button>` : null}
      ${before ? html`<button ?disabled=${this.busy} @click=${() => this.#do(() => sendJson("DELETE", this.#path), t("It is set back as it was."))}>${icon("undo")}${t("Undo")}</button>` : null}</div>`;
  }

  async #tune() {
    const dialog = /** @type {import("./gp-confirm.js").GpConfirm | null} */ (this.renderRoot.querySelector("gp-confirm"));
    const agreed = await dialog?.ask({
      title: t("Tune the stream of {camera}?", { camera: this.name }),
      text: t("The camera's own settings are changed, and its picture breaks off for some seconds. What it was is kept, and can be undone here."),
      action: t("Tune"), mild: true,
    });
    if (agreed) await this.#do(() => sendJson("PUT", this.#path, { shared: this.accepted }), t("It is tuned."));
  }

  /** Do it, and read how it stands then. @param {() => Promise<unknown>} change @param {string} [told] */
  async #do(change, told = "") {
    this.busy = true;
    this.refused = null;
    this.told = "";
    try {
      await change();
      this.encoder = await getJson(this.#path);
      this.told = told;
    } catch (error) {
      this.refused = error;
    }
    this.busy = false;
  }
}

customElements.define("gp-tuning", GpTuning);
