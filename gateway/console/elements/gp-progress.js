/** How far long work is: words, a bar, and a way to stop it ("cancel" event). */
import { css, html } from "lit";
import { ifDefined } from "lit/directives/if-defined.js";
import { t } from "../language.js";
import { base, controls } from "../styles.js";
import { ConsoleElement } from "./console-element.js";

export class GpProgress extends ConsoleElement {
  static styles = [base, controls, css`
    .line { display: flex; align-items: center; gap: var(--s3); }
    progress { appearance: none; flex: 1; min-width: 4rem; height: 0.5rem; border: 0; border-radius: 1rem; overflow: clip; background: var(--grey-soft); }
    progress::-webkit-progress-bar { background: transparent; }
    progress::-webkit-progress-value { background: var(--accent); transition: inline-size 300ms; }
    progress::-moz-progress-bar { background: var(--accent); }
    progress:indeterminate { background: linear-gradient(90deg, transparent, var(--accent), transparent) 0 0 / 40% 100% no-repeat var(--grey-soft); animation: run 1.6s ease-in-out infinite; }
    progress:indeterminate::-moz-progress-bar { background: transparent; }
    @keyframes run { from { background-position: -60% 0; } to { background-position: 160% 0; } }
  `];
  static properties = { words: {}, share: { attribute: false }, lasting: { type: Boolean } };

  constructor() {
    super();
    this.words = "";
    /** From 0 to 1; null while nobody knows. @type {number | null} */
    this.share = null;
    /** It cannot be stopped. */
    this.lasting = false;
  }

  render() {
    return html`<div class="line"><span class="small" role="status">${this.words}</span>
      <progress aria-label=${this.words} value=${ifDefined(this.share ?? undefined)}></progress>
      ${this.lasting ? null : html`<button @click=${() => this.dispatchEvent(new Event("cancel"))}>${t("Stop")}</button>`}</div>`;
  }
}

customElements.define("gp-progress", GpProgress);
