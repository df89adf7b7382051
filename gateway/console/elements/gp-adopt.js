/** One camera taken in: dialled, measured, named, saved. Tells of the new camera by a "saved" event. */
/** @import { Choices, Draft } from "../contract.js" */
/** @import { Look, Proof } from "../adoption.js" */
/** @import { Site } from "../site.js" */
import { css, html } from "lit";
import { look, save, streamsOf, test } from "../adoption.js";
import { streamWord } from "../camera-words.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { base, controls, forms, marks } from "../styles.js";
import { tunedWith } from "../tuning.js";
import { Work } from "../work.js";
import { placeFields, said, signInFields, text, tuneField } from "./camera-fields.js";
import { ConsoleElement } from "./console-element.js";
import { refusal } from "./refusal.js";
import "./gp-progress.js";
import "./gp-survey.js";

/** @typedef {"idle" | "looking" | "testing" | "saving"} Phase */

export class GpAdopt extends ConsoleElement {
  static styles = [base, controls, forms, marks, css`
    :host { display: grid; gap: var(--s4); }
    form { display: grid; gap: var(--s4); }
    .result { display: grid; gap: var(--s4); grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); align-items: start; }
    .result > * { padding: var(--s4); display: grid; gap: var(--s4); }
    .result h2 { display: flex; flex-wrap: wrap; gap: var(--s2); align-items: center; }
    @media (max-width: 1000px) { .result { grid-template-columns: minmax(0, 1fr); } }
    summary { cursor: pointer; color: var(--accent); font-size: var(--small); }
    details[open] summary { padding-block-end: var(--s3); }
  `];
  static properties = {
    site: { attribute: false }, choices: { attribute: false }, target: { attribute: false }, called: {}, protocol: {},
    phase: { state: true }, refused: { state: true }, seen: { state: true }, proof: { state: true },
  };

  #work = new Work(this);
  /** How the last look signed in: never kept longer than this element. */
  #who = { username: "", password: "" };

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
    /** @type {Choices | null} */
    this.choices = null;
    /** The address to begin with. */
    this.target = "";
    /** What the device calls itself in a search, "" when it was not found by one. */
    this.called = "";
    /** What answers there: "onvif", "rtsp" or "" when nobody has asked yet. */
    this.protocol = "";
    /** @type {Phase} */
    this.phase = "idle";
    /** @type {unknown} */
    this.refused = null;
    /** @type {Look | null} */
    this.seen = null;
    /** @type {Proof | null} */
    this.proof = null;
  }

  render() {
    const words = { idle: "", looking: t("Dialling the camera"), testing: t("Measuring its streams, some seconds"), saving: t("Saving") };
    return html`
      <form id="look" @submit=${this.#submit}>${this.#question()}</form>
      ${this.phase === "idle" ? refusal(this.refused) : html`<gp-progress words=${words[this.phase]} @cancel=${this.#stop} ?lasting=${this.phase === "saving"}></gp-progress>`}
      ${this.seen ? this.#found(this.seen.draft) : null}`;
  }

  #question() {
    const brands = this.choices?.brands ?? [];
    return html`<div class="fields">
        <label class="wide">${t("Address of the camera")}<input name="address" required maxlength="2000" autocomplete="off" autocapitalize="none" spellcheck="false"
          .value=${this.target} placeholder=${t("192.168.1.64, or rtsp://…, rtmp://…, http://…")}></label>
        ${signInFields({ username: "" })}
        <label>${t("Kind of camera")}<select name="brand">
          <option value="" ?selected=${this.protocol !== "rtsp"}>${t("Ask the camera itself (ONVIF, or the URL as it is)")}</option>
          <option value="any" ?selected=${this.protocol === "rtsp"}>${t("Without ONVIF: try all known brands")}</option>
          ${brands.map(({ id, name }) => html`<option value=${id}>${name}</option>`)}</select></label>
      </div>
      <details><summary>${t("Recorder inputs and forwarded ports")}</summary><div class="fields">
        <label>${t("Input of a recorder")}<input name="channel" type="number" min="1" max="256" value="1"></label>
        <label>${t("RTSP port, where a router forwards another")}<input name="rtsp_port" type="number" min="1" max="65535" placeholder="554"></label>
      </div></details>
      <div class="buttons"><button class="primary" ?disabled=${this.phase !== "idle"}>${icon("search")}${t("Connect and measure")}</button></div>`;
  }

  /** @param {Draft} draft */
  #found(draft) {
    const ready = this.phase === "idle";
    return html`<div class="result">
      <section class="panel"><h2>${draft.device || draft.name} ${this.proof ? html`<span class="mark good">${t("Gives pictures")}</span>` : null}</h2>
        ${draft.profiles.length > 1 ? this.#profiles(draft) : null}
        ${this.proof ? html`<gp-survey .survey=${this.proof.tested.survey}></gp-survey>` : null}</section>
      <form class="panel" @submit=${this.#save}><h2>${t("Name and place")}</h2>
        ${this.site ? placeFields({ name: this.called || draft.name }, this.site) : null}
        ${this.protocol === "rtsp" ? null : tuneField()}
        <div class="buttons end">${this.proof || !ready ? null : html`<button name="untried" value="yes">${t("Save untried")}</button>`}
          <button class="primary" ?disabled=${!ready || !this.proof}>${icon("check")}${t("Save camera")}</button></div></form>
    </div>`;
  }

  /** @param {Draft} draft */
  #profiles(draft) {
    const choice = (/** @type {string} */ name, /** @type {string} */ words) => html`<label>${words}
      <select name=${name} form="look" ?disabled=${this.phase !== "idle"} @change=${this.#submitAgain}><option value="">${t("Recommended")}</option>
        ${draft.profiles.map((profile) => html`<option value=${profile.token}>${profile.name} · ${streamWord(profile)}</option>`)}</select></label>`;
    return html`<div class="fields">${choice("main_profile", t("Main stream"))}${choice("sub_profile", t("Sub stream, for watching and the wall"))}</div>`;
  }

  #submitAgain() {
    /** @type {HTMLFormElement | null} */ (this.renderRoot.querySelector("#look"))?.requestSubmit();
  }

  #stop() {
    this.#work.stop();
    this.phase = "idle";
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const target = wanted(fields);
    if (target.address !== this.target) this.seen = null;
    this.target = target.address;
    this.#who = { username: text(fields, "username"), password: String(fields.get("password") ?? "") };
    this.proof = null;
    await this.#step("looking", async (signal) => { this.seen = await look(target, this.#who, signal); });
    const { seen } = this;
    if (seen && !this.refused) await this.#step("testing", async (signal) => { this.proof = await test({ ...streamsOf(seen), look: seen.id }, this.#who, signal); });
  }

  /** @param {SubmitEvent} event */
  async #save(event) {
    event.preventDefault();
    const { seen, proof } = this;
    if (!seen) return;
    const form = /** @type {HTMLFormElement} */ (event.target);
    const fields = { ...said(form), tune: new FormData(form).has("tune") };
    await this.#step("saving", async (signal) => {
      const camera = await save({ ...fields, ...this.#who, ...streamsOf(seen) }, proof);
      const tuning = await tunedWith(camera.tuning, signal);
      this.dispatchEvent(new CustomEvent("saved", { detail: { camera, tuning } }));
    });
  }

  /** @param {Phase} phase @param {(signal: AbortSignal) => Promise<void>} work */
  async #step(phase, work) {
    const { signal } = this.#work;
    if (signal.aborted) return;
    this.phase = phase;
    this.refused = null;
    try {
      await work(signal);
    } catch (error) {
      if (!signal.aborted) this.refused = error;
    } finally {
      if (!signal.aborted) this.phase = "idle";
    }
  }
}

/** @param {FormData} fields @returns {import("../adoption.js").Target} */
function wanted(fields) {
  const port = Number(text(fields, "rtsp_port"));
  return {
    address: text(fields, "address"), brand: text(fields, "brand"), channel: Number(text(fields, "channel")) || 1,
    main_profile: text(fields, "main_profile"), sub_profile: text(fields, "sub_profile"), ...(port ? { rtsp_port: port } : {}),
  };
}

customElements.define("gp-adopt", GpAdopt);
