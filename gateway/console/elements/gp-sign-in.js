/** The sign-in page. Tells of success by a "signed-in" event whose `detail` is the user. */
/** @import { User } from "../contract.js" */
import { css, html } from "lit";
import { postJson } from "../api.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { base, controls } from "../styles.js";
import { refusalText } from "../vocabulary.js";
import { ConsoleElement } from "./console-element.js";
import "./gp-preferences.js";

export class GpSignIn extends ConsoleElement {
  static styles = [base, controls, css`
    :host { isolation: isolate; min-height: 100dvh; display: grid; grid-template-rows: auto 1fr auto; padding: var(--s4); }
    :host::before {
      content: ""; position: fixed; inset: 0; z-index: -1; pointer-events: none;
      background:
        linear-gradient(var(--line) 1px, transparent 1px) 0 0 / 3.5rem 3.5rem,
        linear-gradient(90deg, var(--line) 1px, transparent 1px) 0 0 / 3.5rem 3.5rem;
      mask: radial-gradient(ellipse 60% 70% at 50% 45%, rgb(0 0 0 / 70%), transparent);
    }
    gp-preferences { justify-self: end; }
    main { place-self: center; width: min(24rem, 100%); padding-block-end: 10vh; }
    .brand { display: flex; align-items: center; gap: var(--s3); padding-block-end: var(--s5); }
    .brand svg.icon { width: 2.75rem; height: 2.75rem; color: var(--accent); }
    .brand p { color: var(--ink-2); font-size: var(--small); }
    form { display: grid; gap: var(--s4); padding: var(--s5); }
    .refusal { min-height: 1.5em; }
  `];
  static properties = { refusal: { state: true }, busy: { state: true } };

  constructor() {
    super();
    /** @type {unknown} */
    this.refusal = null;
    this.busy = false;
  }

  firstUpdated() {
    this.renderRoot.querySelector("input")?.focus();
  }

  render() {
    return html`<gp-preferences></gp-preferences>
      <main>
        <div class="brand">${icon("brand")}<div><h1>gridpatrol</h1><p>${t("Grid video patrol")}</p></div></div>
        <form class="panel" @submit=${this.#submit}>
          <label>${t("User name")}<input name="username" autocomplete="username" autocapitalize="none" spellcheck="false" required></label>
          <label>${t("Password")}<input name="password" type="password" autocomplete="current-password" required></label>
          <p class="refusal" role="alert">${this.refusal ? refusalText(this.refusal) : null}</p>
          <button class="primary" ?disabled=${this.busy}>${t("Sign in")}</button>
        </form>
      </main>`;
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.target));
    this.busy = true;
    this.refusal = null;
    try {
      /** @type {{ user: User }} */
      const { user } = await postJson("session", Object.fromEntries(fields));
      this.dispatchEvent(new CustomEvent("signed-in", { detail: user }));
    } catch (error) {
      this.refusal = error;
    } finally {
      this.busy = false;
    }
  }
}

customElements.define("gp-sign-in", GpSignIn);
