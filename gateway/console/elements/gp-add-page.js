/** Taking cameras in: searched for or typed, then one by one or many with one password. */
/** @import { CameraSettings, Choices, Device, Tuning } from "../contract.js" */
/** @import { Site } from "../site.js" */
import { css, html } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { getJson } from "../api.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { CAMERAS, IMPORT, cameraHref } from "../router.js";
import { base, controls } from "../styles.js";
import { tuningWord } from "../tuning.js";
import { ConsoleElement } from "./console-element.js";
import { page } from "./page-styles.js";
import { refusal } from "./refusal.js";
import "./gp-adopt-many.js";
import "./gp-adopt.js";
import "./gp-search.js";

/** @typedef {"network" | "range" | "address"} Way */

export class GpAddPage extends ConsoleElement {
  static styles = [base, controls, page, css`
    .page { max-width: 80rem; display: grid; gap: var(--s3); }
    header { padding-block: var(--s1) 0; } header h1 { margin-inline-end: auto; }
    section { padding: var(--s4); display: grid; gap: var(--s4); }
    .segments { justify-self: start; max-width: 100%; } .segments button { padding: 0 var(--s4); min-height: max(2.5rem, var(--touch)); }
    .saved { display: flex; flex-wrap: wrap; align-items: center; gap: var(--s3); padding: var(--s3) var(--s4); border-color: var(--green); background: var(--green-soft); }
    .saved .icon { color: var(--green); }
    @media (max-width: 600px) { .segments { justify-self: stretch; } .segments button { flex: 1; padding: 0 var(--s1); } }
  `];
  static properties = {
    site: { attribute: false }, way: { state: true }, choices: { state: true }, refused: { state: true },
    chosen: { state: true }, saved: { state: true }, tuning: { state: true },
  };

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
    /** @type {Way} */
    this.way = "network";
    /** @type {Choices | null} */
    this.choices = null;
    /** @type {unknown} */
    this.refused = null;
    /** Found devices to be taken in. @type {Device[]} */
    this.chosen = [];
    /** The camera taken in last. @type {CameraSettings | null} */
    this.saved = null;
    /** What became of its stream, null where that was not wished. @type {Tuning | null} */
    this.tuning = null;
  }

  connectedCallback() {
    super.connectedCallback();
    this.#read();
  }

  async #read() {
    try {
      this.choices = await getJson("onboarding/choices");
    } catch (error) {
      this.refused = error;
    }
  }

  render() {
    return html`<div class="page">
      <nav><a class="button plain" href=${CAMERAS}>${icon("back")}${t("Cameras")}</a></nav>
      <header><h1 tabindex="-1">${t("Add cameras")}</h1><a class="button" href=${IMPORT}>${icon("upload")}${t("Import a list")}</a></header>
      ${refusal(this.refused)}
      ${this.saved ? this.#done(this.saved) : null}
      <div class="segments" role="group" aria-label=${t("How to find cameras")}>
        ${this.#choice("network", t("Search the network"))}${this.#choice("range", t("Address range"))}${this.#choice("address", t("Type an address"))}</div>
      ${this.#search("network")}${this.#search("range")}
      ${this.way === "address" ? html`<section class="panel">${this.#one()}</section>` : this.#chosen()}
    </div>`;
  }

  /** @param {Way} way @param {string} word */
  #choice(way, word) {
    return html`<button aria-pressed=${this.way === way} @click=${() => { this.way = way; this.chosen = []; }}>${word}</button>`;
  }

  /** Both searches stay, so that what they found is not lost by looking at the other. @param {Way} way */
  #search(way) {
    const choose = (/** @type {CustomEvent<Device | Device[]>} */ { detail }) => this.#choose([detail].flat());
    return html`<section class="panel" ?hidden=${this.way !== way}>
      <gp-search ?range=${way === "range"} .choices=${this.choices} @chosen=${choose} @chosen-many=${choose}></gp-search></section>`;
  }

  /** @param {Device[]} devices */
  async #choose(devices) {
    this.chosen = devices;
    this.saved = null;
    await this.updateComplete;
    const begun = this.renderRoot.querySelector("#chosen");
    begun?.scrollIntoView({ block: "start", behavior: "smooth" });
    /** @type {HTMLElement | null | undefined} */ (begun?.querySelector("h2"))?.focus({ preventScroll: true });
  }

  #chosen() {
    const [first, ...others] = this.chosen;
    if (!first) return null;
    return html`<section id="chosen" class="panel"><h2 tabindex="-1">${others.length ? t("Take in {count} cameras", { count: this.chosen.length }) : t("Set up {address}", { address: first.address })}</h2>
      ${others.length ? html`<gp-adopt-many .site=${this.site} .devices=${this.chosen}></gp-adopt-many>` : this.#one(first)}</section>`;
  }

  /** @param {Partial<Device>} [device] */
  #one({ address = "", protocol, name = "" } = {}) {
    const saved = (/** @type {CustomEvent<{ camera: CameraSettings, tuning: Tuning | null }>} */ { detail }) => {
      this.saved = detail.camera;
      this.tuning = detail.tuning;
      this.chosen = [];
      scrollTo({ top: 0, behavior: "smooth" });
    };
    return keyed(`${address} ${this.saved?.id}`, html`<gp-adopt .site=${this.site} .choices=${this.choices} .target=${address} called=${name} protocol=${protocol ?? ""} @saved=${saved}></gp-adopt>`);
  }

  /** @param {CameraSettings} camera */
  #done({ id, name }) {
    return html`<div class="panel saved" role="status">${icon("check")}<strong class="grow">${t("{camera} is taken in.", { camera: name })}
        ${this.tuning ? html`<span class="small">${tuningWord(this.tuning)}</span>` : null}</strong>
      <a class="button" href=${cameraHref(id)}>${t("Watch")}</a></div>`;
  }
}

customElements.define("gp-add-page", GpAddPage);
