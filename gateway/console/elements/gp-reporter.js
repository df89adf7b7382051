/** The whole console of somebody who only reports (信息员): one form, and the way out. */
/** @import { User } from "../contract.js" */
import { css, html } from "lit";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { base, controls } from "../styles.js";
import { ConsoleElement } from "./console-element.js";
import "./gp-preferences.js";
import "./gp-report-page.js";

/** Asks for what it cannot do itself by "sign-out" and "change-password" events. */
export class GpReporter extends ConsoleElement {
  static styles = [base, controls, css`
    .bar { display: flex; flex-wrap: wrap; align-items: center; gap: var(--s2); padding: var(--s2) var(--s3); background: var(--panel); border-block-end: 1px solid var(--line); }
    .bar svg.icon { width: 1.75rem; height: 1.75rem; color: var(--accent); }
    .bar button svg.icon { width: 1.25rem; height: 1.25rem; color: inherit; }
  `];
  static properties = { user: { attribute: false } };

  constructor() {
    super();
    /** @type {User | null} */
    this.user = null;
  }

  render() {
    const ask = (/** @type {string} */ what) => () => this.dispatchEvent(new Event(what));
    return html`<div class="bar">${icon("brand")}<b class="grow cut">${this.user?.username}</b><gp-preferences></gp-preferences>
        <button class="plain square" aria-label=${t("Change password")} @click=${ask("change-password")}>${icon("key")}</button>
        <button class="plain square" aria-label=${t("Sign out")} @click=${ask("sign-out")}>${icon("signOut")}</button></div>
      <main><gp-report-page></gp-report-page></main>`;
  }
}

customElements.define("gp-reporter", GpReporter);
