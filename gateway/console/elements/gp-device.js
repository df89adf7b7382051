/** What can be set on the camera itself: its picture, its clock, and starting it anew. */
/** @import { ClockState, ImagingState, Knob } from "../contract.js" */
import { css, html } from "lit";
import { getJson, sendJson } from "../api.js";
import { irCutWord, knobWord, skewWord } from "../camera-words.js";
import { decimal } from "../format.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { base, controls, forms, marks } from "../styles.js";
import { ConsoleElement } from "./console-element.js";
import { facts } from "./page-styles.js";
import { refusal } from "./refusal.js";
import "./gp-confirm.js";

/** Beyond this, seconds, a clock is said to be wrong. */
const WRONG_CLOCK_S = 5;

export class GpDevice extends ConsoleElement {
  static styles = [base, controls, forms, marks, facts, css`
    :host { display: grid; gap: var(--s3); }
    .knob { grid-template-columns: 6rem minmax(0, 1fr) 3rem; align-items: center; gap: var(--s3); }
    .knob output { text-align: end; color: var(--ink); }
    dd.wrong { color: var(--yellow); font-weight: 600; }
    details > summary { cursor: pointer; color: var(--ink-2); font-size: var(--small); font-weight: 600; }
    details[open] > summary { padding-block-end: var(--s3); }
    .settings { display: grid; gap: var(--s3); }
  `];
  static properties = {
    cameraId: { attribute: false }, name: {}, isAdmin: { attribute: false },
    imaging: { state: true }, clock: { state: true }, refused: { state: true }, told: { state: true },
  };

  constructor() {
    super();
    this.cameraId = "";
    this.name = "";
    this.isAdmin = false;
    /** @type {ImagingState | null} */
    this.imaging = null;
    /** @type {ClockState | null} */
    this.clock = null;
    /** @type {unknown} */
    this.refused = null;
    /** What was done last, in words. */
    this.told = "";
  }

  connectedCallback() {
    super.connectedCallback();
    this.#read();
  }

  get #path() {
    return `cameras/${encodeURIComponent(this.cameraId)}`;
  }

  /** What the camera does not offer is not shown. */
  async #read() {
    const asked = ["imaging", "clock"].map((what) => getJson(`${this.#path}/${what}`).catch(() => null));
    [this.imaging, this.clock] = await Promise.all(asked);
  }

  render() {
    const { imaging, clock } = this;
    const settable = this.isAdmin && imaging && (imaging.knobs.length > 0 || imaging.ir_cut_modes.length > 0);
    if (!settable && !clock) return null;
    return html`${settable ? this.#picture(imaging) : null}${clock ? this.#body(clock) : null}<gp-confirm></gp-confirm>`;
  }

  /** @param {ImagingState} state */
  #picture({ knobs, ir_cut: mode, ir_cut_modes: modes }) {
    return html`<section class="panel"><details><summary>${t("Picture settings")}</summary><div class="settings">
      ${knobs.map((knob) => this.#knob(knob))}
      ${modes.length ? html`<div class="segments" role="group" aria-label=${t("Day and night")}>${modes.map((one) => html`
        <button class="grow" aria-pressed=${one === mode} @click=${() => this.#set({ ir_cut: one })}>${irCutWord(one)}</button>`)}</div>` : null}
    </div></details></section>`;
  }

  /** @param {Knob} knob */
  #knob({ name, value, least, most }) {
    const show = (/** @type {Event} */ event) => {
      const range = /** @type {HTMLInputElement} */ (event.target);
      const output = range.parentElement?.querySelector("output");
      if (output) output.value = decimal(range.valueAsNumber);
    };
    const set = (/** @type {Event} */ event) => this.#set({ values: { [name]: /** @type {HTMLInputElement} */ (event.target).valueAsNumber } });
    const step = most - least > 5 ? 1 : (most - least) / 100;
    return html`<label class="knob"><span>${knobWord(name)}</span>
      <input type="range" min=${least} max=${most} step=${step} .value=${String(value ?? (least + most) / 2)} @input=${show} @change=${set}>
      <output .value=${value === null ? "–" : decimal(value)}></output></label>`;
  }

  /** @param {{ values?: Record<string, number>, ir_cut?: string }} change */
  #set(change) {
    return this.#do(() => sendJson("PATCH", `${this.#path}/imaging`, change), t("Set."));
  }

  /** @param {ClockState} clock */
  #body({ mode, skew_s: skew }) {
    const wrong = Math.abs(skew ?? 0) > WRONG_CLOCK_S;
    return html`<section class="panel"><h2>${t("Device")}</h2>
      <dl><dt>${t("Clock")}</dt><dd class=${wrong ? "wrong" : ""}>${skewWord(skew)}</dd>
        <dt>${t("Set by")}</dt><dd>${mode === "ntp" ? "NTP" : mode ? t("hand") : t("not told")}</dd></dl>
      ${refusal(this.refused)}${this.told ? html`<p role="status" class="small quiet">${this.told}</p>` : null}
      ${this.isAdmin ? html`<div class="buttons"><button @click=${this.#setClock}>${icon("clock")}${t("Set clock")}</button>
        <button @click=${this.#reboot}>${icon("restart")}${t("Restart camera")}</button></div>` : null}</section>`;
  }

  #setClock() {
    return this.#do(() => sendJson("POST", `${this.#path}/clock`), t("The clock is set."));
  }

  async #reboot() {
    const dialog = /** @type {import("./gp-confirm.js").GpConfirm | null} */ (this.renderRoot.querySelector("gp-confirm"));
    const question = { title: t("Restart {camera}?", { camera: this.name }), text: t("It gives no picture for a minute or two, and comes back by itself."), action: t("Restart") };
    if (await dialog?.ask(question)) await this.#do(() => sendJson("POST", `${this.#path}/reboot`), t("It restarts now."));
  }

  /** @param {() => Promise<unknown>} change @param {string} told */
  async #do(change, told) {
    this.refused = null;
    this.told = "";
    try {
      await change();
      this.told = told;
      await this.#read();
    } catch (error) {
      this.refused = error;
    }
  }
}

customElements.define("gp-device", GpDevice);
