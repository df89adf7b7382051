/** 巡逻计划: who is on duty, what is walked when, and the points that are visited. */
/** @import { KeptPlan, PatrolPlan, PatrolRoute, Shift } from "../administration.js" */
/** @import { User } from "../contract.js" */
/** @import { Site } from "../site.js" */
import { css, html } from "lit";
import { getJson, sendJson } from "../api.js";
import { WEEKDAY_CHOICES } from "../administration-words.js";
import { Draft } from "../draft.js";
import { dayAndTime, isoDay } from "../format.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { below } from "../mistakes.js";
import { base, controls, forms, marks } from "../styles.js";
import { ConsoleElement } from "./console-element.js";
import { draftFoot, foot, notRead } from "./draft-foot.js";
import { page } from "./page-styles.js";
import { wayBack } from "./way-back.js";
import "./gp-plan-route.js";
import "./gp-plan-shift.js";

export class GpPlanPage extends ConsoleElement {
  static styles = [base, controls, forms, marks, page, foot, css`
    :host { --foot-ground: var(--ground); }
    .plan, section { display: grid; gap: var(--s3); }
    section { padding-block-end: var(--s4); }
    .title { display: flex; flex-wrap: wrap; align-items: center; gap: var(--s2); } .title h2 { flex: 1; }
    .shifts { display: grid; gap: var(--s3); grid-template-columns: repeat(auto-fill, minmax(min(100%, 30rem), 1fr)); align-items: start; }
    .empty { padding: var(--s4); color: var(--ink-2); }
  `];
  static properties = { site: { attribute: false }, user: { attribute: false } };

  /** @type {Draft<KeptPlan, PatrolPlan>} */
  #draft = new Draft(this, { read: () => getJson("patrol/plan"), write: (value) => sendJson("PUT", "patrol/plan", value), part: ({ plan }) => plan ?? { rota: [], routes: [] } });

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
    /** @type {User | null} */
    this.user = null;
  }

  willUpdate(/** @type {Map<string, unknown>} */ changed) {
    if (changed.has("site") && this.site) this.follow(this.site, "cameras");
  }

  firstUpdated() {
    this.#draft.read();
  }

  render() {
    const { kept, value } = this.#draft;
    return html`<div class="page">${wayBack()}
      <header><h1 tabindex="-1">${t("Patrol plan")}</h1>${kept?.at ? html`<span class="small quiet">${t("holds since {time}, by {name}", { time: dayAndTime(kept.at), name: kept.by })}</span>` : null}</header>
      ${value ? this.#form(value) : notRead(this.#draft)}</div>`;
  }

  /** @param {PatrolPlan} plan */
  #form(plan) {
    const mayChange = this.user?.role === "admin";
    const { mistakes } = this.#draft;
    return html`<div class="plan">
      <section><div class="title"><h2>${t("Shifts")}</h2>${mayChange ? html`<button type="button" @click=${() => this.#change({ rota: [...plan.rota, this.#shift()] })}>${icon("add")}${t("Add a shift")}</button>` : null}</div>
        ${plan.rota.length ? html`<div class="shifts">${plan.rota.map((shift, place) => html`<gp-plan-shift .shift=${shift} .mistakes=${below(mistakes, `rota.${place}`)} ?fixed=${!mayChange}
          @changed=${(/** @type {CustomEvent<Shift | null>} */ { detail }) => this.#change({ rota: replaced(plan.rota, place, detail) })}></gp-plan-shift>`)}</div>` : html`<p class="panel empty">${t("No shifts yet: nobody is named as on duty.")}</p>`}</section>
      <section><div class="title"><h2>${t("Rounds")}</h2>${mayChange ? html`<button type="button" @click=${() => this.#change({ routes: [...plan.routes, this.#route(plan)] })}>${icon("add")}${t("Add a round")}</button>` : null}</div>
        ${plan.routes.length ? plan.routes.map((route, place) => html`<gp-plan-route .route=${route} .site=${this.site} .mistakes=${below(mistakes, `routes.${place}`)} ?fixed=${!mayChange}
          @changed=${(/** @type {CustomEvent<PatrolRoute | null>} */ { detail }) => this.#change({ routes: replaced(plan.routes, place, detail) })}></gp-plan-route>`) : html`<p class="panel empty">${t("No rounds yet: nothing is walked.")}</p>`}</section>
      ${mayChange ? draftFoot(this.#draft, { word: t("Save the plan"), hint: html`<p class="hint">${t("It holds from now on; rounds that were due before stay as they were.")}</p>` })
        : html`<p class="hint">${t("Only an administrator may change the plan.")}</p>`}</div>`;
  }

  /** @param {Partial<PatrolPlan>} part */
  #change(part) {
    this.#draft.change({ .../** @type {PatrolPlan} */ (this.#draft.value), ...part });
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
}

/** The same with another in one place, or without it. @template Part @param {readonly Part[]} parts @param {number} place @param {Part | null} part */
function replaced(parts, place, part) {
  return part === null ? parts.toSpliced(place, 1) : parts.toSpliced(place, 1, part);
}

customElements.define("gp-plan-page", GpPlanPage);
