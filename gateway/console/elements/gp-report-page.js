/** 随手拍: photos, a place and a few words become an incident. Of a camera, its picture of now goes along. */
/** @import { Site } from "../site.js" */
import { css, html } from "lit";
import { request } from "../api.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { here, shrunk } from "../photos.js";
import { PATROL, cameraHref, incidentHref } from "../router.js";
import { base, controls, forms } from "../styles.js";
import { ConsoleElement } from "./console-element.js";
import "./gp-finding-fields.js";
import "./gp-photos.js";
import { page } from "./page-styles.js";
import { refusal } from "./refusal.js";

export class GpReportPage extends ConsoleElement {
  static styles = [base, controls, forms, page, css`
    .page { max-width: 46rem; }
    form { display: grid; gap: var(--s4); padding: var(--s4); }
    .place { display: grid; gap: var(--s2); grid-template-columns: minmax(0, 1fr) auto; align-items: end; }
    .send { min-height: 3.25rem; font-size: var(--large); }
    .done { display: grid; justify-items: center; gap: var(--s3); padding: var(--s6) var(--s4); text-align: center; }
    .done svg.icon { width: 3.5rem; height: 3.5rem; color: var(--green); }
    .position { color: var(--green); }
    .bottom { position: sticky; inset-block-end: 0; background: var(--panel); padding-block: var(--s2); display: grid; }
    @media (max-width: 760px) { .bottom.above { inset-block-end: calc(3.25rem + env(safe-area-inset-bottom)); } }
  `];
  static properties = {
    site: { attribute: false }, cameraId: { attribute: false },
    position: { state: true }, finding: { state: true }, busy: { state: true }, sent: { state: true }, refused: { state: true }, ready: { state: true },
  };

  /** The same for every try to send one finding: a repeat is none. */
  #key = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;

  constructor() {
    super();
    /** Null for who only reports. @type {Site | null} */
    this.site = null;
    this.cameraId = "";
    /** @type {GeolocationCoordinates | null} */
    this.position = null;
    this.finding = false;
    this.busy = false;
    /** Id of the incident that came of it. */
    this.sent = "";
    /** @type {unknown} */
    this.refused = null;
    this.ready = false;
  }

  willUpdate(/** @type {Map<string, unknown>} */ changed) {
    if (changed.has("site") && this.site) this.follow(this.site, "cameras");
  }

  get #fields() {
    return /** @type {import("./gp-finding-fields.js").GpFindingFields | null} */ (this.renderRoot.querySelector("gp-finding-fields"));
  }

  get #photos() {
    return /** @type {import("./gp-photos.js").GpPhotos | null} */ (this.renderRoot.querySelector("gp-photos"));
  }

  render() {
    const camera = this.site?.cameras.get(this.cameraId);
    return html`<div class="page">
      ${this.site ? html`<nav><a class="button plain" href=${this.cameraId ? cameraHref(this.cameraId) : PATROL}>${icon("back")}<span class="cut">${camera?.name ?? t("Patrol")}</span></a></nav>` : null}
      <header><h1 tabindex="-1">${t("Report a finding")}</h1></header>
      ${this.sent ? this.#done() : this.#form(camera?.name)}
    </div>`;
  }

  /** @param {string | undefined} cameraName */
  #form(cameraName) {
    const judge = () => {
      const told = Boolean(this.#fields?.value.kind);
      this.ready = told && (Boolean(this.cameraId) || Boolean(this.#photos?.files.length));
    };
    return html`<form class="panel" @submit=${this.#submit}>
      ${cameraName ? html`<p>${t("The picture that {camera} shows now goes along.", { camera: cameraName })}</p>` : null}
      <gp-photos @change=${judge}></gp-photos>
      <gp-finding-fields @change=${judge}></gp-finding-fields>
      ${this.cameraId ? null : this.#place()}
      ${refusal(this.refused)}
      <div class="bottom ${this.site ? "above" : ""}"><button class="primary send" ?disabled=${this.busy || !this.ready}>${this.busy ? t("Sending…") : t("Send")}</button></div>
    </form>`;
  }

  #place() {
    return html`<div class="place">
      <label>${t("Where is it?")}<input name="place" maxlength="200" autocomplete="off" ?required=${!this.position}></label>
      <button type="button" ?disabled=${this.finding} @click=${this.#locate}>${icon("home")}${t("I am there")}</button>
    </div>
    <p class="hint ${this.position ? "position" : ""}" role="status">${this.#positionText()}</p>`;
  }

  #positionText() {
    const { position } = this;
    if (this.finding) return t("Asking the phone where it is…");
    if (!position) return t("A place in words, or where the phone is.");
    return t("The phone is at {latitude}, {longitude}, within {metres} m.", {
      latitude: position.latitude.toFixed(5), longitude: position.longitude.toFixed(5), metres: Math.round(position.accuracy),
    });
  }

  async #locate() {
    this.finding = true;
    this.position = await here();
    this.finding = false;
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    const [fields, photos] = [this.#fields, this.#photos];
    if (!fields || !photos || this.busy) return;
    this.busy = true;
    this.refused = null;
    try {
      const body = await this.#body(fields.value, photos.files, new FormData(/** @type {HTMLFormElement} */ (event.target)));
      const answer = await (await request("findings", { method: "POST", body })).json();
      this.sent = answer.incident;
    } catch (error) {
      this.refused = error;
    }
    this.busy = false;
  }

  /** @param {{ kind: string, severity: string, text: string }} told @param {File[]} files @param {FormData} form */
  async #body({ kind, severity, text }, files, form) {
    const body = new FormData();
    const fields = { kind, severity, text, key: this.#key, camera: this.cameraId, place: String(form.get("place") ?? "") };
    for (const [name, value] of Object.entries(fields)) if (value) body.append(name, value);
    if (this.position) {
      body.append("latitude", String(this.position.latitude));
      body.append("longitude", String(this.position.longitude));
    }
    for (const file of files) body.append("picture", await shrunk(file), file.name || "photo.jpg");
    return body;
  }

  #done() {
    const again = () => {
      this.sent = "";
      this.position = null;
      this.ready = false;
      this.#key = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    };
    return html`<div class="panel done" role="status">${icon("check")}
      <p>${t("Thank you. It has been taken in.")}</p>
      <div class="buttons">${this.site ? html`<a class="button" href=${incidentHref(this.sent)}>${t("Show it")}</a>` : null}
        <button class="primary" @click=${again}>${t("Report another")}</button></div></div>`;
  }
}

customElements.define("gp-report-page", GpReportPage);
