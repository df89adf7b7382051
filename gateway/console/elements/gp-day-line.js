/**
 * A day of recordings: 24 hours to choose from, and the chosen hour drawn to scale. Asks to play a moment
 * by a "seek" event whose `detail` is it (milliseconds), a clip by "clip".
 */
/** @import { Segment } from "../contract.js" */
/** @import { Clip } from "../recordings.js" */
import { css, html } from "lit";
import { clockTime, shortTime } from "../format.js";
import { t } from "../language.js";
import { base, controls } from "../styles.js";
import { kindWord, severityWord } from "../vocabulary.js";
import { ConsoleElement } from "./console-element.js";

const HOUR_MS = 3_600_000;
/** Steps of the keys, in milliseconds: arrows, and page up and down. */
const STEP_MS = 10_000;
const LEAP_MS = 300_000;

export class GpDayLine extends ConsoleElement {
  static styles = [base, controls, css`
    :host { display: grid; gap: var(--s3); user-select: none; -webkit-user-select: none; }
    .hours { display: grid; grid-template-columns: repeat(24, minmax(0, 1fr)); gap: 2px; }
    .hours button { position: relative; display: grid; place-items: center; padding: 0; min-width: 0; min-height: 2.75rem; overflow: clip; font-size: var(--small); background: var(--raised); border-color: var(--line); color: var(--ink-2); }
    .hours .some { color: var(--ink); font-weight: 600; }
    .hours [aria-pressed="true"] { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); color: var(--accent); }
    .fill { position: absolute; inset: auto auto 0 0; height: 0.3rem; width: var(--fill); background: var(--accent); }
    .spot { position: absolute; inset: 0.25rem 0.25rem auto auto; width: 0.4rem; height: 0.4rem; border-radius: 50%; background: var(--yellow-line); }
    .line { position: relative; height: 3.5rem; border-radius: var(--radius-small); background: var(--raised); border: 1px solid var(--line); overflow: clip; cursor: pointer; touch-action: none; }
    .film { position: absolute; inset-block: 1.15rem 0; background: var(--accent); opacity: 0.55; }
    .mark { position: absolute; inset-block: 0.2rem auto; height: 0.75rem; min-width: 0.5rem; min-height: 0; padding: 0; border: 0; border-radius: 2px; background: var(--severity); }
    .mark::after { content: ""; position: absolute; inset: -0.3rem; }
    .red { --severity: var(--red); } .yellow { --severity: var(--yellow-line); } .green { --severity: var(--green); }
    .head { position: absolute; inset-block: 0; width: 2px; margin-inline-start: -1px; background: var(--ink); pointer-events: none; }
    .scale { display: flex; justify-content: space-between; font-size: var(--tiny); color: var(--ink-2); }
    @media (max-width: 900px) { .hours { grid-template-columns: repeat(12, minmax(0, 1fr)); } }
    @media (max-width: 480px) { .hours { grid-template-columns: repeat(8, minmax(0, 1fr)); } }
  `];
  static properties = {
    start: { attribute: false }, end: { attribute: false }, segments: { attribute: false }, clips: { attribute: false }, at: { attribute: false }, hour: { attribute: false },
  };

  constructor() {
    super();
    /** Midnight, and the next. */
    this.start = new Date(0);
    this.end = new Date(0);
    /** @type {Segment[]} */
    this.segments = [];
    /** @type {Clip[]} */
    this.clips = [];
    /** What is played: a moment, null for nothing. @type {number | null} */
    this.at = null;
    /** Which hour is drawn, from 0. */
    this.hour = 0;
  }

  get #hours() {
    const count = Math.round((this.end.getTime() - this.start.getTime()) / HOUR_MS);
    return Array.from({ length: count }, (_, number) => this.start.getTime() + number * HOUR_MS);
  }

  render() {
    const begin = this.#hours[this.hour] ?? this.start.getTime();
    return html`<div class="hours" role="group" aria-label=${t("Hour")}>${this.#hours.map((hour, number) => this.#hour(hour, number))}</div>
      <div>${this.#line(begin)}
        <div class="scale" aria-hidden="true">${[0, 15, 30, 45, 60].map((minute) => html`<span>${shortTime(new Date(begin + minute * 60_000))}</span>`)}</div></div>`;
  }

  /** @param {number} hour @param {number} number */
  #hour(hour, number) {
    const recordedMs = this.segments.reduce((sum, one) => sum + overlapMs(one, hour, hour + HOUR_MS), 0);
    const happened = this.clips.some(({ incident }) => within(Date.parse(incident.opened_at), hour));
    const told = [shortTime(new Date(hour)), recordedMs ? t("recorded") : "", happened ? t("with incidents") : ""].filter(Boolean).join(", ");
    const choose = () => this.#tell("hour", number);
    return html`<button class=${recordedMs || happened ? "some" : ""} aria-pressed=${number === this.hour} aria-label=${told} @click=${choose}>
      ${shortTime(new Date(hour)).slice(0, 2)}<span class="fill" .style=${`--fill: ${Math.min(1, recordedMs / HOUR_MS) * 100}%`}></span>
      ${happened ? html`<span class="spot"></span>` : null}</button>`;
  }

  /** @param {number} begin of the hour */
  #line(begin) {
    const place = (/** @type {number} */ from, /** @type {number} */ to) => `left: ${((from - begin) / HOUR_MS) * 100}%; width: ${((to - from) / HOUR_MS) * 100}%`;
    const films = this.segments.filter((one) => overlapMs(one, begin, begin + HOUR_MS) > 0);
    const clips = this.clips.filter(({ incident }) => within(Date.parse(incident.opened_at), begin));
    const at = this.at !== null && within(this.at, begin) ? this.at : null;
    return html`<div class="line" role="slider" tabindex="0" aria-label=${t("Time to play")} aria-valuemin="0" aria-valuemax="3600"
        aria-valuenow=${Math.round(((at ?? begin) - begin) / 1000)} aria-valuetext=${clockTime(new Date(at ?? begin))}
        @click=${(/** @type {MouseEvent} */ event) => this.#seek(event, begin)} @keydown=${(/** @type {KeyboardEvent} */ event) => this.#key(event, at ?? begin)}>
      ${films.map(({ started_at: from, ended_at: to }) => html`<span class="film" .style=${place(Date.parse(from), Date.parse(to))}></span>`)}
      ${clips.map((one) => this.#mark(one, place))}
      ${at === null ? null : html`<span class="head" .style=${place(at, at)}></span>`}</div>`;
  }

  /** @param {Clip} clip @param {(from: number, to: number) => string} place */
  #mark(clip, place) {
    const { severity, kind, opened_at: from, closed_at: to } = clip.incident;
    const told = [clockTime(from), severityWord(severity), kindWord(kind)].join(" ");
    const play = (/** @type {Event} */ event) => {
      event.stopPropagation();
      this.#tell("clip", clip);
    };
    return html`<button class="mark ${severity}" title=${told} aria-label=${told} .style=${place(Date.parse(from), Date.parse(to ?? from))} @click=${play} @keydown=${(/** @type {Event} */ event) => event.stopPropagation()}></button>`;
  }

  /** @param {MouseEvent} event @param {number} begin */
  #seek(event, begin) {
    const { left, width } = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
    this.#tell("seek", begin + ((event.clientX - left) / width) * HOUR_MS);
  }

  /** @param {KeyboardEvent} event @param {number} from */
  #key(event, from) {
    /** @type {Record<string, number>} */
    const steps = { ArrowLeft: -STEP_MS, ArrowRight: STEP_MS, PageUp: -LEAP_MS, PageDown: LEAP_MS, Enter: 0, " ": 0 };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    this.#tell("seek", Math.min(this.end.getTime() - 1, Math.max(this.start.getTime(), from + step)));
  }

  /** @param {string} type @param {unknown} detail */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** @param {Segment} segment @param {number} from @param {number} to */
function overlapMs({ started_at: begun, ended_at: ended }, from, to) {
  return Math.max(0, Math.min(to, Date.parse(ended)) - Math.max(from, Date.parse(begun)));
}

/** @param {number} at @param {number} hour */
function within(at, hour) {
  return at >= hour && at < hour + HOUR_MS;
}

customElements.define("gp-day-line", GpDayLine);
