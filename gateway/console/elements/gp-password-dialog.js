/** Changing one's password, in a native dialog: all there is at first sign-in, found in the user menu later. */
import { html } from "lit";
import { postJson } from "../api.js";
import { t } from "../language.js";
import { base, controls, dialogs } from "../styles.js";
import { refusalText } from "../vocabulary.js";
import { ConsoleElement } from "./console-element.js";

/** The server's own rule; stated here so that the browser can say it before sending. */
const SHORTEST_PASSWORD = 10;

/** Tells of success by a "changed" event, of its end by "closed": without the first, nothing was changed. */
export class GpPasswordDialog extends ConsoleElement {
  static styles = [base, controls, dialogs];
  static properties = { first: { type: Boolean }, refusal: { state: true }, busy: { state: true } };

  constructor() {
    super();
    /** The password is still the one that the machine made up. */
    this.first = false;
    /** @type {unknown} */
    this.refusal = null;
    this.busy = false;
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (this.renderRoot.querySelector("dialog"));
  }

  async show() {
    await this.updateComplete;
    this.refusal = null;
    this.renderRoot.querySelector("form")?.reset();
    this.#dialog.showModal();
  }

  render() {
    return html`<dialog aria-labelledby="title" @close=${() => this.dispatchEvent(new Event("closed"))}>
      <form @submit=${this.#submit}>
        <h2 id="title">${t("Change password")}</h2>
        ${this.first ? html`<p class="quiet small">${t("This password was made up for you. Choose one of your own to go on.")}</p>` : null}
        <label>${t("Current password")}<input name="old" type="password" autocomplete="current-password" required></label>
        <label>${t("New password, at least {length} characters", { length: SHORTEST_PASSWORD })}<input name="new" type="password" autocomplete="new-password" minlength=${SHORTEST_PASSWORD} required></label>
        <label>${t("New password again")}<input name="again" type="password" autocomplete="new-password" required></label>
        <p class="refusal" role="alert">${this.refusal ? refusalText(this.refusal) : null}</p>
        <div class="buttons">
          <button type="button" @click=${() => this.#dialog.close()}>${this.first ? t("Sign out") : t("Cancel")}</button>
          <button class="primary" ?disabled=${this.busy}>${t("Change password")}</button>
        </div>
      </form></dialog>`;
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.target));
    if (fields.get("new") !== fields.get("again")) {
      this.refusal = t("The two new passwords differ.");
      return;
    }
    this.busy = true;
    try {
      await postJson("session/password", { old_password: fields.get("old"), new_password: fields.get("new") });
      this.dispatchEvent(new Event("changed"));
      this.#dialog.close();
    } catch (error) {
      this.refusal = error;
    } finally {
      this.busy = false;
    }
  }
}

customElements.define("gp-password-dialog", GpPasswordDialog);
