/** A question before something that cannot be undone, in a native dialog. */
import { html } from "lit";
import { t } from "../language.js";
import { base, controls, dialogs } from "../styles.js";
import { ConsoleElement } from "./console-element.js";

/** @typedef {{ title: string, text: string, action: string, mild?: boolean, stay?: string }} Question action: the word on the button that does it, stay: on the one that does not; mild: it can be undone */

export class GpConfirm extends ConsoleElement {
  static styles = [base, controls, dialogs];
  static properties = { question: { state: true } };

  /** @type {(agreed: boolean) => void} */
  #answer = () => {};

  constructor() {
    super();
    /** @type {Question | null} */
    this.question = null;
  }

  /** @param {Question} question @returns {Promise<boolean>} whether the person agreed */
  async ask(question) {
    this.question = question;
    await this.updateComplete;
    const dialog = this.renderRoot.querySelector("dialog");
    if (dialog) dialog.returnValue = "";
    dialog?.showModal();
    return new Promise((resolve) => (this.#answer = resolve));
  }

  render() {
    if (!this.question) return html`<dialog></dialog>`;
    const { title, text, action, mild, stay = t("Cancel") } = this.question;
    const answered = (/** @type {Event} */ event) => this.#answer(/** @type {HTMLDialogElement} */ (event.target).returnValue === "yes");
    return html`<dialog aria-labelledby="title" aria-describedby="text" @close=${answered}><form method="dialog">
      <h2 id="title">${title}</h2><p id="text">${text}</p>
      <div class="buttons"><button value="" autofocus>${stay}</button><button class="primary ${mild ? "" : "danger"}" value="yes">${action}</button></div>
    </form></dialog>`;
  }
}

customElements.define("gp-confirm", GpConfirm);
