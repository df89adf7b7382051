/** What people say of a camera, as fields of a form: shared by taking one in and by changing it. */
/** @import { CameraSettings } from "../contract.js" */
/** @import { Fields } from "../adoption.js" */
/** @import { Site } from "../site.js" */
import { html } from "lit";
import { RECORD_CHOICES, TRANSPORT_CHOICES, recordWord, transportWord } from "../camera-words.js";
import { t } from "../language.js";

const TEXTS = /** @type {const} */ (["name", "channel_code", "unit", "grid", "record", "transport"]);
const DEGREES = /** @type {const} */ (["latitude", "longitude"]);

/** @typedef {Partial<CameraSettings>} Known */

/** Name and place. @param {Known} camera @param {Site} site */
export function placeFields(camera, site) {
  return html`<div class="fields">
    <label>${t("Name")}<input name="name" required maxlength="200" .value=${camera.name ?? ""} placeholder=${t("Such as: village gate")}></label>
    ${whereFields(camera, site)}
    <label>${t("Channel code")}<input name="channel_code" maxlength="200" .value=${camera.channel_code ?? ""} placeholder=${t("20 digits, if there is one")}></label>
    <label>${t("Latitude")}<input name="latitude" type="number" step="any" min="-90" max="90" .value=${String(camera.latitude ?? "")}></label>
    <label>${t("Longitude")}<input name="longitude" type="number" step="any" min="-180" max="180" .value=${String(camera.longitude ?? "")}></label>
    ${recordField(camera)}
  </div>`;
}

/** Unit and grid, with those that are known to choose from. @param {Known} camera @param {Site} site */
export function whereFields(camera, site) {
  const known = (/** @type {"unit" | "grid"} */ name) => [...new Set([...site.cameras.values()].map((one) => one[name]).filter(Boolean))].sort();
  return [
    html`<label>${t("Unit")}<input name="unit" maxlength="200" list="units" .value=${camera.unit ?? ""} placeholder=${t("Village or town")}></label>`,
    html`<label>${t("Grid")}<input name="grid" maxlength="200" list="grids" .value=${camera.grid ?? ""}></label>`,
    html`<datalist id="units">${known("unit").map((one) => html`<option value=${one}></option>`)}</datalist>
      <datalist id="grids">${known("grid").map((one) => html`<option value=${one}></option>`)}</datalist>`,
  ];
}

/** @param {Known} camera */
export function recordField(camera) {
  return html`<label>${t("Recording")}<select name="record">${RECORD_CHOICES.map((mode) => html`
    <option value=${mode} ?selected=${mode === (camera.record ?? "incidents")}>${recordWord(mode)}</option>`)}</select></label>`;
}

/** Consent to tuning, off unless ticked. */
export function tuneField() {
  return html`<label class="tick wide"><input type="checkbox" name="tune"><span>${t("Tune the analysed stream: the same incidents for a fraction of network and processor; can be undone")}</span></label>`;
}

/** @param {Known} camera */
export function transportField(camera) {
  return html`<label>${t("Transport")}<select name="transport">${TRANSPORT_CHOICES.map((one) => html`
    <option value=${one} ?selected=${one === (camera.transport ?? "auto")}>${transportWord(one)}</option>`)}</select></label>`;
}

/** User and password, never filled in by the browser's own memory of this console's. @param {{ username: string, hint?: string }} known */
export function signInFields({ username, hint = "" }) {
  return html`
    <label>${t("User of the camera")}<input name="username" maxlength="200" autocomplete="off" autocapitalize="none" spellcheck="false" .value=${username} placeholder="admin"></label>
    <label>${t("Password of the camera")}<input name="password" type="password" maxlength="200" autocomplete="new-password" placeholder=${hint}></label>`;
}

/** What a form says, by the names of the API; coordinates left empty are not said. @param {HTMLFormElement} form @returns {Fields} */
export function said(form) {
  const fields = new FormData(form);
  const texts = TEXTS.filter((name) => fields.has(name)).map((name) => [name, text(fields, name)]);
  const degrees = DEGREES.filter((name) => text(fields, name)).map((name) => [name, Number(text(fields, name))]);
  return Object.fromEntries([...texts, ...degrees]);
}

/** @param {FormData} fields @param {string} name */
export function text(fields, name) {
  return String(fields.get(name) ?? "").trim();
}
