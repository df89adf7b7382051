/** What is kept of one camera, to be changed by administrators. A new way to dial it is tested before it is kept. */
/** @import { CameraSettings } from "../contract.js" */
/** @import { Fields, Proof } from "../adoption.js" */
/** @import { Site } from "../site.js" */
import { css, html } from "lit";
import { getJson, sendJson } from "../api.js";
import { test } from "../adoption.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { cameraHref } from "../router.js";
import { base, controls, forms, marks } from "../styles.js";
import { Work } from "../work.js";
import { placeFields, said, signInFields, text, transportField } from "./camera-fields.js";
import { ConsoleElement } from "./console-element.js";
import { page } from "./page-styles.js";
import { refusal } from "./refusal.js";
import "./gp-progress.js";
import "./gp-survey.js";

/** What a change of makes a test due. */
const DIALLED = /** @type {const} */ (["address", "main_uri", "sub_uri", "username", "transport"]);

export class GpCameraSettingsPage extends ConsoleElement {
  static styles = [base, controls, forms, marks, page, css`
    .page { max-width: 90rem; }
    form, .panel { display: grid; gap: var(--s4); } .panel { padding: var(--s4); }
    .columns { grid-template-columns: minmax(0, 1fr) minmax(20rem, 30rem); }
    .foot { position: sticky; inset-block-end: 0; background: var(--ground); padding-block: var(--s3); z-index: 2; }
    @media (max-width: 1000px) { .columns { grid-template-columns: minmax(0, 1fr); } }
    @media (max-width: 760px) { .foot { inset-block-end: calc(3.25rem + env(safe-area-inset-bottom)); } }
  `];
  static properties = {
    site: { attribute: false }, cameraId: { attribute: false },
    camera: { state: true }, busy: { state: true }, refused: { state: true }, kept: { state: true },
  };

  #work = new Work(this);

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
    this.cameraId = "";
    /** @type {CameraSettings | null} */
    this.camera = null;
    /** What is being done, in words; "" when nothing. */
    this.busy = "";
    /** @type {unknown} */
    this.refused = null;
    /** The last change has been kept. */
    this.kept = false;
  }

  willUpdate(/** @type {Map<string, unknown>} */ changed) {
    if (changed.has("cameraId")) this.#read();
  }

  get #path() {
    return `cameras/${encodeURIComponent(this.cameraId)}`;
  }

  async #read() {
    this.camera = null;
    try {
      this.camera = await getJson(`${this.#path}/settings`);
    } catch (error) {
      this.refused = error;
    }
  }

  render() {
    const { camera, site } = this;
    return html`<div class="page">
      <nav><a class="button plain" href=${cameraHref(this.cameraId)}>${icon("back")}<span class="cut">${camera?.name ?? t("Camera")}</span></a></nav>
      <header><h1 tabindex="-1">${t("Settings of {camera}", { camera: camera?.name ?? this.cameraId })}</h1></header>
      ${camera && site ? this.#form(camera, site) : html`${refusal(this.refused)}${this.refused ? null : html`<p class="quiet" role="status">${t("Reading…")}</p>`}`}
    </div>`;
  }

  /** @param {CameraSettings} camera @param {Site} site */
  #form(camera, site) {
    return html`<div class="columns">
      <form @submit=${this.#submit} @input=${() => { this.kept = false; }}>
        <fieldset class="panel"><h2>${t("Name and place")}</h2>${placeFields(camera, site)}
          <label class="tick"><input type="checkbox" name="enabled" .checked=${camera.enabled}><span>${t("In use: watched, analysed and recorded")}</span></label></fieldset>
        <fieldset class="panel"><h2>${t("Connection")}</h2>${connection(camera)}</fieldset>
        <div class="foot"><div class="buttons">
          <button class="primary" ?disabled=${this.busy !== ""}>${t("Save")}</button>
          <button name="again" value="yes" ?disabled=${this.busy !== ""}>${t("Measure and save")}</button>
          ${this.kept ? html`<span class="mark good" role="status">${icon("check")}${t("Saved")}</span>` : null}</div>
          ${this.busy ? html`<gp-progress words=${this.busy} @cancel=${this.#stop}></gp-progress>` : refusal(this.refused)}</div>
      </form>
      <section class="panel"><h2>${t("As measured")}</h2>
        ${camera.survey ? html`<gp-survey .survey=${camera.survey}></gp-survey>` : html`<p class="quiet">${t("It has not been measured yet.")}</p>`}</section>
    </div>`;
  }

  #stop() {
    this.#work.stop();
    this.busy = "";
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    const { camera } = this;
    if (!camera) return;
    const change = changeOf(/** @type {HTMLFormElement} */ (event.target));
    const again = /** @type {HTMLButtonElement | null} */ (event.submitter)?.name === "again";
    const { signal } = this.#work;
    this.refused = null;
    this.kept = false;
    try {
      const proof = again || isDialledOtherwise(camera, change) ? await this.#test(change, signal) : null;
      this.busy = t("Saving");
      this.camera = await sendJson("PATCH", this.#path, { ...change, ...(proof ? { test: proof.id } : {}) });
      this.kept = true;
    } catch (error) {
      if (!signal.aborted) this.refused = error;
    } finally {
      if (!signal.aborted) this.busy = "";
    }
  }

  /** @param {Fields} change @param {AbortSignal} signal @returns {Promise<Proof>} */
  #test({ address = "", main_uri: main, sub_uri: sub, username = "", password, transport = "auto" }, signal) {
    this.busy = t("Measuring its streams, some seconds");
    const who = password === undefined ? { username, camera: this.cameraId } : { username, password };
    return test({ address, main_uri: main ?? "", sub_uri: sub || null, transport }, who, signal);
  }
}

/** @param {CameraSettings} camera */
function connection(camera) {
  const uri = (/** @type {"address" | "main_uri" | "sub_uri"} */ name, /** @type {string} */ words, required = false) => html`
    <label class="wide">${words}<input name=${name} maxlength="2000" autocomplete="off" spellcheck="false" class="mono" ?required=${required} .value=${camera[name] ?? ""}></label>`;
  return html`<div class="fields">
    ${uri("address", t("Address"))}${uri("main_uri", t("Main stream"), true)}${uri("sub_uri", t("Sub stream, for watching and the wall"))}
    ${signInFields({ username: camera.username, hint: camera.has_password ? t("kept; type to change") : "" })}
    ${transportField(camera)}</div>
    <p class="hint">${t("When any of this changes, the camera is dialled and measured before it is kept.")}</p>`;
}

/** @param {HTMLFormElement} form @returns {Fields} */
function changeOf(form) {
  const fields = new FormData(form);
  const password = String(fields.get("password") ?? "");
  return {
    ...said(form), enabled: fields.has("enabled"), username: text(fields, "username"),
    address: text(fields, "address"), main_uri: text(fields, "main_uri"), sub_uri: text(fields, "sub_uri"),
    ...(password ? { password } : {}),
  };
}

/** @param {CameraSettings} camera @param {Fields} change */
function isDialledOtherwise(camera, change) {
  return change.password !== undefined || DIALLED.some((name) => (camera[name] ?? "") !== (change[name] ?? ""));
}

customElements.define("gp-camera-settings-page", GpCameraSettingsPage);
