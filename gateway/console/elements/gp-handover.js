/** Notes from one shift to the next (交接班): left, read, taken over. */
/** @import { Handover } from "../contract.js" */
/** @import { Site } from "../site.js" */
import { css, html } from "lit";
import { getJson, postJson } from "../api.js";
import { since } from "../format.js";
import { t } from "../language.js";
import { base, controls, forms, marks } from "../styles.js";
import { ConsoleElement } from "./console-element.js";
import { facts } from "./page-styles.js";
import { refusal } from "./refusal.js";

const SHOWN = 5;

export class GpHandover extends ConsoleElement {
  static styles = [base, controls, forms, marks, facts, css`
    form { display: grid; gap: var(--s2); }
    li { display: grid; gap: var(--s1); padding-block: var(--s2); border-block-start: 1px solid var(--line); }
    .text { white-space: pre-wrap; overflow-wrap: anywhere; }
    .foot { display: flex; flex-wrap: wrap; align-items: center; gap: var(--s2); font-size: var(--small); color: var(--ink-2); }
  `];
  static properties = { site: { attribute: false }, shift: { attribute: false }, notes: { state: true }, busy: { state: true }, refused: { state: true } };

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
    /** Whose note a new one is. */
    this.shift = "";
    /** @type {Handover[] | null} */
    this.notes = null;
    this.busy = false;
    /** @type {unknown} */
    this.refused = null;
  }

  connectedCallback() {
    super.connectedCallback();
    this.#do(async () => {});
  }

  /** Do something, then read the notes again. @param {() => Promise<unknown>} what */
  async #do(what) {
    this.busy = true;
    this.refused = null;
    try {
      await what();
      this.notes = (await getJson("patrol/handovers")).handovers;
    } catch (error) {
      this.refused = error;
    }
    this.busy = false;
  }

  /** @param {SubmitEvent} event */
  #leave(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const text = String(new FormData(form).get("text")).trim();
    if (text) this.#do(async () => {
      await postJson("patrol/handovers", { text, shift: this.shift });
      form.reset();
    });
  }

  render() {
    return html`<section class="panel"><h2>${t("Hand-over")}</h2>
      <form @submit=${this.#leave}><label>${t("Note for the next shift")}<textarea name="text" maxlength="4000" required></textarea></label>
        <div class="buttons end"><button ?disabled=${this.busy}>${t("Leave the note")}</button></div></form>
      ${refusal(this.refused)}
      <ul aria-label=${t("Notes")}>${this.notes?.slice(0, SHOWN).map((note) => this.#note(note))}</ul>
    </section>`;
  }

  /** @param {Handover} note */
  #note({ id, at, by, shift, text, taken_at: takenAt, taken_by: takenBy }) {
    const now = this.site?.now() ?? new Date();
    return html`<li><p class="text">${text}</p><div class="foot"><span>${[by, shift, since(at, now)].filter(Boolean).join(" · ")}</span>
      ${takenAt ? html`<span class="mark good">${t("taken over by {name}, {time}", { name: takenBy, time: since(takenAt, now) })}</span>`
        : html`<button class="primary" ?disabled=${this.busy} @click=${() => this.#do(() => postJson(`patrol/handovers/${id}/taken`, {}))}>${t("Take over")}</button>`}</div></li>`;
  }
}

customElements.define("gp-handover", GpHandover);
