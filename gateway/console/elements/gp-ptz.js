/**
 * Turning a camera: hold to move, let go to stop; by pointer, touch or arrow keys. Views kept by the
 * camera are turned to, kept anew, removed, and shown in turn.
 */
/** @import { Motion, PtzState } from "../contract.js" */
import { css, html } from "lit";
import { getJson, sendJson } from "../api.js";
import { HeldMove } from "../held-move.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { remember, remembered } from "../settings.js";
import { base, controls, forms } from "../styles.js";
import { ConsoleElement } from "./console-element.js";
import { refusal } from "./refusal.js";
import "./gp-confirm.js";
import "./gp-tour.js";

/** Where each button of the pad goes, row by row; the middle turns home. @type {readonly ([string, Motion, number] | null)[]} name, motion, degrees of the arrow */
const PAD = [
  ["up-left", { pan: -1, tilt: 1 }, -45], ["up", { tilt: 1 }, 0], ["up-right", { pan: 1, tilt: 1 }, 45],
  ["left", { pan: -1 }, -90], null, ["right", { pan: 1 }, 90],
  ["down-left", { pan: -1, tilt: -1 }, -135], ["down", { tilt: -1 }, 180], ["down-right", { pan: 1, tilt: -1 }, 135],
];
/** @type {Record<string, Motion>} */
const KEYS = {
  ArrowUp: { tilt: 1 }, ArrowDown: { tilt: -1 }, ArrowLeft: { pan: -1 }, ArrowRight: { pan: 1 },
  "+": { zoom: 1 }, "=": { zoom: 1 }, "-": { zoom: -1 },
};
const SPEEDS = [0.2, 0.5, 1];

export class GpPtz extends ConsoleElement {
  static styles = [base, controls, forms, css`
    .panel { padding: var(--s3) var(--s4) var(--s4); display: grid; gap: var(--s3); }
    h2 { color: var(--ink-2); font-size: var(--small); }
    .drive { display: flex; gap: var(--s4); align-items: center; justify-content: center; }
    .pad { display: grid; grid-template-columns: repeat(3, 3.25rem); grid-auto-rows: 3.25rem; gap: var(--s1); touch-action: none; border-radius: var(--radius); }
    .pad button, .zoom button { width: 100%; height: 100%; min-height: 3rem; padding: 0; touch-action: none; user-select: none; -webkit-user-select: none; -webkit-touch-callout: none; }
    .pad button:active, .zoom button:active, button.held { background: var(--accent-soft); color: var(--accent); border-color: var(--accent); }
    .turn { rotate: var(--turn); display: block; }
    .zoom { display: grid; grid-template-rows: 3.25rem 3.25rem; grid-template-columns: 3.25rem; gap: var(--s1); }
    .presets { display: grid; gap: var(--s1); }
    .presets li { display: flex; gap: var(--s1); } .presets .go { flex: 1; justify-content: flex-start; min-width: 0; }
    .keep { display: flex; gap: var(--s2); } .keep input { flex: 1; min-width: 0; }
    .speed { display: flex; align-items: center; justify-content: center; gap: var(--s3); }
    .speed button { padding: 0 var(--s3); }
  `];
  static properties = { cameraId: { attribute: false }, isAdmin: { attribute: false }, state: { state: true }, speed: { state: true }, held: { state: true }, refused: { state: true } };

  /** @type {HeldMove | null} */
  #move = null;

  constructor() {
    super();
    this.cameraId = "";
    /** Whether the home view may be changed. */
    this.isAdmin = false;
    /** @type {PtzState | null} */
    this.state = null;
    this.speed = Number(remembered("ptz-speed")) || 0.5;
    /** The button or key that is held. */
    this.held = "";
    /** @type {unknown} */
    this.refused = null;
  }

  connectedCallback() {
    super.connectedCallback();
    this.#read();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#release();
  }

  get #path() {
    return `cameras/${encodeURIComponent(this.cameraId)}/ptz`;
  }

  async #read() {
    try {
      this.state = await getJson(this.#path);
    } catch {
      this.state = null; // nothing turns this camera, or it is away: then there is nothing to show
    }
  }

  /** @param {string} name @param {Motion} direction */
  #hold(name, direction) {
    if (this.held === name) return;
    this.#release();
    this.held = name;
    const motion = Object.fromEntries(Object.entries(direction).map(([axis, way]) => [axis, way * this.speed]));
    this.#move = new HeldMove(this.#path, motion, (error) => { this.refused = error; });
    this.refused = null;
  }

  #release() {
    this.#move?.release();
    this.#move = null;
    this.held = "";
  }

  /** @param {KeyboardEvent} event */
  #keyDown(event) {
    const direction = KEYS[event.key];
    if (!direction || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (!event.repeat) this.#hold(event.key, direction);
  }

  render() {
    const { state } = this;
    const axes = state?.abilities.continuous;
    if (!state || !axes || !(axes.pan_tilt || axes.zoom || state.presets.length)) return null;
    return html`<section class="panel" aria-label=${t("Turn the camera")}>
      <h2>${t("Turn the camera")}</h2>
      <div class="drive" @keydown=${this.#keyDown} @keyup=${this.#release} @focusout=${this.#release} @contextmenu=${(/** @type {Event} */ event) => event.preventDefault()}>
        ${axes.pan_tilt ? this.#pad(state) : null}${axes.zoom ? this.#zoom() : null}</div>
      ${axes.pan_tilt || axes.zoom ? this.#speeds() : null}
      ${refusal(this.refused)}
      ${state.abilities.presets || state.presets.length ? this.#presets(state) : null}
      <gp-confirm></gp-confirm></section>`;
  }

  /** @param {PtzState} state */
  #pad(state) {
    const home = state.abilities.home ? html`<button aria-label=${t("Home view")} title=${t("Home view")} @click=${() => this.#do("POST", "home")}>${icon("home")}</button>` : html`<span></span>`;
    return html`<div class="pad" role="group" aria-label=${t("Direction; arrow keys turn too")}>
      ${PAD.map((entry) => (entry ? this.#button(entry[0], entry[1], html`<span class="turn" .style=${`--turn: ${entry[2]}deg`}>${icon("arrow")}</span>`) : home))}</div>`;
  }

  #zoom() {
    return html`<div class="zoom" role="group" aria-label=${t("Zoom")}>${this.#button("closer", { zoom: 1 }, icon("zoomIn"))}${this.#button("wider", { zoom: -1 }, icon("zoomOut"))}</div>`;
  }

  /** @param {string} name @param {Motion} direction @param {unknown} shape */
  #button(name, direction, shape) {
    const down = (/** @type {PointerEvent} */ event) => {
      if (event.button) return;
      const button = /** @type {HTMLElement} */ (event.currentTarget);
      button.setPointerCapture(event.pointerId);
      this.#hold(name, direction);
    };
    const key = (/** @type {KeyboardEvent} */ event) => {
      if (![" ", "Enter"].includes(event.key)) return;
      event.preventDefault();
      this.#hold(name, direction);
    };
    return html`<button class=${this.held === name ? "held" : ""} aria-label=${directionWord(name)} title=${directionWord(name)}
      @pointerdown=${down} @pointerup=${this.#release} @pointercancel=${this.#release} @lostpointercapture=${this.#release} @keydown=${key}>${shape}</button>`;
  }

  #speeds() {
    const words = [t("Slow"), t("Medium"), t("Fast")];
    const choose = (/** @type {number} */ speed) => () => {
      this.speed = speed;
      remember("ptz-speed", String(speed));
    };
    return html`<div class="speed"><div class="segments" role="group" aria-label=${t("Speed")}>${SPEEDS.map((speed, number) => html`
      <button aria-pressed=${this.speed === speed} @click=${choose(speed)}>${words[number]}</button>`)}</div></div>`;
  }

  /** @param {PtzState} state */
  #presets(state) {
    return html`<h2>${t("Views")}</h2>
      <ul class="presets">${state.presets.map(({ token, name }) => html`<li>
        <button class="go" @click=${() => this.#do("POST", `presets/${encodeURIComponent(token)}/go`)}>${icon("camera")}<span class="cut">${name || token}</span></button>
        ${this.isAdmin ? html`<button class="plain square" aria-label=${t("Remove view {name}", { name: name || token })} @click=${() => this.#forget(token, name || token)}>${icon("remove")}</button>` : null}</li>`)}</ul>
      ${this.isAdmin ? this.#keeping(state) : null}`;
  }

  /** What stays for everybody is for administrators. @param {PtzState} state */
  #keeping(state) {
    return html`<form class="keep" @submit=${this.#keep}><input name="name" required maxlength="64" aria-label=${t("Name of this view")} placeholder=${t("Name of this view")}>
        <button>${t("Keep view")}</button></form>
      ${state.abilities.home ? html`<button @click=${() => this.#do("PUT", "home")}>${icon("home")}${t("Make the present view home")}</button>` : null}
      ${state.presets.length > 1 ? html`<gp-tour .presets=${state.presets} .tour=${state.tour} @tour=${(/** @type {CustomEvent<object>} */ { detail }) => this.#do("PUT", "tour", detail)}></gp-tour>` : null}`;
  }

  /** @param {SubmitEvent} event */
  async #keep(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    await this.#do("POST", "presets", { name: new FormData(form).get("name") });
    if (!this.refused) form.reset();
  }

  /** @param {string} token @param {string} name */
  async #forget(token, name) {
    const dialog = /** @type {import("./gp-confirm.js").GpConfirm | null} */ (this.renderRoot.querySelector("gp-confirm"));
    const question = { title: t("Remove view {name}", { name }), text: t("The camera forgets it."), action: t("Remove") };
    if (await dialog?.ask(question)) await this.#do("DELETE", `presets/${encodeURIComponent(token)}`);
  }

  /** Views may have changed by it, so they are read again. @param {"POST" | "PUT" | "DELETE"} method @param {string} what @param {object} [body] */
  async #do(method, what, body) {
    this.refused = null;
    try {
      await sendJson(method, `${this.#path}/${what}`, body);
      if (!what.endsWith("/go") && what !== "home") await this.#read();
    } catch (error) {
      this.refused = error;
    }
  }
}

/** @param {string} name */
function directionWord(name) {
  /** @type {Record<string, string>} */
  const words = {
    up: t("Up"), down: t("Down"), left: t("Left"), right: t("Right"), "up-left": t("Up left"), "up-right": t("Up right"),
    "down-left": t("Down left"), "down-right": t("Down right"), closer: t("Closer"), wider: t("Wider"),
  };
  return words[name] ?? name;
}

customElements.define("gp-ptz", GpPtz);
