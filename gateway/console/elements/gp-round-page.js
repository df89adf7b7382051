/** Walking a round: one stop after the other, its picture large, what is seen said with one press. */
/** @import { PatrolRound, RoundStop, Verdict } from "../contract.js" */
/** @import { Site } from "../site.js" */
import { css, html } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { apiUrl, getJson, postJson } from "../api.js";
import { shortTime } from "../format.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { WALKABLE, standingTone, standingWord, verdictTone, verdictWord } from "../patrol-words.js";
import { PATROL, incidentHref } from "../router.js";
import { base, controls, forms, marks } from "../styles.js";
import { ticker } from "../ticker.js";
import { ConsoleElement } from "./console-element.js";
import "./gp-finding-fields.js";
import "./gp-live.js";
import { facts, page } from "./page-styles.js";
import { refusal } from "./refusal.js";

export class GpRoundPage extends ConsoleElement {
  static styles = [base, controls, forms, marks, page, facts, css`
    .stage { aspect-ratio: 16 / 9; width: 100%; max-height: max(12rem, calc(100dvh - var(--bar) - 19rem)); background: var(--stage); border-radius: var(--radius); overflow: clip; display: grid; color: var(--stage-ink-2); }
    .stage.small { max-height: 30dvh; }
    .stage gp-live, .stage img { width: 100%; height: 100%; object-fit: contain; display: block; min-height: 0; }
    .stage p { place-self: center; }
    .here { display: flex; flex-wrap: wrap; align-items: center; gap: var(--s1) var(--s2); padding-block: var(--s2); font-size: var(--large); }
    .here b { overflow-wrap: anywhere; }
    .say { display: grid; gap: var(--s2); grid-template-columns: 1fr 1fr; position: sticky; z-index: 3; inset-block-end: 0; background: var(--ground); padding-block: var(--s2); }
    form .say { background: var(--panel); }
    .say button { min-height: 3.75rem; font-size: var(--large); font-weight: 600; white-space: normal; line-height: 1.2; }
    .say .normal { background: var(--green); border-color: var(--green); color: light-dark(#ffffff, #04240f); }
    .say .finding { background: var(--red); border-color: var(--red); color: light-dark(#ffffff, #2b0705); }
    .say .unseen-stop { grid-column: 1 / -1; min-height: 2.75rem; font-size: var(--body); font-weight: 400; }
    .say .wait { grid-column: 1 / -1; text-align: center; }
    .stops { display: grid; grid-template-columns: minmax(0, 1fr); }
    .stops button { width: 100%; justify-content: flex-start; border: 0; border-radius: 0; background: transparent; min-height: 2.75rem; padding-inline: var(--s2); border-inline-start: 0.2rem solid transparent; }
    .stops button[aria-current="step"] { background: var(--accent-soft); border-inline-start-color: var(--accent); font-weight: 600; }
    .stops .cut { text-align: start; }
    .dot.red { background: var(--red); } .dot.yellow { background: var(--yellow-line); } .dot.green { background: var(--green); }
    form { display: grid; gap: var(--s3); padding: var(--s4); }
    .main { min-width: 0; }
    details summary { cursor: pointer; color: var(--ink-2); min-height: 2.75rem; display: flex; align-items: center; }
    @media (max-width: 1000px) {
      .page { padding-inline: 0; }
      .page > nav, .page > header, .here, .say, .side, .main > div[role] { padding-inline: var(--s3); }
      .stage { border-radius: 0; }
      form.panel { border-radius: 0; border-inline: 0; }
    }
    @media (max-width: 760px) { .say { inset-block-end: calc(3.25rem + env(safe-area-inset-bottom)); } }
  `];
  static properties = {
    site: { attribute: false }, roundId: { attribute: false },
    round: { state: true }, chosen: { state: true }, telling: { state: true }, told: { state: true }, busy: { state: true }, refused: { state: true },
  };

  /** The stop at which somebody has arrived, by its id. */
  #arrived = "";

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
    this.roundId = "";
    /** @type {PatrolRound | null} */
    this.round = null;
    /** Number of the stop that is shown. */
    this.chosen = 0;
    /** Whether a finding is being told. */
    this.telling = false;
    /** Whether its kind is chosen. */
    this.told = false;
    this.busy = false;
    /** @type {unknown} */
    this.refused = null;
    this.follow(ticker, "second");
  }

  willUpdate(/** @type {Map<string, unknown>} */ changed) {
    if (changed.has("site") && this.site) this.follow(this.site, "cameras");
    if (changed.has("roundId")) this.#read();
  }

  updated() {
    const stop = this.#stop;
    if (!stop || !this.#walkable || stop.at || this.#arrived === stop.id) return;
    this.#arrived = stop.id;
    this.#do("arrivals", { stop: stop.id });
  }

  get #stop() {
    return this.round?.stops[this.chosen];
  }

  get #walkable() {
    return Boolean(this.round && WALKABLE.includes(this.round.standing));
  }

  get #path() {
    return `patrol/rounds/${encodeURIComponent(this.roundId)}`;
  }

  async #read() {
    this.round = null;
    this.#arrived = "";
    try {
      this.round = await getJson(this.#path);
      this.#forward(-1);
    } catch (error) {
      this.refused = error;
    }
  }

  /** Show the next stop that is to be looked at. @param {number} [from] number of a stop */
  #forward(from = this.chosen) {
    const stops = this.round?.stops ?? [];
    const after = stops.findIndex(({ at }, number) => !at && number > from);
    const first = stops.findIndex(({ at }) => !at);
    this.chosen = after >= 0 ? after : Math.max(0, first);
    this.telling = this.told = false;
  }

  /** @param {string} what @param {object} question @returns {Promise<boolean>} whether it was taken */
  async #do(what, question) {
    this.busy = true;
    this.refused = null;
    try {
      this.round = await postJson(`${this.#path}/${what}`, question);
      return true;
    } catch (error) {
      this.refused = error;
      return false;
    } finally {
      this.busy = false;
    }
  }

  /** @param {Verdict} verdict @param {object} [more] */
  async #say(verdict, more = {}) {
    const stop = this.#stop;
    if (stop && await this.#do("checkins", { stop: stop.id, verdict, ...more })) this.#forward();
  }

  /** Seconds that the stop is still to be looked at. @param {RoundStop} stop */
  #left({ arrived_at: arrived, dwell_s: dwell }) {
    if (!arrived) return dwell;
    const looked = ((this.site?.now() ?? new Date()).getTime() - Date.parse(arrived)) / 1000;
    return Math.max(0, Math.ceil(dwell - looked));
  }

  render() {
    const { round } = this;
    return html`<div class="page">
      <nav><a class="button plain" href=${PATROL}>${icon("back")}${t("Patrol")}</a></nav>
      ${round ? this.#whole(round) : this.refused ? refusal(this.refused) : html`<p class="quiet" role="status">${t("Reading…")}</p>`}
    </div>`;
  }

  /** @param {PatrolRound} round */
  #whole(round) {
    const stop = round.stops[this.chosen];
    const checked = round.stops.filter(({ at }) => at).length;
    return html`
      <header><h1 tabindex="-1">${round.name}</h1><span class="mark ${standingTone(round.standing)}">${standingWord(round.standing)}</span>
        <span class="quiet">${t("{done} of {all} stops", { done: checked, all: round.stops.length })}</span></header>
      <div class="columns">
        <div class="main">${stop ? this.#look(stop) : null}</div>
        <div class="side">${this.#stops(round)}${this.#walkable ? this.#skipping() : this.#ended(round)}</div>
      </div>`;
  }

  /** @param {RoundStop} stop */
  #look(stop) {
    return html`<div class="stage ${this.telling ? "small" : ""}">${this.#picture(stop)}</div>
      <div class="here"><span class="dot ${stop.colour}"></span><b>${stop.name}</b>
        ${stop.name === stop.camera_name ? null : html`<span class="quiet small">${stop.camera_name}</span>`}
        ${stop.verdict ? html`<span class="mark ${verdictTone(stop.verdict)}">${verdictWord(stop.verdict)}</span>` : null}
        ${stop.at ? html`<span class="quiet small">${stop.by} · ${shortTime(stop.at)}</span>` : null}
        ${stop.incident ? html`<a class="link small" href=${incidentHref(stop.incident)}>${t("Show the incident")}</a>` : null}</div>
      ${stop.note ? html`<p class="quiet">${stop.note}</p>` : null}
      ${refusal(this.refused)}
      ${this.#walkable && !stop.at ? (this.telling ? this.#tell() : this.#buttons(stop)) : null}`;
  }

  /** @param {RoundStop} stop */
  #picture(stop) {
    if (stop.at) return stop.has_picture ? html`<img src=${apiUrl(`${this.#path}/pictures/${this.chosen}.jpg`)} alt=${t("Picture of the check-in at {stop}", { stop: stop.name })}>`
      : html`<p>${t("There is no picture of this check-in.")}</p>`;
    const camera = this.site?.cameras.get(stop.camera);
    return camera ? keyed(stop.id, html`<gp-live .site=${this.site} .camera=${camera}></gp-live>`) : html`<p>${t("There is no such camera.")}</p>`;
  }

  /** @param {RoundStop} stop */
  #buttons(stop) {
    const left = this.#left(stop);
    const off = this.busy || left > 0;
    return html`<div class="say">
      <button class="normal" ?disabled=${off} @click=${() => this.#say("normal")}>${verdictWord("normal")}</button>
      <button class="finding" ?disabled=${off} @click=${() => { this.telling = true; this.told = false; }}>${verdictWord("finding")}</button>
      <button class="unseen-stop" ?disabled=${off} @click=${() => this.#say("unseen")}>${verdictWord("unseen")}</button>
      ${left > 0 ? html`<p class="wait quiet" role="timer">${t("Look for {seconds} s more", { seconds: left })}</p>` : null}</div>`;
  }

  #tell() {
    const submit = (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      const fields = /** @type {import("./gp-finding-fields.js").GpFindingFields} */ (this.renderRoot.querySelector("gp-finding-fields"));
      const { kind, severity, text } = fields.value;
      this.#say("finding", { kind, note: text, ...(severity ? { severity } : {}) });
    };
    return html`<form class="panel" @submit=${submit}><gp-finding-fields @change=${() => { this.told = true; }}></gp-finding-fields>
      <div class="say"><button type="button" @click=${() => { this.telling = false; }}>${t("Cancel")}</button>
        <button class="finding" ?disabled=${this.busy || !this.told}>${t("Report it")}</button></div></form>`;
  }

  /** @param {PatrolRound} round */
  #stops({ stops }) {
    const choose = (/** @type {number} */ number) => () => {
      this.chosen = number;
      this.telling = this.told = false;
      this.refused = null;
    };
    return html`<section class="panel"><h2>${t("Stops")}</h2><ol class="stops">${stops.map((stop, number) => html`<li>
      <button aria-current=${number === this.chosen ? "step" : "false"} @click=${choose(number)}><span class="dot ${stop.colour}"></span><span class="cut grow">${stop.name}</span>
        ${stop.verdict ? html`<span class="mark ${verdictTone(stop.verdict)}">${verdictWord(stop.verdict)}</span>` : null}</button></li>`)}</ol></section>`;
  }

  #skipping() {
    const submit = (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      const reason = String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get("reason"));
      this.#do("skip", { reason });
    };
    return html`<section class="panel"><details><summary>${t("This round cannot be done")}</summary>
      <form @submit=${submit}><label>${t("Why not?")}<input name="reason" required minlength="2" maxlength="500"></label>
        <div class="buttons end"><button class="danger" ?disabled=${this.busy}>${t("Skip the round")}</button></div></form></details></section>`;
  }

  /** @param {PatrolRound} round */
  #ended({ standing, by, note, settled_at: at }) {
    const text = [standingWord(standing), by, at && shortTime(at), note].filter(Boolean).join(" · ");
    return html`<section class="panel" role="status"><h2>${t("The round has ended")}</h2><p>${text}</p>
      <a class="button primary" href=${PATROL}>${t("To today's rounds")}</a></section>`;
  }
}

customElements.define("gp-round-page", GpRoundPage);
