/** Views shown in turn, each for some seconds. Asks for a new tour by a "tour" event whose `detail` is it. */
/** @import { Preset, Tour } from "../contract.js" */
import { css, html } from "lit";
import { t } from "../language.js";
import { base, controls, forms, marks } from "../styles.js";
import { ConsoleElement } from "./console-element.js";

/** The server's own limit, in seconds. */
const LEAST_DWELL_S = 5;
const USUAL_DWELL_S = 20;
const RESUME_S = 60;

export class GpTour extends ConsoleElement {
  static styles = [base, controls, forms, marks, css`
    details { border-block-start: 1px solid var(--line); padding-block-start: var(--s2); }
    summary { cursor: pointer; font-size: var(--small); color: var(--ink-2); font-weight: 600; padding-block: var(--s1); }
    form { display: grid; gap: var(--s3); padding-block-start: var(--s2); }
    .tick { align-items: center; } .tick input { margin: 0; }
    .dwell { display: flex; align-items: center; gap: var(--s2); } .dwell input { width: 6rem; }
  `];
  static properties = { presets: { attribute: false }, tour: { attribute: false } };

  constructor() {
    super();
    /** @type {Preset[]} */
    this.presets = [];
    /** @type {Tour} */
    this.tour = { stops: [], resume_s: RESUME_S, enabled: false };
  }

  render() {
    const { stops, enabled } = this.tour;
    const runs = enabled && stops.length > 0;
    const dwell = stops[0]?.dwell_s ?? USUAL_DWELL_S;
    return html`<details ?open=${runs}><summary>${t("Tour of views")} ${runs ? html`<span class="mark good">${t("Running")}</span>` : null}</summary>
      <form @submit=${this.#submit}>
        ${this.presets.map(({ token, name }) => html`<label class="tick"><input type="checkbox" name="preset" value=${token}
          .checked=${!stops.length || stops.some(({ preset }) => preset === token)}><span>${name || token}</span></label>`)}
        <label>${t("Seconds at each view")}<input name="dwell" type="number" min=${LEAST_DWELL_S} max="3600" required .value=${String(dwell)}></label>
        <p class="hint">${t("It pauses for a minute whenever somebody turns the camera.")}</p>
        <div class="buttons"><button class="primary">${runs ? t("Change tour") : t("Start tour")}</button>
          ${runs ? html`<button type="button" @click=${() => this.#ask({ stops: [], resume_s: RESUME_S, enabled: false })}>${t("End tour")}</button>` : null}</div>
      </form></details>`;
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    event.preventDefault();
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const dwell = Number(fields.get("dwell"));
    const stops = fields.getAll("preset").map((preset) => ({ preset: String(preset), dwell_s: dwell }));
    this.#ask({ stops, resume_s: this.tour.resume_s, enabled: stops.length > 0 });
  }

  /** @param {Tour} tour */
  #ask(tour) {
    this.dispatchEvent(new CustomEvent("tour", { detail: tour }));
  }
}

customElements.define("gp-tour", GpTour);
