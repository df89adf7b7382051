/** What may keep rules from being wrong again: a person accepts it, which changes the rule, or refuses. */
/** @import { Proposal } from "../contract.js" */
import { css, html } from "lit";
import { getJson, postJson } from "../api.js";
import { reasonWord } from "../case-words.js";
import { t } from "../language.js";
import { changeWord, remedyWord } from "../proposal-words.js";
import { cameraHref } from "../router.js";
import { base, controls, forms, marks } from "../styles.js";
import { kindWord } from "../vocabulary.js";
import { ConsoleElement } from "./console-element.js";
import { facts, page } from "./page-styles.js";
import { refusal } from "./refusal.js";

/** Proposals shown before the reader asks for all: incidents stand below. */
const FEW = 4;

export class GpProposals extends ConsoleElement {
  static styles = [base, controls, marks, forms, page, facts, css`
    section.panel { margin-block-end: var(--s3); }
    ul { display: grid; gap: var(--s3); grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); }
    li { display: grid; gap: var(--s1); align-content: start; border-inline-start: 0.15rem solid var(--yellow-line); padding-inline-start: var(--s2); overflow-wrap: anywhere; }
  `];
  static properties = { camera: {}, found: { state: true }, whole: { state: true }, busy: { state: true }, said: { state: true }, refused: { state: true } };

  constructor() {
    super();
    /** Only those of this camera. */
    this.camera = "";
    /** @type {Proposal[]} */
    this.found = [];
    this.whole = false;
    this.busy = false;
    this.said = "";
    /** @type {unknown} */
    this.refused = null;
  }

  connectedCallback() {
    super.connectedCallback();
    this.#read();
  }

  async #read() {
    const { proposals } = await getJson("false-alarms/proposals").catch(() => ({ proposals: [] }));
    this.found = proposals;
  }

  /** @param {Proposal} proposal @param {boolean} accept */
  async #decide({ id }, accept) {
    this.busy = true;
    this.refused = null;
    try {
      const { rules_changed: changed } = await postJson(`false-alarms/proposals/${encodeURIComponent(id)}`, { accept });
      this.said = changed ? t("The rule was changed.") : t("Noted; the rules stay as they are.");
    } catch (error) {
      this.refused = error;
    }
    await this.#read();
    this.busy = false;
  }

  render() {
    const shown = this.found.filter(({ camera }) => !this.camera || camera === this.camera);
    if (!shown.length && !this.said && !this.refused) return null;
    return html`<section class="panel" aria-label=${t("Against false alarms")}><h2>${t("Against false alarms")}</h2>
      <ul>${(this.whole ? shown : shown.slice(0, FEW)).map((one) => this.#proposal(one))}</ul>
      ${shown.length > FEW ? html`<div class="buttons"><button @click=${() => { this.whole = !this.whole; }}>${this.whole ? t("Fewer") : t("More")}</button></div>` : null}
      ${refusal(this.refused)}<p class="small quiet" role="status" ?hidden=${!this.said}>${this.said}</p></section>`;
  }

  /** @param {Proposal} one */
  #proposal(one) {
    const change = changeWord(one);
    return html`<li>
      <div>${this.camera ? null : html`<a class="link" href=${cameraHref(one.camera)}>${one.camera_name}</a> · `}${kindWord(one.kind)} <span class="mono small">${one.rule}</span></div>
      <div class="small quiet">${t("{count} times in 7 days: {reason}", { count: one.count, reason: reasonWord(one.reason) })} · ${t("{wrong} of {judged} false", { wrong: one.false, judged: one.judged })}</div>
      <div><b>${remedyWord(one.remedy)}</b>${change ? html`<br><span class="small">${change}</span>` : null}</div>
      <div class="buttons"><button class="primary" ?disabled=${this.busy} @click=${() => this.#decide(one, true)}>${change ? t("Change the rule") : t("Done by hand")}</button>
        <button ?disabled=${this.busy} @click=${() => this.#decide(one, false)}>${t("Leave it")}</button></div>
    </li>`;
  }
}

customElements.define("gp-proposals", GpProposals);
