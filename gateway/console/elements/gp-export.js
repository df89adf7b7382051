/** All cameras as a file to keep, edit in a spreadsheet, and import again. */
import { css, html } from "lit";
import { request } from "../api.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { saveFile } from "../save-file.js";
import { base, controls, dialogs, forms } from "../styles.js";
import { ConsoleElement } from "./console-element.js";
import { refusal } from "./refusal.js";

export class GpExport extends ConsoleElement {
  static styles = [base, controls, forms, dialogs, css`:host { display: inline-block; }`];
  static properties = { refused: { state: true }, busy: { state: true } };

  constructor() {
    super();
    /** @type {unknown} */
    this.refused = null;
    this.busy = false;
  }

  get #dialog() {
    return this.renderRoot.querySelector("dialog");
  }

  render() {
    return html`<button @click=${() => this.#dialog?.showModal()}>${icon("download")}${t("Export")}</button>
      <dialog aria-labelledby="title"><form @submit=${this.#submit}>
        <h2 id="title">${t("Export cameras")}</h2>
        <label>${t("As")}<select name="format"><option value="csv">${t("Table for Excel (CSV)")}</option><option value="yaml">${t("With zones and rules (YAML)")}</option></select></label>
        <label class="tick"><input type="checkbox" name="passwords"><span>${t("With passwords, readable for whoever gets the file")}</span></label>
        ${refusal(this.refused)}
        <div class="buttons"><button type="button" @click=${() => this.#dialog?.close()}>${t("Cancel")}</button>
          <button class="primary" ?disabled=${this.busy}>${t("Export")}</button></div>
      </form></dialog>`;
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const format = String(fields.get("format"));
    this.busy = true;
    this.refused = null;
    try {
      const body = JSON.stringify({ format, passwords: fields.has("passwords") });
      const answer = await request("onboarding/export", { method: "POST", headers: { "Content-Type": "application/json" }, body });
      saveFile(await answer.blob(), `cameras.${format}`);
      this.#dialog?.close();
    } catch (error) {
      this.refused = error;
    } finally {
      this.busy = false;
    }
  }
}

customElements.define("gp-export", GpExport);
