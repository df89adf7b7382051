/** The evidence of one incident: marked picture, raw picture, clip. */
/** @import { Evidence, EvidenceType } from "../contract.js" */
import { css, html } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { evidenceUrl } from "../api.js";
import { dayAndTime, fileSize } from "../format.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { base, controls } from "../styles.js";
import { evidenceWord } from "../vocabulary.js";
import { ConsoleElement } from "./console-element.js";

/** @type {readonly EvidenceType[]} */
const ORDER = ["marked", "raw", "before", "curve", "clip"];
/** What only some incidents have, and which stand there only for them. @type {readonly EvidenceType[]} */
const OF_WATER = ["before", "curve"];

/** @typedef {{ key: string, word: string, found: Evidence | undefined }} Choice one thing to look at; not found: not kept, or not yet */

export class GpEvidence extends ConsoleElement {
  static styles = [base, controls, css`
    .stage { aspect-ratio: 16 / 9; max-height: calc(100dvh - 12rem); width: 100%; background: var(--stage); color: var(--stage-ink-2); border-radius: var(--radius); overflow: clip; display: grid; place-items: center; }
    img, video { width: 100%; height: 100%; object-fit: contain; display: block; min-height: 0; }
    .bar { display: flex; flex-wrap: wrap; align-items: center; gap: var(--s2) var(--s3); padding-block: var(--s3); }
    .none { padding: var(--s5) var(--s4); text-align: center; }
    .segments { flex-wrap: wrap; }
    .segments button { padding: 0 var(--s3); }
  `];
  static properties = { evidence: { attribute: false }, unwatched: { type: Boolean }, chosen: { state: true } };

  constructor() {
    super();
    /** @type {Evidence[]} */
    this.evidence = [];
    /** Whether no camera's rule found it: then nothing is missing that a camera would have kept. */
    this.unwatched = false;
    this.chosen = "";
  }

  /** @returns {Choice[]} */
  get #choices() {
    const kinds = new Set(this.evidence.map(({ type }) => type));
    const expected = ORDER.filter((type) => kinds.has(type) || !(this.unwatched || OF_WATER.includes(type))).filter((type) => type !== "clip" || kinds.has("clip") || !kinds.has("curve"));
    const photos = this.evidence.filter(({ type }) => type === "photo");
    return [
      ...expected.map((type) => ({ key: type, word: evidenceWord(type), found: this.evidence.findLast((piece) => piece.type === type) })),
      ...photos.map((found, number) => ({ key: found.id, word: photos.length > 1 ? t("Photo {number}", { number: number + 1 }) : evidenceWord("photo"), found })),
    ];
  }

  render() {
    const choices = this.#choices;
    if (!choices.length) return html`<p class="none panel quiet">${t("There is no picture of this.")}</p>`;
    const { key: chosen = "", found } = choices.find(({ key }) => key === this.chosen) ?? choices.find((choice) => choice.found) ?? choices[0] ?? {};
    const shown = found?.deleted_at ? undefined : found;
    return html`
      <div class="stage">${shown ? keyed(shown.id, this.#view(shown)) : html`<p>${this.#missing(found, chosen)}</p>`}</div>
      <div class="bar">
        <div class="segments" role="group" aria-label=${t("Evidence")}>
          ${choices.map(({ key, word }) => html`<button aria-pressed=${key === chosen} @click=${() => { this.chosen = key; }}>${word}</button>`)}
        </div>
        <span class="grow"></span>
        ${shown ? html`<a class="button" href=${evidenceUrl(shown.id)} download=${fileName(shown)}>${icon("download")}${t("Download")} <span class="quiet small">${fileSize(shown.bytes)}</span></a>` : null}
      </div>`;
  }

  /** @param {Evidence} shown */
  #view(shown) {
    const url = evidenceUrl(shown.id);
    const name = evidenceWord(shown.type);
    return shown.type === "clip"
      ? html`<video src=${url} controls playsinline autoplay .muted=${true} aria-label=${name}></video>`
      : html`<img src=${url} alt=${name}>`;
  }

  /** @param {Evidence | undefined} found @param {string} chosen */
  #missing(found, chosen) {
    if (found?.deleted_at) return t("Deleted by retention on {date}.", { date: dayAndTime(found.deleted_at) });
    return chosen === "clip" ? t("The clip is written when the incident ends.") : t("This picture was not kept.");
  }
}

/** @param {Evidence} evidence */
function fileName({ id, type, content_type: contentType }) {
  return `${type}-${id}.${contentType === "video/mp4" ? "mp4" : "jpg"}`;
}

customElements.define("gp-evidence", GpEvidence);
