/** What passed a camera today: a table for each counting rule, hour by hour, by kind and direction. Nothing where nothing is counted. */
/** @import { Camera, Count } from "../contract.js" */
/** @import { Site } from "../site.js" */
import { css, html } from "lit";
import { apiUrl, getJson } from "../api.js";
import { pause } from "../backoff.js";
import { shortTime } from "../format.js";
import { t } from "../language.js";
import { base, controls } from "../styles.js";
import { directionWord, objectWord } from "../vocabulary.js";
import { Work } from "../work.js";
import { ConsoleElement } from "./console-element.js";
import { facts } from "./page-styles.js";

/** The server keeps running counts once a minute. */
const EVERY_MS = 60_000;
/** So many hours are shown until all are asked for. */
const FEW = 6;
/** An hour that was watched less than this is said to have been. */
const WHOLE = 0.95;

/** @typedef {{ kind: string, direction: string | null }} Sort what has a column of its own */

export class GpCounts extends ConsoleElement {
  static styles = [base, controls, facts, css`
    :host { display: grid; gap: var(--s3); }
    .head { display: flex; align-items: baseline; gap: var(--s2); }
    .head h2 { flex: 1; min-width: 0; overflow-wrap: anywhere; }
    .head a, .head button { color: var(--accent); font-size: var(--small); text-decoration: underline; text-underline-offset: 0.2em; }
    .head button { border: 0; background: none; min-height: 0; padding: 0; }
    .scroll { overflow-x: auto; }
    table { width: 100%; border-collapse: collapse; }
    th, td { padding: 0.15rem var(--s1); font-weight: 400; white-space: nowrap; }
    th { text-align: start; color: var(--ink-2); font-size: var(--small); }
    th:first-child { padding-inline-start: 0; vertical-align: top; }
    thead th + th { text-align: end; }
    thead span { display: block; }
    td { position: relative; min-width: 3.25rem; text-align: end; }
    td b { position: relative; font-weight: inherit; }
    td i { position: absolute; inset: 0.15rem 0 0.15rem auto; width: calc((100% - 0.4rem) * var(--share)); background: var(--accent-soft); border-radius: 2px; }
    .total > * { font-weight: 600; border-block-start: 1px solid var(--line); color: var(--ink); }
    .partly { display: block; font-size: var(--tiny); color: var(--yellow); }
  `];
  static properties = { site: { attribute: false }, camera: { attribute: false }, counts: { state: true }, whole: { state: true } };

  #work = new Work(this);

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
    /** @type {Camera | null} */
    this.camera = null;
    /** @type {Count[]} */
    this.counts = [];
    /** Whether all hours of the day are shown. */
    this.whole = false;
  }

  connectedCallback() {
    super.connectedCallback();
    this.#follow(this.#work.signal).catch(() => {}); // ends with the page
  }

  get #query() {
    return `camera=${encodeURIComponent(this.camera?.id ?? "")}`;
  }

  /** Ask again every minute. @param {AbortSignal} signal */
  async #follow(signal) {
    for (; ; await pause(EVERY_MS, signal)) {
      await this.updateComplete;
      try {
        this.counts = (await getJson(`counts?${this.#query}`, { signal })).counts;
      } catch {
        signal.throwIfAborted(); // else what was shown stays, until the server answers again
      }
    }
  }

  render() {
    return this.#groups().map((group) => this.#panel(group));
  }

  /** The counts of each rule at each place. */
  #groups() {
    /** @type {Map<string, Count[]>} */
    const groups = new Map();
    for (const count of this.counts) {
      const key = JSON.stringify([count.rule, count.place]);
      groups.set(key, [...(groups.get(key) ?? []), count]);
    }
    return [...groups.values()];
  }

  /** @param {Count[]} counts of one rule, at least one */
  #panel(counts) {
    const sorts = sortsOf(counts);
    const most = Math.max(1, ...counts.flatMap((count) => sorts.map((sort) => passed(count, sort))));
    const title = t("Passed today: {place}", { place: this.#placeName(counts[0]?.place ?? null) });
    const shown = this.whole ? counts : counts.slice(-FEW);
    const all = counts.length > FEW ? html`<button @click=${() => { this.whole = !this.whole; }}>${this.whole ? t("Last hours") : t("All hours")}</button>` : null;
    return html`<section class="panel"><div class="head"><h2>${title}</h2>${all}<a href=${apiUrl(`counts.csv?${this.#query}`)} download>${t("Table")}</a></div>
      <div class="scroll"><table aria-label=${title}>
        <thead><tr><th scope="col">${t("Hour")}</th>${sorts.map((sort) => html`<th scope="col">${objectWord(sort.kind)} ${sort.direction ? html`<span>${directionWord(sort.direction)}</span>` : null}</th>`)}</tr></thead>
        <tbody>${shown.map((count) => this.#row(count, sorts, most))}
          <tr class="total"><th scope="row">${t("In all")}</th>${sorts.map((sort) => html`<td>${counts.reduce((sum, count) => sum + passed(count, sort), 0)}</td>`)}</tr></tbody>
      </table></div></section>`;
  }

  /** @param {Count} count @param {Sort[]} sorts @param {number} most */
  #row(count, sorts, most) {
    const part = this.#watchedPart(count);
    return html`<tr><th scope="row" title=${`${shortTime(count.start)}–${shortTime(count.end)}`}>${shortTime(count.start)}
        ${part < WHOLE ? html`<span class="partly">${t("{percent} % watched", { percent: Math.round(100 * part) })}</span>` : null}</th>
      ${sorts.map((sort) => html`<td><i .style=${`--share: ${passed(count, sort) / most}`}></i><b>${passed(count, sort)}</b></td>`)}</tr>`;
  }

  /** Of the time up to now, from 0 to 1. @param {Count} count */
  #watchedPart({ start, end, watched_s: watched }) {
    const now = this.site?.now().getTime() ?? Infinity;
    const passedMs = Math.min(Date.parse(end), now - EVERY_MS) - Date.parse(start);
    return passedMs > 0 ? Math.min(1, (watched * 1000) / passedMs) : 1;
  }

  /** @param {string | null} place */
  #placeName(place) {
    if (place === null) return t("Whole picture");
    const places = [...(this.camera?.zones ?? []), ...(this.camera?.lines ?? [])];
    return places.find(({ id }) => id === place)?.name || place;
  }
}

/** Every kind and direction that passed, in order. @param {Count[]} counts @returns {Sort[]} */
function sortsOf(counts) {
  const keys = new Set(counts.flatMap(({ rows }) => rows.map(({ kind, direction }) => JSON.stringify([kind, direction]))));
  return [...keys].sort().map((key) => JSON.parse(key)).map(([kind, direction]) => ({ kind, direction }));
}

/** @param {Count} count @param {Sort} sort */
function passed({ rows }, { kind, direction }) {
  return rows.filter((row) => row.kind === kind && row.direction === direction).reduce((sum, row) => sum + row.count, 0);
}

customElements.define("gp-counts", GpCounts);
