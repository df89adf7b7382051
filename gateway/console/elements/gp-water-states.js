/** The states of its place that a camera knows, with their pictures; what is only wet becomes one, a wrong one is dropped. */
/** @import { Camera } from "../contract.js" */
/** @import { WaterReference } from "../water.js" */
/** @import { GpConfirm } from "./gp-confirm.js" */
import { css, html } from "lit";
import { ApiError, apiUrl, getJson, request } from "../api.js";
import { dayAndTime } from "../format.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { isHarmless, isOnlyWet, keepOnlyWet } from "../only-wet.js";
import { base, controls, forms, marks } from "../styles.js";
import { referenceWord, stateName } from "../water-words.js";
import { ConsoleElement } from "./console-element.js";
import { facts } from "./page-styles.js";
import { refusal } from "./refusal.js";
import { loss, lossNote } from "./water-loss.js";
import "./gp-confirm.js";

export class GpWaterStates extends ConsoleElement {
  static styles = [base, controls, forms, marks, facts, loss, css`
    .states { display: grid; gap: var(--s3); grid-template-columns: repeat(auto-fill, minmax(min(100%, 13rem), 1fr)); }
    li { display: grid; gap: var(--s1); align-content: start; border: 1px solid var(--line); border-radius: var(--radius-small); overflow: clip; padding-block-end: var(--s2); }
    li.current { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); }
    li > :not(img) { margin-inline: var(--s2); }
    img { width: 100%; height: auto; display: block; background: var(--stage); aspect-ratio: 16 / 9; object-fit: cover; }
    .title { display: flex; flex-wrap: wrap; gap: var(--s1) var(--s2); align-items: center; }
    li button { justify-self: start; }
  `];
  static properties = { now: { attribute: false }, camera: { attribute: false }, slope: { type: Boolean }, current: {}, found: { state: true }, busy: { state: true }, said: { state: true }, refused: { state: true } };

  constructor() {
    super();
    /** By the site's clock. */
    this.now = new Date();
    /** @type {Camera | null} */
    this.camera = null;
    /** Whether it watches a slope, and no water. */
    this.slope = false;
    /** Id of the one that the last look was compared with. */
    this.current = "";
    /** @type {WaterReference[] | null} */
    this.found = null;
    this.busy = false;
    this.said = "";
    /** @type {unknown} */
    this.refused = null;
  }

  /** How many the camera said it knows. */
  #count = -1;

  willUpdate() {
    const count = this.camera?.water?.reference_count ?? 0;
    if (count === this.#count) return;
    this.#count = count;
    this.#read();
  }

  get #path() {
    return `cameras/${encodeURIComponent(this.camera?.id ?? "")}/water`;
  }

  async #read() {
    try {
      this.found = (await getJson(`${this.#path}/references`)).references;
      this.refused = null;
    } catch (error) {
      const isNotYet = error instanceof ApiError && error.status === 404;
      this.found = isNotYet ? [] : this.found;
      this.refused = isNotYet ? null : error;
    }
  }

  render() {
    const { found, slope } = this;
    return html`<section class="panel"><h2>${t("States it knows")}</h2>
      <p class="hint">${slope ? t("The slope has moved where it differs for long from all of these. They are learnt by themselves, in each sort of light, while nothing moves.") : t("Water is what differs from all of these. They are learnt by themselves, in each sort of light, while there is no water.")}</p>
      ${lossNote(this.camera?.water ?? null, this.now)}
      ${refusal(this.refused)}
      ${found?.length ? html`<ul class="states">${found.map((one) => this.#state(one))}</ul>` : found ? html`<p class="quiet">${t("None yet: it learns the first within some minutes of ordinary weather.")}</p>` : null}
      <div class="buttons"><button ?disabled=${this.busy} @click=${this.#teach}>${slope ? t("Harmless, as it is now") : t("Only wet, no water")}</button><span class="hint">${slope ? t("Press it when works, cut plants or a shadow are taken for movement: what it sees now becomes a state.") : t("Press it when wet ground, a shadow or a glare is taken for water: what it sees now becomes a state.")}</span></div>
      <p class="small" role="status">${this.said}</p><gp-confirm></gp-confirm></section>`;
  }

  /** @param {WaterReference} reference */
  #state(reference) {
    const { id, looks, seen_at: seen, taught } = reference;
    const word = referenceWord(reference, this.slope);
    const name = stateName(id);
    return html`<li class=${id === this.current ? "current" : ""}><img loading="lazy" src=${apiUrl(`${this.#path}/references/${encodeURIComponent(id)}/picture.jpg?looks=${looks}`)} alt=${t("State {id}: {word}", { id: name, word })}>
      <span class="title"><span>${word}</span>${taught ? html`<span class="mark busy">${t("taught")}</span>` : null}${id === this.current ? html`<span class="mark good">${t("compared with now")}</span>` : null}</span>
      <span class="tiny quiet">${name} · ${t("{looks} looks, last {time}", { looks, time: dayAndTime(seen) })}</span>
      <button class="plain" ?disabled=${this.busy} aria-label=${t("Drop the state {id}", { id: name })} @click=${() => this.#drop(id)}>${icon("remove")}${t("Drop")}</button></li>`;
  }

  async #teach() {
    if (await (this.slope ? isHarmless : isOnlyWet)(this.#dialog)) await this.#try(() => keepOnlyWet(this.camera?.id ?? ""));
  }

  /** @param {string} id */
  async #drop(id) {
    const agreed = await this.#dialog.ask({ title: t("Drop the state {id}?", { id: stateName(id) }), text: this.slope ? t("Do this when it shows what moved, or when the place was rebuilt. It is learnt anew when it is seen again.") : t("Do this when it shows water, or when the place was rebuilt. It is learnt anew when it is seen again without water."), action: t("Drop") });
    if (agreed) await this.#try(() => request(`${this.#path}/references/${encodeURIComponent(id)}`, { method: "DELETE" }).then(() => t("Dropped.")));
  }

  get #dialog() {
    return /** @type {GpConfirm} */ (this.renderRoot.querySelector("gp-confirm"));
  }

  /** @param {() => Promise<string>} deed says what follows from it */
  async #try(deed) {
    this.busy = true;
    this.said = "";
    try {
      this.said = await deed();
      await this.#read();
    } catch (error) {
      this.refused = error;
    }
    this.busy = false;
  }
}

customElements.define("gp-water-states", GpWaterStates);
