/** What belongs to a case: the same happening at other cameras, what was merged, what was before at the place. */
/** @import { Apart, CaseAction, Match, Related, Repeats } from "../contract.js" */
import { css, html } from "lit";
import { postJson } from "../api.js";
import { CaseReading } from "../case-reading.js";
import { outcomeWord, reasonWord, stepWord } from "../case-words.js";
import { dayAndTime } from "../format.js";
import { t } from "../language.js";
import { incidentHref } from "../router.js";
import { base, controls, forms, marks } from "../styles.js";
import { evidenceWord, kindWord } from "../vocabulary.js";
import { ConsoleElement } from "./console-element.js";
import { facts, page } from "./page-styles.js";
import { refusal } from "./refusal.js";

/** Earlier cases shown before the reader asks for all that are listed. */
const FEW = 3;

export class GpRelated extends ConsoleElement {
  static styles = [base, controls, marks, forms, page, facts, css`
    :host { display: contents; }
    ul { display: grid; gap: var(--s2); }
    li { border-inline-start: 0.15rem solid var(--line-strong); padding-inline-start: var(--s2); font-size: var(--small); overflow-wrap: anywhere; }
    li .buttons { padding-block-start: var(--s1); }
    .files { display: flex; flex-wrap: wrap; gap: 0 var(--s3); }
  `];
  static properties = {
    incidentId: { attribute: false },
    revision: { attribute: false },
    whole: { state: true },
  };

  /** @type {CaseReading<Related>} */
  #related = new CaseReading(this, "/related");

  constructor() {
    super();
    this.incidentId = "";
    /** Rises when the case changes; then it is read again. */
    this.revision = 0;
    this.whole = false;
  }

  willUpdate() {
    if (this.#related.show(this.incidentId, this.revision)) this.whole = false;
  }

  /** @param {CaseAction} action @param {string} id @param {number} revision @param {string} other */
  async #take(action, id, revision, other) {
    await this.#related.try(() => postJson(`cases/${encodeURIComponent(id)}/steps`, { action, revision, other }));
  }

  render() {
    if (!this.#related.found) return null;
    const { matches, apart, members, repeats } = this.#related.found;
    return html`${matches.length || this.#related.refused ? this.#matches(matches) : null}
      ${apart.length ? this.#apart(apart) : null}
      ${members.length ? merged(members) : null}
      ${repeats.count ? this.#repeats(repeats) : null}`;
  }

  /** @param {Match[]} matches */
  #matches(matches) {
    return html`<section class="panel" aria-label=${t("The same happening?")}><h2>${t("The same happening?")}</h2>
      <ul>${matches.map((match) => html`<li>
        <a class="link" href=${incidentHref(match.case)}>${match.camera.name}</a> · ${kindWord(match.kind)}
        <div class="quiet">${dayAndTime(match.opened_at)} · ${nearWord(match)}</div>
        <div class="buttons"><button ?disabled=${this.#related.busy} @click=${() => this.#take("merge", match.merge, match.revision, match.into)}>${match.merge === match.case ? t("Merge it into this one") : t("Merge this one into it")}</button>
          <button ?disabled=${this.#related.busy} @click=${() => this.#take("differ", this.incidentId, this.revision, match.case)}>${t("Not the same")}</button></div>
      </li>`)}</ul>${refusal(this.#related.refused)}</section>`;
  }

  /** @param {Apart[]} apart */
  #apart(apart) {
    return html`<section class="panel" aria-label=${t("Not the same happening")}><h2>${t("Not the same happening")}</h2>
      <ul>${apart.map((one) => html`<li>
        <a class="link" href=${incidentHref(one.case)}>${one.camera.name}</a> · ${kindWord(one.kind)}
        <div class="quiet">${one.by} · ${dayAndTime(one.at)}</div>
        <div class="buttons"><button ?disabled=${this.#related.busy} @click=${() => this.#take("may_match", this.incidentId, this.revision, one.case)}>${t("May be the same after all")}</button></div>
      </li>`)}</ul></section>`;
  }

  /** @param {Repeats} repeats */
  #repeats({ count, false_alarms: falseAlarms, cases }) {
    const shown = this.whole ? cases : cases.slice(0, FEW);
    return html`<section class="panel" aria-label=${t("Before at this place")}><h2>${t("Before at this place")}</h2>
      <p class="small">${t("{count} times in 30 days, {falseAlarms} of them false alarms", { count, falseAlarms })}</p>
      <ul>${shown.map((one) => html`<li><a class="link" href=${incidentHref(one.case)}>${dayAndTime(one.opened_at)}</a>
        <span class="quiet"> · ${one.outcome ? outcomeWord(one.outcome) : stepWord(one.step)}${one.reason ? ` · ${reasonWord(one.reason)}` : ""}</span></li>`)}</ul>
      ${cases.length > FEW ? html`<div class="buttons"><button @click=${() => { this.whole = !this.whole; }}>${this.whole ? t("Fewer") : t("More")}</button></div>` : null}
    </section>`;
  }
}

/** @param {Related["members"]} members */
function merged(members) {
  return html`<section class="panel" aria-label=${t("Merged into this case")}><h2>${t("Merged into this case")}</h2>
    <ul>${members.map((one) => html`<li><a class="link" href=${incidentHref(one.id)}>${one.camera.name}</a> · ${kindWord(one.kind)}
      <div class="quiet">${dayAndTime(one.opened_at)}</div>
      <div class="files">${one.evidence.filter((piece) => !piece.deleted_at).map((piece) => html`<a class="link" href=${piece.url} target="_blank" rel="noopener">${evidenceWord(piece.type)}</a>`)}</div></li>`)}</ul>
  </section>`;
}

/** @param {Match} match */
function nearWord({ by, distance_m: metres }) {
  if (metres !== null) return t("{metres} m away", { metres: Math.round(metres) });
  return by === "place" ? t("the same place") : t("the same grid");
}

customElements.define("gp-related", GpRelated);
