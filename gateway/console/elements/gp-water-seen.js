/** What the machine sees now at a camera that watches water: its last look, drawn, and how its eye was taught. */
/** @import { Camera } from "../contract.js" */
/** @import { Site } from "../site.js" */
/** @import { EyeFigures, WaterLook, WaterTaught } from "../water.js" */
import { css, html } from "lit";
import { apiUrl, getJson, postJson } from "../api.js";
import { dayAndTime, whenSeen } from "../format.js";
import { t } from "../language.js";
import { base, controls, forms, marks } from "../styles.js";
import { blindSentence, blindWord, centimetres, extentWord, percent, stateName, unseenWord, votesWords, waterWord } from "../water-words.js";
import { ConsoleElement } from "./console-element.js";
import { facts } from "./page-styles.js";
import { refusal } from "./refusal.js";
import "./gp-progress.js";

/** How often a training that goes on is asked after. */
const EVERY_MS = 2_000;

export class GpWaterSeen extends ConsoleElement {
  static styles = [base, controls, marks, forms, facts, css`
    :host { display: grid; gap: var(--s3); container-type: inline-size; }
    .seen, .taught { display: grid; gap: var(--s2) var(--s4); align-items: start; }
    @container (min-width: 42rem) { .seen { grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); } .taught { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); } }
    .words { display: grid; gap: var(--s2); }
    img { width: 100%; height: auto; display: block; border-radius: var(--radius-small); background: var(--stage); }
    table { border-collapse: collapse; width: 100%; font-size: var(--small); }
    th, td { text-align: start; padding: var(--s1) var(--s2); font-weight: inherit; border-block-end: 1px solid var(--line); }
    thead th { color: var(--ink-2); } td { text-align: end; } thead th + th { text-align: end; }
  `];
  static properties = { site: { attribute: false }, camera: { attribute: false }, look: { attribute: false }, slope: { type: Boolean }, refused: { attribute: false }, taught: { state: true }, unasked: { state: true } };

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
    /** @type {Camera | null} */
    this.camera = null;
    /** @type {WaterLook | null} */
    this.look = null;
    /** Whether it is a slope, where what changed is looked for, not water. */
    this.slope = false;
    /** Why there is no look. @type {unknown} */
    this.refused = null;
    /** @type {WaterTaught | null} */
    this.taught = null;
    /** Why it could not be begun. @type {unknown} */
    this.unasked = null;
  }

  #timer = 0;

  connectedCallback() {
    super.connectedCallback();
    this.#timer = window.setInterval(() => { if (this.#isBeingTaught) void this.#learn(); }, EVERY_MS);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    window.clearInterval(this.#timer);
  }

  firstUpdated() {
    void this.#learn();
  }

  get #isBeingTaught() {
    return this.taught?.run?.error === "";
  }

  get #path() {
    return `cameras/${encodeURIComponent(this.camera?.id ?? "")}/water`;
  }

  async #learn() {
    this.taught = await getJson(`${this.#path}/training`).catch(() => this.taught);
  }

  async #teach() {
    this.unasked = null;
    try {
      await postJson(`${this.#path}/training`, {});
      await this.#learn();
    } catch (error) {
      this.unasked = error;
    }
  }

  render() {
    const { camera, site } = this;
    if (!camera || !site) return null;
    return html`<section class="panel"><h2>${t("What the machine sees now")}</h2>${this.look ? this.#seen(this.look, camera, site) : this.#waiting()}</section>
      ${this.slope ? null : html`<section class="panel"><h2>${t("Its own eye")}</h2>${this.#taught()}</section>`}`;
  }

  #waiting() {
    if (this.refused) return refusal(this.refused);
    const unseen = this.camera?.water?.unseen;
    return html`<p class="quiet" role="status">${unseen ? blindSentence(unseen) : t("It has not looked yet; the first look comes within half a minute.")}</p>`;
  }

  /** @param {WaterLook} look @param {Camera} camera @param {Site} site */
  #seen(look, { water }, site) {
    const { at, unseen, area_ratio: ratio, depth_cm: depth, error_cm: error, reference, votes } = look;
    const state = water && !this.slope && waterWord(water);
    return html`<div class="seen"><img src=${apiUrl(`${this.#path}/look/picture.jpg?at=${encodeURIComponent(at)}`)} alt=${this.slope ? t("The last look, with the slope and what changed on it") : t("The last look, with the zones and the water seen in them")}>
      <div class="words"><p class="quiet small">${this.slope ? t("Red: changed. Lines: the slope.") : t("Blue: taken for water. Grey: cannot be judged. Lines: the zones.")}</p>
      <dl><dt>${t("Last look")}</dt><dd>${whenSeen(at, site.now())}</dd>
        ${unseen ? html`<dt>${blindWord(unseen)}</dt><dd>${unseenWord(unseen)}</dd>` : html`
          <dt>${t("Extent")}</dt><dd>${extentWord(ratio)}</dd>
          ${this.slope ? null : html`<dt>${t("Depth")}</dt><dd>${depth === null ? t("no mark can be read") : centimetres(depth, error)}</dd>
          <dt>${t("Compared with")}</dt><dd>${reference ? stateName(reference) : "–"}</dd>
          <dt>${t("Each witness")}</dt><dd>${votesWords(votes).join(" · ") || "–"}</dd>`}`}
        ${state ? html`<dt>${t("Told as")}</dt><dd>${state.word}</dd>` : null}</dl></div></div>`;
  }

  #taught() {
    const how = this.#teaching();
    const training = this.taught?.training;
    if (!training) return html`<p class="quiet">${t("Not taught yet: the network as shipped is asked. Once it knows four states of the place, it is taught at night, or now if you wish.")}</p>${how}`;
    const row = (/** @type {string} */ word, /** @type {keyof EyeFigures} */ name) => html`<tr><th scope="row">${word}</th>${[training.before, training.after].map((figures) => html`<td>${figures[name] === null ? "–" : percent(figures[name])}</td>`)}</tr>`;
    return html`<div class="taught"><div class="words"><p>${training.kept ? t("Taught {time}: better than before, and in use.", { time: dayAndTime(training.at) }) : t("Taught {time}: no better than before, so it was not kept.", { time: dayAndTime(training.at) })}</p>
      <p class="quiet small">${t("Tried on floods drawn into this camera's own pictures, with pictures and water kept out of the training.")}</p>${how}</div>
      <table><thead><tr><th></th><th scope="col">${t("As it was")}</th><th scope="col">${t("Taught")}</th></tr></thead><tbody>
        ${row(t("Floods found"), "found")}${row(t("Overlap with the true water"), "iou")}${row(t("False alarms in disturbed pictures"), "false_alarms")}${row(t("False alarms between its own pictures"), "real_false_alarms")}</tbody></table></div>`;
  }

  #teaching() {
    const { run } = this.taught ?? {};
    if (run && !run.error) return html`<gp-progress lasting words=${t("It is being taught, beside its work: some minutes")} .share=${run.share}></gp-progress>`;
    const failed = run ? html`<p class="refusal" role="alert">${t("It was not taught: {why}", { why: run.error })}</p>` : null;
    return html`${failed}${refusal(this.unasked)}<div class="buttons"><button @click=${this.#teach}>${t("Teach it now")}</button><span class="hint">${t("It learns from the states it knows. What it is taught is kept only if it is better.")}</span></div>`;
  }
}

customElements.define("gp-water-seen", GpWaterSeen);
