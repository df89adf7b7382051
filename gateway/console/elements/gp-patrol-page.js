/** 巡逻: who is on duty, today's rounds and how they stand, notes between shifts. */
/** @import { Duty, PatrolDay, PatrolRound } from "../contract.js" */
/** @import { Site } from "../site.js" */
import { css, html } from "lit";
import { apiUrl, getJson } from "../api.js";
import { dayName, isoDay, nextDay, shortTime } from "../format.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { WALKABLE, standingTone, standingWord } from "../patrol-words.js";
import { PLAN, REPORT, roundHref } from "../router.js";
import { base, controls, marks } from "../styles.js";
import { ConsoleElement } from "./console-element.js";
import "./gp-handover.js";
import { facts, page } from "./page-styles.js";
import { refusal } from "./refusal.js";
import { ticker } from "../ticker.js";

/** How often the day is read again. */
const AGAIN_S = 15;

export class GpPatrolPage extends ConsoleElement {
  static styles = [base, controls, marks, page, facts, css`
    .rounds { display: grid; gap: var(--s2); }
    .round { display: grid; grid-template-columns: 4.5rem minmax(0, 1fr) auto; gap: var(--s2) var(--s3); align-items: center; padding: var(--s3) var(--s4); border-inline-start: 0.25rem solid var(--line-strong); }
    .round.bad { border-inline-start-color: var(--red); }
    .round.busy { border-inline-start-color: var(--yellow-line); }
    .round.good { border-inline-start-color: var(--green); }
    .time { font-size: var(--large); font-weight: 600; }
    .what { display: grid; gap: 0.15rem; min-width: 0; }
    .line { display: flex; flex-wrap: wrap; align-items: center; gap: var(--s1) var(--s2); }
    .name { font-weight: 600; overflow-wrap: anywhere; }
    .go { min-height: 3rem; padding-inline: var(--s4); }
    .duty { display: grid; gap: 0.1rem; padding-block: var(--s1); }
    .day { display: flex; align-items: center; gap: var(--s1); }
    .empty { display: grid; gap: var(--s2); padding: var(--s5) var(--s4); color: var(--ink-2); }
    @media (max-width: 560px) {
      .round { grid-template-columns: 3.5rem minmax(0, 1fr); padding: var(--s3); }
      .round .go { grid-column: 1 / -1; }
    }
  `];
  static properties = { site: { attribute: false }, chosen: { state: true }, day: { state: true }, refused: { state: true } };

  #left = 0;

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
    /** A day, "" for today. */
    this.chosen = "";
    /** @type {PatrolDay | null} */
    this.day = null;
    /** @type {unknown} */
    this.refused = null;
    this.follow(ticker, "second");
  }

  willUpdate(/** @type {Map<string, unknown>} */ changed) {
    if (changed.has("chosen")) this.#left = 0;
    if (!this.site || --this.#left > 0) return;
    this.#left = AGAIN_S;
    this.#read();
  }

  async #read() {
    const { chosen } = this;
    try {
      const day = await getJson(chosen ? `patrol/day?day=${chosen}` : "patrol/day");
      if (chosen === this.chosen) this.day = day;
      this.refused = null;
    } catch (error) {
      this.refused = error;
    }
  }

  render() {
    const { day } = this;
    return html`<div class="page">
      <header><h1 tabindex="-1">${t("Patrol")}</h1><span class="grow"></span>
        <a class="button primary" href=${REPORT}>${icon("camera")}${t("Report a finding")}</a></header>
      ${refusal(this.refused)}
      ${day ? html`<div class="columns"><div>${this.#choice(day)}${this.#rounds(day.rounds)}</div>
        <div class="side">${duties(day.duties)}<gp-handover .site=${this.site} .shift=${day.duties.find(({ is_now: now }) => now)?.shift ?? ""}></gp-handover>${sheets(day.day)}</div></div>` : this.refused ? null : html`<p class="quiet" role="status">${t("Reading…")}</p>`}
    </div>`;
  }

  /** @param {PatrolDay} day */
  #choice({ day }) {
    const today = isoDay(this.site?.now() ?? new Date());
    const turn = (/** @type {number} */ by) => () => {
      const other = by > 0 ? nextDay(day) : new Date(Date.parse(day) - 86_400_000).toISOString().slice(0, 10);
      this.chosen = other === today ? "" : other;
    };
    return html`<div class="day">
      <button class="plain square" aria-label=${t("Day before")} @click=${turn(-1)}>${icon("back")}</button>
      <h2>${day === today ? t("Today, {day}", { day: dayName(`${day}T12:00:00Z`) }) : dayName(`${day}T12:00:00Z`)}</h2>
      <button class="plain square" aria-label=${t("Day after")} @click=${turn(1)}>${icon("forward")}</button>
    </div>`;
  }

  /** @param {PatrolRound[]} rounds */
  #rounds(rounds) {
    if (!rounds.length) return html`<div class="panel empty"><p>${t("No rounds on this day.")}</p>
      <p class="small"><a class="link" href=${PLAN}>${t("Shifts and rounds are set in the patrol plan.")}</a></p></div>`;
    return html`<ul class="rounds">${rounds.map((one) => this.#round(one))}</ul>`;
  }

  /** @param {PatrolRound} round */
  #round({ id, name, unit, due_at: due, late_at: late, standing, stops, by, note }) {
    const checked = stops.filter(({ at }) => at).length;
    const findings = stops.filter(({ verdict }) => verdict === "finding").length;
    const walkable = WALKABLE.includes(standing);
    const began = stops.some(({ arrived_at: arrived }) => arrived);
    return html`<li class="panel round ${standingTone(standing)}">
      <span class="time">${shortTime(due)}</span>
      <div class="what"><div class="line"><span class="name">${name}</span><span class="mark ${standingTone(standing)}">${standingWord(standing)}</span>
        ${findings ? html`<span class="mark red">${t("{count} findings", { count: findings })}</span>` : null}</div>
        <p class="small quiet">${[unit, t("{done} of {all} stops", { done: checked, all: stops.length }), walkable ? t("until {time}", { time: shortTime(late) }) : by, note].filter(Boolean).join(" · ")}</p></div>
      ${walkable ? html`<a class="button primary go" href=${roundHref(id)}>${began ? t("Go on") : t("Begin the round")}</a>`
        : standing === "coming" ? null : html`<a class="button go" href=${roundHref(id)}>${t("Look at it")}</a>`}
    </li>`;
  }
}

/** @param {Duty[]} duties */
function duties(duties) {
  if (!duties.length) return null;
  return html`<section class="panel"><h2>${t("On duty")}</h2>${duties.map(({ shift, starts_at: from, ends_at: to, people, is_now: now }) => html`
    <div class="duty"><div class="line"><b>${shift}</b><span class="quiet small">${shortTime(from)}–${shortTime(to)}</span>${now ? html`<span class="mark good">${t("now")}</span>` : null}</div>
    <span>${people.join(" · ")}</span></div>`)}</section>`;
}

/** @param {string} day */
function sheets(day) {
  const month = `${day.slice(0, 8)}01`;
  const link = (/** @type {string} */ kind) => apiUrl(`patrol/rounds.${kind}?since=${month}&until=${day}`);
  return html`<section class="panel"><h2>${t("Rounds of this month")}</h2><div class="line">
    <a class="button" href=${link("xlsx")} download="rounds-${day}.xlsx">${icon("download")}XLSX</a>
    <a class="button" href=${link("csv")} download="rounds-${day}.csv">${icon("download")}CSV</a></div></section>`;
}

customElements.define("gp-patrol-page", GpPatrolPage);
