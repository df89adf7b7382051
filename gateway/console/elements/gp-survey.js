/** What was measured of a camera, stream beside stream, with a word on what matters. */
/** @import { StreamReport, Survey } from "../contract.js" */
import { css, html } from "lit";
import { readerWord, skewWord, soundWord } from "../camera-words.js";
import { dayAndTime, decimal } from "../format.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { base, marks } from "../styles.js";
import { codecWord } from "../vocabulary.js";
import { ConsoleElement } from "./console-element.js";

/** Beyond this, seconds between key frames: viewers and the watch wait too long. */
const LONG_GOP_S = 6;
/** Beyond this, seconds: times in evidence would mislead. */
const WRONG_CLOCK_S = 5;

/** @typedef {[string, (stream: StreamReport) => unknown, ((stream: StreamReport) => boolean)?]} Row words, value, whether to heed it */

/** @returns {Row[]} */
function rows() {
  const number = (/** @type {number | null} */ value, /** @type {string} */ unit) => (value === null ? "–" : `${decimal(value)} ${unit}`);
  return [
    [t("Codec"), ({ codec }) => codecWord(codec)],
    [t("Profile"), ({ profile }) => profile ?? "–"],
    [t("Picture"), ({ width, height }) => `${width}×${height}`],
    [t("Pictures a second"), ({ fps }) => number(fps, "fps")],
    [t("Bit rate"), ({ bit_rate_kbps: rate }) => number(rate && Math.round(rate), "kbit/s")],
    [t("Key frame every"), ({ gop_s: gop }) => number(gop, "s"), ({ gop_s: gop }) => (gop ?? 0) > LONG_GOP_S],
    [t("B-frames"), ({ has_b_frames: has }) => (has ? t("yes") : t("no")), ({ has_b_frames: has }) => has],
    [t("Sound"), soundWord],
    [t("In browsers"), ({ browser_playable: plays }) => (plays ? t("plays as it is") : t("is transcoded")), ({ browser_playable: plays }) => !plays],
    [t("Read by"), readerWord, ({ note }) => note !== ""],
    [t("Clock of the stream"), ({ clock_offset_s: offset }) => skewWord(offset), ({ clock_offset_s: offset }) => Math.abs(offset ?? 0) > WRONG_CLOCK_S],
  ];
}

export class GpSurvey extends ConsoleElement {
  static styles = [base, marks, css`
    :host { display: grid; gap: var(--s3); min-width: 0; }
    table { border-collapse: collapse; width: 100%; table-layout: fixed; }
    caption { text-align: start; padding-block-end: var(--s2); }
    th, td { text-align: start; padding: 0.3rem var(--s3) 0.3rem 0; vertical-align: top; overflow-wrap: anywhere; }
    th[scope="row"] { font-weight: 400; color: var(--ink-2); font-size: var(--small); }
    thead th { font-size: var(--small); }
    tbody tr > * { border-block-start: 1px solid var(--line); }
    .heed { color: var(--yellow); font-weight: 600; }
    dl { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: var(--s1) var(--s4); }
    dt { color: var(--ink-2); font-size: var(--small); line-height: 1.6; }
    details { font-size: var(--small); } summary { cursor: pointer; color: var(--yellow); }
    li { overflow-wrap: anywhere; padding-block: var(--s1); }
  `];
  static properties = { survey: { attribute: false } };

  constructor() {
    super();
    /** @type {Survey | null} */
    this.survey = null;
  }

  render() {
    const { survey } = this;
    if (!survey) return null;
    /** @type {[string, StreamReport | null][]} */
    const streams = [[t("Main stream"), survey.main], [t("Sub stream"), survey.sub]];
    const measured = streams.flatMap(([word, stream]) => (stream ? [{ word, stream }] : []));
    const skew = survey.clock_skew_s;
    return html`<table><caption class="small quiet">${t("Measured {time}", { time: dayAndTime(survey.measured_at) })}</caption>
      <thead><tr><td></td>${measured.map(({ word }) => html`<th scope="col">${word}</th>`)}</tr></thead>
      <tbody>${rows().map(([word, value, heeds]) => html`<tr><th scope="row">${word}</th>${measured.map(({ stream }) => html`
        <td class=${heeds?.(stream) ? "heed" : ""} title=${stream.note}>${value(stream)}</td>`)}</tr>`)}</tbody></table>
      <dl>
        ${survey.device ? html`<dt>${t("Device")}</dt><dd>${survey.device}</dd>` : null}
        <dt>${t("Clock of the camera")}</dt><dd class=${Math.abs(skew ?? 0) > WRONG_CLOCK_S ? "heed" : ""}>${skewWord(skew)}</dd>
        <dt>${t("Loudspeaker")}</dt><dd>${survey.talk === null ? "–" : survey.talk ? codecWord(survey.talk) : t("none that can be spoken through")}</dd>
        <dt>${t("Connections at once")}</dt><dd>${survey.sessions_allowed ?? "–"}</dd>
      </dl>
      ${survey.failed.length ? html`<details><summary>${t("{count} things the camera cannot do", { count: survey.failed.length })}</summary>
        <ul lang="en">${survey.failed.map((one) => html`<li class="quiet">${one}</li>`)}</ul></details>` : null}
      ${measured.length ? null : html`<p class="row heed">${icon("cameraOff")}${t("No stream was measured.")}</p>`}`;
  }
}

customElements.define("gp-survey", GpSurvey);
