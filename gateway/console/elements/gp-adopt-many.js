/** Several found cameras taken in with one password, a few at a time; what fails stays to be tried again. */
/** @import { Device, Tuning } from "../contract.js" */
/** @import { Fields, Who } from "../adoption.js" */
/** @import { Site } from "../site.js" */
import { css, html } from "lit";
import { look, save, streamsOf, test } from "../adoption.js";
import { deviceName } from "../camera-words.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { cameraHref } from "../router.js";
import { base, controls, forms, marks } from "../styles.js";
import { tunedWith, tuningWord } from "../tuning.js";
import { refusalDetail, refusalText } from "../vocabulary.js";
import { Work } from "../work.js";
import { recordField, said, signInFields, text, tuneField, whereFields } from "./camera-fields.js";
import { ConsoleElement } from "./console-element.js";
import "./gp-progress.js";

/** As many jobs as the server works on at once. */
const AT_ONCE = 3;

/** @typedef {{ state: "waiting" | "working" | "saved" | "failed", camera?: string, tuning?: Tuning | null, error?: unknown }} Outcome */

export class GpAdoptMany extends ConsoleElement {
  static styles = [base, controls, forms, marks, css`
    :host { display: grid; gap: var(--s4); }
    form { display: grid; gap: var(--s4); }
    ul { border: 1px solid var(--line); border-radius: var(--radius); }
    li { display: flex; flex-wrap: wrap; align-items: center; gap: var(--s1) var(--s3); padding: var(--s2) var(--s3); }
    li + li { border-block-start: 1px solid var(--line); }
    li .told { flex-basis: 100%; }
    .who { display: grid; flex: 1; min-width: 10rem; }
  `];
  static properties = { site: { attribute: false }, devices: { attribute: false }, outcomes: { state: true }, running: { state: true } };

  #work = new Work(this);

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
    /** @type {Device[]} */
    this.devices = [];
    /** By address. @type {Map<string, Outcome>} */
    this.outcomes = new Map();
    this.running = false;
  }

  render() {
    const states = this.devices.map(({ address }) => this.outcomes.get(address)?.state ?? "waiting");
    const count = (/** @type {Outcome["state"]} */ state) => states.filter((one) => one === state).length;
    const [saved, failed, left] = [count("saved"), count("failed"), this.devices.length - count("saved")];
    return html`<form @submit=${this.#submit}>
        <p class="hint">${t("All of them are tried with this user and password, measured, and kept with the streams that suit best.")}</p>
        <div class="fields">${signInFields({ username: "" })}${this.site ? [...whereFields({}, this.site), recordField({})] : null}${tuneField()}</div>
        <div class="buttons"><button class="primary" ?disabled=${this.running || left === 0}>${icon("add")}${failed ? t("Try the other {count} again", { count: left }) : t("Take in {count} cameras", { count: left })}</button></div>
      </form>
      ${this.running ? html`<gp-progress words=${t("{saved} of {all} taken in", { saved, all: states.length })} .share=${(saved + failed) / states.length} @cancel=${this.#stop}></gp-progress>`
        : saved || failed ? html`<p role="status">${t("{saved} taken in, {failed} not", { saved, failed })}</p>` : null}
      <ul>${this.devices.map((device) => this.#row(device))}</ul>`;
  }

  /** @param {Device} device */
  #row(device) {
    const { state, camera, tuning, error } = this.outcomes.get(device.address) ?? { state: "waiting" };
    return html`<li><span class="who"><span>${deviceName(device)}</span><span class="small quiet">${device.address}</span></span>
      ${state === "saved" && camera ? html`<span class="mark good">${t("Taken in")}</span><a class="button" href=${cameraHref(camera)}>${t("Watch")}</a>${tuning ? html`<p class="told small quiet">${tuningWord(tuning)}</p>` : null}` : null}
      ${state === "working" ? html`<span class="mark busy">${t("Being measured")}</span>` : null}
      ${state === "failed" ? html`<span class="mark bad">${t("Not taken in")}</span>
        <p class="told small refusal" title=${refusalDetail(error)}>${refusalText(error)}</p>` : null}</li>`;
  }

  #stop() {
    this.#work.stop();
    this.running = false;
    this.outcomes = new Map([...this.outcomes].filter(([, { state }]) => state !== "working"));
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const fields = new FormData(form);
    const who = { username: text(fields, "username"), password: String(fields.get("password") ?? "") };
    const { signal } = this.#work;
    const waiting = this.devices.filter(({ address }) => this.outcomes.get(address)?.state !== "saved");
    const shared = { ...said(form), tune: fields.has("tune") };
    this.outcomes = new Map([...this.outcomes].filter(([, { state }]) => state === "saved"));
    this.running = true;
    const lane = async () => {
      for (let device = waiting.shift(); device && !signal.aborted; device = waiting.shift()) await this.#one(device, who, shared, signal);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    if (!signal.aborted) this.running = false;
  }

  /** @param {Device} device @param {Who} who @param {Fields} shared @param {AbortSignal} signal */
  async #one(device, who, shared, signal) {
    const { address, protocol } = device;
    this.#note(address, { state: "working" });
    try {
      const seen = await look({ address, brand: protocol === "rtsp" ? "any" : "" }, who, signal);
      const proof = await test({ ...streamsOf(seen), look: seen.id }, who, signal);
      const { id, tuning: job } = await save({ name: device.name || seen.draft.name, ...shared, ...who, ...streamsOf(seen) }, proof);
      this.#note(address, { state: "saved", camera: id, tuning: await tunedWith(job, signal) });
    } catch (error) {
      if (!signal.aborted) this.#note(address, { state: "failed", error });
    }
  }

  /** @param {string} address @param {Outcome} outcome */
  #note(address, outcome) {
    this.outcomes = new Map(this.outcomes).set(address, outcome);
  }
}

customElements.define("gp-adopt-many", GpAdoptMany);
