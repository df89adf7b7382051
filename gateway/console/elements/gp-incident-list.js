/** The incident list: grows by itself, can be narrowed, reads older entries when scrolled to its end. */
/** @import { IncidentFilter } from "../contract.js" */
/** @import { Site } from "../site.js" */
import { css, html } from "lit";
import { live } from "lit/directives/live.js";
import { repeat } from "lit/directives/repeat.js";
import { CASE_STEPS, stepWord } from "../case-words.js";
import { ALL_INCIDENTS, IncidentFeed } from "../feed.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { SEVERITIES } from "../site.js";
import { base, controls, marks } from "../styles.js";
import { KNOWN_KINDS, kindWord, severityWord } from "../vocabulary.js";
import { ConsoleElement } from "./console-element.js";
import "./gp-incident-card.js";

/** Scrolled further than this, an arrival is announced by a button instead of being in view. */
const AT_TOP_PX = 24;

export class GpIncidentList extends ConsoleElement {
  static styles = [base, controls, marks, css`
    :host { display: flex; flex-direction: column; min-height: 0; min-width: 0; container: list / inline-size; }
    header { display: flex; flex-wrap: wrap; align-items: center; gap: var(--s2); padding-block-end: var(--s2); }
    h1 { font-size: var(--large); flex: 1; }
    form { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: var(--s2); flex: 1 0 100%; }
    @container list (max-width: 560px) { form { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
    form select { font-size: var(--small); width: 100%; min-height: max(2rem, var(--touch)); border-color: var(--line); color: var(--ink-2); }
    @media (pointer: coarse) { form select { font-size: var(--body); } }
    form select.set { border-color: var(--accent); color: var(--ink); }
    .scroll { position: relative; flex: 1; min-height: 0; overflow-y: auto; overscroll-behavior: contain; padding: 2px; margin: -2px; scrollbar-width: thin; }
    ol { display: grid; gap: var(--s2); grid-template-columns: repeat(auto-fill, minmax(min(100%, 21.5rem), 1fr)); }
    .end { padding: var(--s4); text-align: center; color: var(--ink-2); font-size: var(--small); }
    .news { position: sticky; top: var(--s2); z-index: 1; display: flex; justify-content: center; height: 0; }
    .news button { border-radius: 2rem; box-shadow: 0 2px 10px var(--shade); }
    :host([whole]) .scroll { overflow: visible; }
  `];
  static properties = {
    site: { attribute: false },
    camera: {},
    whole: { type: Boolean, reflect: true },
    unseen: { state: true },
  };

  /** @type {IncidentFeed | null} */
  #feed = null;
  /** How many arrivals the reader has had in view. */
  #seen = 0;
  #end = new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting)) this.#feed?.more();
  }, { rootMargin: "400px" });

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
    /** Only this camera's incidents, and no filters. */
    this.camera = "";
    /** The list is the page: it scrolls with it. */
    this.whole = false;
    /** Incidents that came while the reader was further down. */
    this.unseen = 0;
    /** @type {IncidentFilter} */
    this.filter = { ...ALL_INCIDENTS };
  }

  willUpdate(/** @type {Map<string, unknown>} */ changed) {
    if (changed.has("site") || changed.has("camera")) this.#open({ ...this.filter, camera: this.camera });
  }

  connectedCallback() {
    super.connectedCallback();
    if (this.hasUpdated) this.#open(this.filter);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#feed?.close();
    this.#feed = null;
    this.#end.disconnect();
  }

  /** @param {IncidentFilter} filter */
  #open(filter) {
    this.#feed?.close();
    this.filter = filter;
    this.unseen = 0;
    this.#seen = 0;
    this.#feed = this.site && new IncidentFeed(this.site, filter);
    this.#feed?.addEventListener("change", () => this.#changed());
  }

  #changed() {
    const arrived = this.#feed?.arrived.size ?? 0;
    if (this.#scrolled() <= AT_TOP_PX) this.#seen = arrived;
    this.unseen = arrived - this.#seen;
    this.requestUpdate();
  }

  #scrolled() {
    return this.whole ? scrollY : (this.renderRoot.querySelector(".scroll")?.scrollTop ?? 0);
  }

  #toTop() {
    const top = { top: 0, behavior: /** @type {const} */ ("smooth") };
    if (this.whole) scrollTo(top);
    else this.renderRoot.querySelector(".scroll")?.scrollTo(top);
  }

  updated() {
    const end = this.renderRoot.querySelector(".end");
    this.#end.disconnect();
    if (end && this.#feed?.hasMore) this.#end.observe(end);
  }

  render() {
    const feed = this.#feed;
    if (!feed || !this.site) return null;
    return html`
      <header><h1 tabindex="-1">${t("Incidents")}</h1>${this.camera ? null : this.#filters(this.site)}</header>
      <div class="scroll" @scroll=${this.#onScroll}>
        ${this.unseen ? html`<div class="news"><button class="primary" @click=${this.#toTop}>${icon("up")}${t("{count} new", { count: this.unseen })}</button></div>` : null}
        <ol>${repeat(feed.incidents, (one) => one.id, (one) => html`<li>
          <gp-incident-card .site=${this.site} .incident=${one} ?arrived=${feed.arrived.has(one.id)}></gp-incident-card></li>`)}</ol>
        <p class="end" role="status">${ending(feed)}</p>
      </div>`;
  }

  #onScroll() {
    if (this.unseen) this.#changed();
  }

  /** @param {Site} site */
  #filters(site) {
    /** @type {[string, string][]} */
    const cameras = [...site.cameras.values()].map((one) => [one.id, one.name]);
    const kinds = new Set([...KNOWN_KINDS, ...[...site.incidents.values()].map((one) => one.kind)]);
    return html`<form @submit=${(/** @type {Event} */ event) => event.preventDefault()}>
      ${this.#standing()}
      ${this.#choice("severity", t("Severity"), t("All severities"), [...SEVERITIES].reverse().map((one) => [one, severityWord(one)]))}
      ${this.#choice("kind", t("Kind"), t("All kinds"), [...kinds].map((one) => [one, kindWord(one)]))}
      ${this.#choice("camera", t("Camera"), t("All cameras"), cameras)}
    </form>`;
  }

  /** One choice of two things: whether it still goes on, or how far people are with it. */
  #standing() {
    const { state, step } = this.filter;
    const change = (/** @type {Event} */ event) => {
      const { value, selectedOptions: [chosen] } = /** @type {HTMLSelectElement} */ (event.target);
      this.#open({ ...this.filter, state: "", step: "", [chosen?.dataset["filter"] ?? "state"]: value });
      this.requestUpdate();
    };
    const option = (/** @type {"state" | "step"} */ name, /** @type {string} */ value, /** @type {string} */ word) =>
      html`<option value=${value} data-filter=${name} ?selected=${this.filter[name] === value}>${word}</option>`;
    return html`<select name="state" aria-label=${t("State")} class=${state || step ? "set" : ""} @change=${change}>
      <option value="">${t("Open and closed")}</option>
      <optgroup label=${t("On site")}>${option("state", "open", t("Open"))}${option("state", "closed", t("Closed"))}</optgroup>
      <optgroup label=${t("Steps")}>${CASE_STEPS.map((one) => option("step", one, stepWord(one)))}</optgroup>
    </select>`;
  }

  /** @param {"severity" | "kind" | "camera"} name @param {string} label @param {string} all @param {[string, string][]} options */
  #choice(name, label, all, options) {
    const chosen = this.filter[name];
    const change = (/** @type {Event} */ event) => {
      this.#open({ ...this.filter, [name]: /** @type {HTMLSelectElement} */ (event.target).value });
      this.requestUpdate();
    };
    return html`<select name=${name} aria-label=${label} class=${chosen ? "set" : ""} .value=${live(chosen)} @change=${change}>
      <option value="">${all}</option>
      ${options.map(([value, word]) => html`<option value=${value} ?selected=${value === chosen}>${word}</option>`)}
    </select>`;
  }
}

/** Whether the reader has narrowed the list. @param {IncidentFilter} filter */
function isNarrowed({ state, step, severity, kind }) {
  return Boolean(state || step || severity || kind);
}

/** @param {IncidentFeed} feed */
function ending(feed) {
  if (feed.state === "failed") return t("The list could not be read. It is tried again with the next connection.");
  if (feed.state === "loading") return t("Reading…");
  if (!feed.incidents.length) return isNarrowed(feed.filter) ? t("No incident fits.") : t("No incidents. New ones appear here by themselves.");
  return feed.hasMore ? "" : t("No older incidents");
}

customElements.define("gp-incident-list", GpIncidentList);
