/** 巡逻计划: who is on duty, what is walked when, and the points that are visited. */
/** @import { KeptPlan, PatrolPlan, PatrolRoute, Shift } from "../administration.js" */
/** @import { User } from "../contract.js" */
/** @import { Site } from "../site.js" */
import { css, html } from "lit";
import { getJson, sendJson } from "../api.js";
import { WEEKDAY_CHOICES } from "../administration-words.js";
import { dayAndTime, isoDay } from "../format.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { below, mistakesOf } from "../mistakes.js";
import { base, controls, forms, marks } from "../styles.js";
import { ConsoleElement } from "./console-element.js";
import { page } from "./page-styles.js";
import { refusal } from "./refusal.js";
import { wayBack } from "./way-back.js";
import "./gp-plan-route.js";
import "./gp-plan-shift.js";

export class GpPlanPage extends ConsoleElement {
  static styles = [base, controls, forms, marks, page, css`
    form, section { display: grid; gap: var(--s3); }
    section { padding-block-end: var(--s4); }
    .title { display: flex; flex-wrap: wrap; align-items: center; gap: var(--s2); } .title h2 { flex: 1; }
    .shifts { display: grid; gap: var(--s3); grid-template-columns: repeat(auto-fill, minmax(min(100%, 30rem), 1fr)); align-items: start; }
    .empty { padding: var(--s4); color: var(--ink-2); }
    .foot { position: sticky; inset-block-end: 0; background: var(--ground); padding-block: var(--s3); z-index: 2; }
    @media (max-width: 760px) { .foot { inset-block-end: calc(3.25rem + env(safe-area-inset-bottom)); } }
  `];
  static properties = {
    site: { attribute: false }, user: { attribute: false }, kept: { state: true }, plan: { state: true },
    isChanged: { state: true }, isSaved: { state: true }, busy: { state: true }, refused: { state: true },
  };

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
    /** @type {User | null} */
    this.user = null;
    /** As it holds. @type {KeptPlan | null} */
    this.kept = null;
    /** As it is being written. @type {PatrolPlan | null} */
    this.plan = null;
    this.isChanged = false;
    this.isSaved = false;
    this.busy = false;
    /** @type {unknown} */
    this.refused = null;
  }

  willUpdate(/** @type {Map<string, unknown>} */ changed) {
    if (changed.has("site") && this.site) this.follow(this.site, "cameras");
  }

  firstUpdated() {
    this.#read();
  }

  async #read() {
    this.refused = null;
    try {
      this.#take(await getJson("patrol/plan"));
    } catch (error) {
      this.refused = error;
    }
  }

  /** @param {KeptPlan} kept */
  #take(kept) {
    this.kept = kept;
    this.plan = kept.plan ?? { rota: [], routes: [] };
    this.isChanged = false;
  }

  render() {
    const { plan, kept } = this;
    return html`<div class="page">${wayBack()}
      <header><h1 tabindex="-1">${t("Patrol plan")}</h1>${kept?.at ? html`<span class="small quiet">${t("holds since {time}, by {name}", { time: dayAndTime(kept.at), name: kept.by })}</span>` : null}</header>
      ${plan ? this.#form(plan) : html`${refusal(this.refused)}${this.refused ? html`<button @click=${this.#read}>${t("Try again")}</button>` : html`<p class="quiet" role="status">${t("Reading…")}</p>`}`}</div>`;
  }

  /** @param {PatrolPlan} plan */
  #form(plan) {
    const mayChange = this.user?.role === "admin";
    const mistakes = mistakesOf(this.refused);
    return html`<form @submit=${this.#save}>
      <section><div class="title"><h2>${t("Shifts")}</h2>${mayChange ? html`<button type="button" @click=${() => this.#change({ rota: [...plan.rota, this.#shift()] })}>${icon("add")}${t("Add a shift")}</button>` : null}</div>
        ${plan.rota.length ? html`<div class="shifts">${plan.rota.map((shift, place) => html`<gp-plan-shift .shift=${shift} .mistakes=${below(mistakes, `rota.${place}`)} ?fixed=${!mayChange}
          @changed=${(/** @type {CustomEvent<Shift | null>} */ { detail }) => this.#change({ rota: replaced(plan.rota, place, detail) })}></gp-plan-shift>`)}</div>` : html`<p class="panel empty">${t("No shifts yet: nobody is named as on duty.")}</p>`}</section>
      <section><div class="title"><h2>${t("Rounds")}</h2>${mayChange ? html`<button type="button" @click=${() => this.#change({ routes: [...plan.routes, this.#route(plan)] })}>${icon("add")}${t("Add a round")}</button>` : null}</div>
        ${plan.routes.length ? plan.routes.map((route, place) => html`<gp-plan-route .route=${route} .site=${this.site} .mistakes=${below(mistakes, `routes.${place}`)} ?fixed=${!mayChange}
          @changed=${(/** @type {CustomEvent<PatrolRoute | null>} */ { detail }) => this.#change({ routes: replaced(plan.routes, place, detail) })}></gp-plan-route>`) : html`<p class="panel empty">${t("No rounds yet: nothing is walked.")}</p>`}</section>
      ${mayChange ? this.#foot() : html`<p class="hint">${t("Only an administrator may change the plan.")}</p>`}</form>`;
  }

  #foot() {
    return html`<div class="foot"><div class="buttons"><button class="primary" ?disabled=${this.busy || !this.isChanged}>${t("Save the plan")}</button>
      <button type="button" ?disabled=${this.busy || !this.isChanged} @click=${this.#undo}>${icon("undo")}${t("Undo the changes")}</button>
      ${this.isSaved ? html`<span class="mark good" role="status">${icon("check")}${t("Saved")}</span>` : null}</div>
      <p class="hint">${t("It holds from now on; rounds that were due before stay as they were.")}</p>${refusal(this.refused)}</div>`;
  }

  #undo() {
    this.refused = null;
    if (this.kept) this.#take(this.kept);
  }

  /** @param {Partial<PatrolPlan>} part */
  #change(part) {
    this.plan = { .../** @type {PatrolPlan} */ (this.plan), ...part };
    this.isChanged = true;
    this.isSaved = false;
  }

  /** @returns {Shift} */
  #shift() {
    return { shift: "", unit: "", starts: "08:00", ends: "20:00", crews: [], since: isoDay(this.site?.now() ?? new Date()), weekdays: [...WEEKDAY_CHOICES] };
  }

  /** @param {PatrolPlan} plan @returns {PatrolRoute} */
  #route({ routes }) {
    const ids = new Set(routes.map(({ id }) => id));
    let number = routes.length + 1;
    while (ids.has(`round-${number}`)) number += 1;
    return {
      id: `round-${number}`, name: "", unit: "", at: ["08:30", "20:30"], every_h: null, first: "00:00", weekdays: [...WEEKDAY_CHOICES],
      only: [], never: [], late_after_min: 30, missed_after_min: 120, visits: {}, stops: [],
    };
  }

  /** @param {SubmitEvent} event */
  async #save(event) {
    event.preventDefault();
    this.busy = true;
    this.refused = null;
    try {
      this.#take(await sendJson("PUT", "patrol/plan", this.plan ?? {}));
      this.isSaved = true;
    } catch (error) {
      this.refused = error;
    } finally {
      this.busy = false;
    }
  }
}

/** The same with another in one place, or without it. @template Part @param {readonly Part[]} parts @param {number} place @param {Part | null} part */
function replaced(parts, place, part) {
  return part === null ? parts.toSpliced(place, 1) : parts.toSpliced(place, 1, part);
}

customElements.define("gp-plan-page", GpPlanPage);
