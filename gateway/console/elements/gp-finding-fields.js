/** What was found: kind, colour, words. The fields are those of the form around it, by `value`. */
/** @import { Severity } from "../contract.js" */
import { css, html } from "lit";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { FINDING_KINDS } from "../patrol-words.js";
import { base, controls, forms } from "../styles.js";
import { kindWord, severityMeaning, severityWord } from "../vocabulary.js";
import { ConsoleElement } from "./console-element.js";

/** @type {readonly Severity[]} */
const COLOURS = ["red", "yellow", "green"];

export class GpFindingFields extends ConsoleElement {
  static styles = [base, controls, forms, css`
    :host { display: grid; gap: var(--s3); }
    .kinds { display: grid; gap: var(--s2); grid-template-columns: repeat(auto-fill, minmax(7rem, 1fr)); }
    .kinds button, .colours button { white-space: normal; line-height: 1.25; min-height: 2.75rem; padding: var(--s1) var(--s2); }
    .colours { display: grid; gap: var(--s2); grid-template-columns: repeat(3, minmax(0, 1fr)); }
    .kinds button[aria-pressed="true"] { background: var(--accent-soft); color: var(--accent); border-color: var(--accent); font-weight: 600; }
    .colours button[aria-pressed="true"] { font-weight: 600; border-width: 2px; }
    .red { color: var(--red); } .yellow { color: var(--yellow); } .green { color: var(--green); }
    .red[aria-pressed="true"] { background: var(--red-soft); border-color: var(--red); }
    .yellow[aria-pressed="true"] { background: var(--yellow-soft); border-color: var(--yellow-line); }
    .green[aria-pressed="true"] { background: var(--green-soft); border-color: var(--green); }
    legend { padding-block-end: var(--s1); font-size: var(--small); color: var(--ink-2); font-weight: 400; }
    fieldset { gap: 0; }
  `];
  static properties = { kind: { state: true }, severity: { state: true } };

  constructor() {
    super();
    this.kind = "";
    /** "" leaves it to the kind. @type {Severity | ""} */
    this.severity = "";
  }

  /** @returns {{ kind: string, severity: Severity | "", text: string }} */
  get value() {
    const text = this.renderRoot.querySelector("textarea")?.value.trim() ?? "";
    return { kind: this.kind, severity: this.severity, text };
  }

  clear() {
    this.kind = "";
    this.severity = "";
    const words = this.renderRoot.querySelector("textarea");
    if (words) words.value = "";
  }

  render() {
    const choose = (/** @type {string} */ kind) => () => {
      this.kind = kind;
      this.dispatchEvent(new Event("change"));
    };
    const weigh = (/** @type {Severity} */ severity) => () => { this.severity = this.severity === severity ? "" : severity; };
    return html`
      <fieldset><legend>${t("What is it?")}</legend><div class="kinds">${FINDING_KINDS.map((kind) => html`<button type="button" aria-pressed=${kind === this.kind} @click=${choose(kind)}>${kindWord(kind)}</button>`)}</div></fieldset>
      <label>${t("In your words")}<textarea maxlength="2000"></textarea></label>
      <fieldset><legend>${t("How urgent? Without a choice, as usual for its kind.")}</legend><div class="colours">${COLOURS.map((one) => html`<button type="button" class=${one} aria-pressed=${one === this.severity} @click=${weigh(one)}>${icon(one)}<span>${severityWord(one)} · ${severityMeaning(one)}</span></button>`)}</div></fieldset>`;
  }
}

customElements.define("gp-finding-fields", GpFindingFields);
