/** What belongs to a case: the same happening at other cameras, what was merged, what was before at the place. */
/** @import { Match, Related, Repeats } from "../contract.js" */
import { css, html } from "lit";
import { getJson, postJson } from "../api.js";
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
    found: { state: true },
    whole: { state: true },
    busy: { state: true },
    refused: { state: true },
  };

  constructor() {
    super();
    this.incidentId = "";
    /** Rises when the case changes; then it is read again. */
    this.revision = 0;
    /** @type {Related | null} */
    this.found = null;
    this.whole = false;
    this.busy = false;
    /** @type {unknown} */
    this.refused = null;
  }

  willUpdate(/** @type {Map<string, unknown>} */ changed) {
    if (changed.has("incidentId")) {
      this.found = null;
      this.whole = false;
      this.refused = null;
    }
    if (changed.has("incidentId") || changed.has("revision")) this.#read();
  }

  async #read() {
    const id = this.incidentId;
    const found = await getJson(`cases/${encodeURIComponent(id)}/related`).catch(() => this.found);
    if (id === this.incidentId) this.found = found;
  }

  /** @param {Match} match */
  async #merge({ merge, into, revision }) {
    this.busy = true;
    this.refused = null;
    try {
      await postJson(`cases/${encodeURIComponent(merge)}/steps`, { action: "merge", revision, other: into });
    } catch (error) {
      this.refused = error;
    }
    await this.#read();
    this.busy = false;
  }

  render() {
    if (!this.found) return null;
    const { matches, members, repeats } = this.found;
    return html`${matches.length || this.refused ? this.#matches(matches) : null}
      ${members.length ? merged(members) : null}
      ${repeats.count ? this.#repeats(repeats) : null}`;
  }

  /** @param {Match[]} matches */
  #matches(matches) {
    return html`<section class="panel" aria-label=${t("The same happening?")}><h2>${t("The same happening?")}</h2>
      <ul>${matches.map((match) => html`<li>
        <a class="link" href=${incidentHref(match.case)}>${match.camera.name}</a> · ${kindWord(match.kind)}
        <div class="quiet">${dayAndTime(match.opened_at)} · ${nearWord(match)}</div>
        <div class="buttons"><button ?disabled=${this.busy} @click=${() => this.#merge(match)}>${match.merge === match.case ? t("Merge it into this one") : t("Merge this one into it")}</button></div>
      </li>`)}</ul>${refusal(this.refused)}</section>`;
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
