/** Who is there: a search of the local network, or through address ranges. Tells of a "chosen" device, or "chosen-many". */
/** @import { Choices, Device, Job } from "../contract.js" */
import { css, html } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { postJson } from "../api.js";
import { deviceName } from "../camera-words.js";
import { icon } from "../icons.js";
import { cancel, finished, isOver, share } from "../job.js";
import { t } from "../language.js";
import { cameraHref } from "../router.js";
import { base, controls, forms, marks } from "../styles.js";
import { Work } from "../work.js";
import { text } from "./camera-fields.js";
import { ConsoleElement } from "./console-element.js";
import { refusal } from "./refusal.js";
import "./gp-progress.js";

export class GpSearch extends ConsoleElement {
  static styles = [base, controls, forms, marks, css`
    :host { display: grid; gap: var(--s4); }
    form { display: grid; gap: var(--s3); }
    .ask { display: flex; flex-wrap: wrap; gap: var(--s3); align-items: end; }
    .ask label { flex: 1 1 16rem; } .ask .short { flex: 0 1 12rem; }
    ul { display: grid; border: 1px solid var(--line); border-radius: var(--radius); overflow: clip; }
    li { display: flex; align-items: center; gap: var(--s3); padding: var(--s2) var(--s3); min-width: 0; }
    li + li { border-block-start: 1px solid var(--line); }
    li:hover { background: var(--raised); }
    li label { display: flex; align-items: center; gap: var(--s3); flex: 1; min-width: 0; color: var(--ink); font-size: var(--body); cursor: pointer; padding-block: var(--s1); }
    li .who { min-width: 0; display: grid; }
    .foot { display: flex; flex-wrap: wrap; align-items: center; gap: var(--s3); }
    @media (max-width: 480px) { li { flex-wrap: wrap; } li > .mark { display: none; } }
  `];
  static properties = {
    range: { type: Boolean }, choices: { attribute: false },
    job: { state: true }, refused: { state: true }, picked: { state: true },
  };

  #work = new Work(this);

  constructor() {
    super();
    /** Through address ranges instead of by multicast. */
    this.range = false;
    /** @type {Choices | null} */
    this.choices = null;
    /** @type {Job<Device> | null} */
    this.job = null;
    /** @type {unknown} */
    this.refused = null;
    /** Addresses ticked. @type {Set<string>} */
    this.picked = new Set();
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const start = this.range ? postJson("onboarding/scans", scan(fields)) : postJson("onboarding/discoveries", discovery(fields));
    const { signal } = this.#work;
    this.refused = null;
    this.job = null;
    this.picked = new Set();
    try {
      await finished(start, signal, (job) => { this.job = job; });
    } catch (error) {
      if (!signal.aborted) this.refused = error;
    }
  }

  get #busy() {
    return Boolean(this.job && !isOver(this.job));
  }

  render() {
    return html`<form @submit=${this.#submit}>
        ${this.range ? this.#ranges() : this.#network()}
      </form>
      ${refusal(this.refused)}
      ${this.job ? this.#found(this.job) : null}`;
  }

  #network() {
    const interfaces = this.choices?.interfaces ?? [];
    return html`<p class="hint">${t("Cameras on the same network answer by themselves within some seconds. Cameras behind a router do not: search an address range instead.")}</p>
      <div class="ask">
        <label>${t("Network")}<select name="interface"><option value="">${t("All networks of this machine")}</option>
          ${interfaces.filter((one) => one !== "lo").map((one) => html`<option>${one}</option>`)}</select></label>
        <button class="primary" ?disabled=${this.#busy}>${icon("search")}${t("Search")}</button>
      </div>`;
  }

  #ranges() {
    return html`<p class="hint">${t("Every address is asked, a few at a time: {most} addresses at most.", { most: this.choices?.max_hosts ?? "–" })}</p>
      <div class="ask">
        <label>${t("Addresses")}<input name="ranges" required autocomplete="off" spellcheck="false" placeholder="192.168.1.0/24, 192.168.2.10-40"></label>
        <label class="short">${t("Ports")}<input name="ports" autocomplete="off" pattern="[\\d\\s,，]*" placeholder=${(this.choices?.ports ?? []).join(", ")}></label>
        <button class="primary" ?disabled=${this.#busy}>${icon("search")}${t("Search")}</button>
      </div>
      <label class="tick"><input type="checkbox" name="mine"><span>${t("Public addresses among these are ours to ask")}</span></label>`;
  }

  /** @param {Job<Device>} job */
  #found(job) {
    const { found } = job;
    const words = this.#busy ? t("{count} found so far", { count: found.length }) : "";
    const news = found.filter(({ camera, address }) => !camera && this.picked.has(address));
    return html`
      ${this.#busy ? html`<gp-progress words=${words} .share=${share(job)} @cancel=${() => cancel(job).catch(() => {})}></gp-progress>`
        : html`<p role="status">${found.length ? t("{count} found", { count: found.length }) : t("Nobody answered. Are the cameras on this network, switched on, and is ONVIF switched on in them?")}</p>`}
      ${found.length ? html`<ul>${repeat(found, keyOf, (device) => this.#device(device))}</ul>
        <div class="foot"><button @click=${() => this.#pickAll(found)}>${t("Tick all new ones")}</button>
          <button class="primary" ?disabled=${news.length === 0} @click=${() => this.#tell("chosen-many", news)}>${t("Take in the {count} ticked", { count: news.length })}</button></div>` : null}`;
  }

  /** @param {Device} device */
  #device(device) {
    const { address, hardware, name, protocol, camera } = device;
    const tick = (/** @type {Event} */ event) => this.#pick(address, /** @type {HTMLInputElement} */ (event.target).checked);
    return html`<li>
      <label><input type="checkbox" ?disabled=${camera !== ""} .checked=${this.picked.has(address)} @change=${tick}>
        <span class="who"><span class="cut">${deviceName(device)}</span>
          <span class="small quiet cut">${[address, name ? hardware : ""].filter(Boolean).join(" · ")}</span></span></label>
      <span class="mark">${protocol.toUpperCase()}</span>
      ${camera ? html`<a class="button" href=${cameraHref(camera)}>${icon("check")}${t("Known")}</a>`
        : html`<button @click=${() => this.#tell("chosen", device)}>${t("Set up")}</button>`}
    </li>`;
  }

  /** @param {string} address @param {boolean} wanted */
  #pick(address, wanted) {
    this.picked = new Set(wanted ? [...this.picked, address] : [...this.picked].filter((one) => one !== address));
  }

  /** @param {Device[]} found */
  #pickAll(found) {
    this.picked = new Set(found.filter(({ camera }) => !camera).map(({ address }) => address));
  }

  /** @param {string} type @param {Device | Device[]} detail */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** @param {Device} device */
function keyOf({ protocol, address }) {
  return `${protocol} ${address}`;
}

/** @param {FormData} fields */
function discovery(fields) {
  const wanted = text(fields, "interface");
  return { interfaces: wanted ? [wanted] : [] };
}

/** @param {FormData} fields */
function scan(fields) {
  const parts = (/** @type {string} */ name) => text(fields, name).split(/[\s,，;；]+/).filter(Boolean);
  return { ranges: parts("ranges"), ports: parts("ports").map(Number), is_mine: fields.has("mine") };
}

customElements.define("gp-search", GpSearch);
