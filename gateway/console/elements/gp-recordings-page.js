/** What was recorded of one camera: a day chosen in the calendar, played from its time line, exported. */
/** @import { Incident, RecordedDay, Segment } from "../contract.js" */
/** @import { Clip } from "../recordings.js" */
/** @import { Site } from "../site.js" */
import { css, html } from "lit";
import { evidenceUrl } from "../api.js";
import { clockTime, dayName, duration, isoDay } from "../format.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { boundsOf, clipsOf, incidentsOf, recordedDays, segmentAt, segmentsOf } from "../recordings.js";
import { cameraHref, incidentHref } from "../router.js";
import { base, controls, marks } from "../styles.js";
import { kindWord, severityWord } from "../vocabulary.js";
import { ConsoleElement } from "./console-element.js";
import { page } from "./page-styles.js";
import { refusal } from "./refusal.js";
import "./gp-calendar.js";
import "./gp-day-line.js";
import "./gp-span-export.js";

const HOUR_MS = 3_600_000;

/** @typedef {{ url: string, startMs: number, offsetS: number, segment: Segment | null, clip: Clip | null }} Showing */

export class GpRecordingsPage extends ConsoleElement {
  static styles = [base, controls, marks, page, css`
    .columns { grid-template-columns: minmax(0, 1fr) 22rem; }
    .player { position: relative; aspect-ratio: 16 / 9; max-height: calc(100dvh - 24rem); min-height: 12rem; width: 100%; border-radius: var(--radius); overflow: clip; background: var(--stage); color: var(--stage-ink-2); display: grid; place-items: center; text-align: center; }
    video { scroll-margin-block: calc(var(--bar) + var(--s3)) 5rem; position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; }
    .when { position: absolute; inset: var(--s2) auto auto var(--s2); padding: 0.1rem 0.6rem; border-radius: 1rem; background: var(--stage-cover); color: var(--stage-ink); font-size: var(--small); pointer-events: none; }
    .player p { padding: var(--s4); max-width: 32em; }
    .player .problem { z-index: 1; background: var(--stage-cover); color: var(--stage-warn); }
    .time { display: grid; gap: var(--s4); padding-block-start: var(--s4); }
    .side section { padding: var(--s3) var(--s4) var(--s4); }
    .side h2, .time h2 { color: var(--ink-2); font-size: var(--small); padding-block-end: var(--s2); }
    .clips { display: grid; gap: var(--s1); max-height: 26rem; overflow-y: auto; scrollbar-width: thin; margin-inline: calc(-1 * var(--s2)); }
    .clips li { display: flex; gap: var(--s1); align-items: center; }
    .clips button { flex: 1; min-width: 0; justify-content: flex-start; min-height: 2.75rem; }
    .clips [aria-pressed="true"] { background: var(--accent-soft); }
    .legend { display: flex; gap: var(--s4); font-size: var(--tiny); color: var(--ink-2); padding-block-start: var(--s2); }
    .legend i { display: inline-block; width: 0.5rem; height: 0.5rem; border-radius: 50%; background: var(--accent); margin-inline-end: 0.4em; }
    .legend .clip { background: var(--yellow-line); }
    .export { padding: var(--s3) var(--s4) var(--s4); }
    @media (max-width: 1000px) { .columns { grid-template-columns: minmax(0, 1fr); } .player { max-height: none; min-height: 0; } .side { order: -1; } .columns > .main { display: contents; } }
  `];
  static properties = {
    site: { attribute: false }, cameraId: { attribute: false }, day: { state: true }, month: { state: true }, hour: { state: true },
    days: { state: true }, segments: { state: true }, incidents: { state: true }, showing: { state: true }, at: { state: true },
    refused: { state: true }, broken: { state: true }, reading: { state: true },
  };

  #reading = new AbortController();

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
    this.cameraId = "";
    this.day = "";
    this.month = "";
    /** Which hour of the day is drawn, from 0. */
    this.hour = 0;
    /** @type {RecordedDay[]} */
    this.days = [];
    /** Of the day. @type {Segment[]} */
    this.segments = [];
    /** Of the month, newest first. @type {Incident[]} */
    this.incidents = [];
    /** @type {Showing | null} */
    this.showing = null;
    /** The moment that is played. @type {number | null} */
    this.at = null;
    /** @type {unknown} */
    this.refused = null;
    /** The browser cannot play the film. */
    this.broken = false;
    this.reading = true;
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#reading.abort();
  }

  willUpdate(/** @type {Map<string, unknown>} */ changed) {
    if (changed.has("site") && this.site) this.follow(this.site, "system");
    if (!this.day && this.site?.system) this.#open(isoDay(this.site.now()));
  }

  /** Show a day. @param {string} day */
  #open(day) {
    this.day = day;
    this.showing = null;
    this.at = null;
    this.#read(day.slice(0, 7));
  }

  /** Read a month and the day. @param {string} month */
  async #read(month) {
    this.#reading.abort();
    this.#reading = new AbortController();
    const { signal } = this.#reading;
    this.month = month;
    this.reading = true;
    this.refused = null;
    try {
      [this.days, this.incidents, this.segments] = await Promise.all([
        recordedDays(this.cameraId, month, signal), incidentsOf(this.cameraId, month, signal), segmentsOf(this.cameraId, this.day, signal),
      ]);
      if (this.at === null) this.hour = this.#lastHour();
    } catch (error) {
      if (!signal.aborted) this.refused = error;
    } finally {
      if (!signal.aborted) this.reading = false;
    }
  }

  /** The last hour of the day with something in it. */
  #lastHour() {
    const [start] = boundsOf(this.day);
    const times = [...this.segments.map(({ started_at: at }) => at), ...this.#clips.map(({ incident }) => incident.opened_at)].map(Date.parse);
    return times.length ? Math.max(0, Math.floor((Math.max(...times) - start.getTime()) / HOUR_MS)) : 0;
  }

  get #clips() {
    return clipsOf(this.incidents, this.day);
  }

  /** @param {number} atMs */
  #seek(atMs) {
    const segment = segmentAt(this.segments, atMs);
    if (!segment) return;
    const startMs = Date.parse(segment.started_at);
    this.#show({ url: segment.url, startMs, offsetS: Math.max(0, (atMs - startMs) / 1000), segment, clip: null });
  }

  /** @param {Clip} clip */
  #playClip(clip) {
    this.#show({ url: evidenceUrl(clip.clip.id), startMs: Date.parse(clip.incident.opened_at), offsetS: 0, segment: null, clip });
  }

  /** @param {Showing} showing */
  async #show(showing) {
    const before = this.showing?.url;
    this.showing = showing;
    this.broken = false;
    this.#moveTo(showing.startMs + showing.offsetS * 1000);
    await this.updateComplete;
    const video = this.renderRoot.querySelector("video");
    if (!video) return;
    video.scrollIntoView({ block: "nearest", behavior: "smooth" });
    if (before === showing.url && video.readyState) video.currentTime = showing.offsetS;
    video.play().catch(() => {});
  }

  /** @param {number} atMs */
  #moveTo(atMs) {
    this.at = atMs;
    this.hour = Math.max(0, Math.floor((atMs - boundsOf(this.day)[0].getTime()) / HOUR_MS));
  }

  /** @param {Event} event */
  #progress(event) {
    const { showing } = this;
    const video = /** @type {HTMLVideoElement} */ (event.target);
    if (showing?.segment && !video.seeking) this.#moveTo(showing.startMs + video.currentTime * 1000);
  }

  /** Films follow each other without a hand. */
  #next() {
    const ended = this.showing?.segment;
    const next = ended && this.segments[this.segments.findIndex(({ id }) => id === ended.id) + 1];
    if (next) this.#seek(Date.parse(next.started_at));
  }

  render() {
    const { site } = this;
    const name = site?.cameras.get(this.cameraId)?.name ?? this.cameraId;
    return html`<div class="page">
      <nav><a class="button plain" href=${cameraHref(this.cameraId)}>${icon("back")}<span class="cut">${name}</span></a></nav>
      <header><h1 tabindex="-1">${t("Recordings of {camera}", { camera: name })}</h1><span class="quiet">${this.day ? dayName(boundsOf(this.day)[0]) : ""}</span></header>
      ${refusal(this.refused)}${this.refused ? html`<p><button @click=${() => this.#read(this.month)}>${t("Try again")}</button></p>` : null}
      ${site?.system && this.day ? html`<div class="columns">
        <div class="main"><div>${this.#player()}</div>${this.#time()}</div>
        <div class="side">${this.#calendar(site)}${this.#clipList()}</div></div>` : null}
    </div>`;
  }

  #player() {
    const { showing } = this;
    if (!showing) return html`<div class="player"><p role="status">${this.#hint()}</p></div>`;
    const seek = (/** @type {Event} */ event) => { /** @type {HTMLVideoElement} */ (event.target).currentTime = this.showing?.offsetS ?? 0; };
    const label = showing.clip ? kindWord(showing.clip.incident.kind) : t("Recording");
    return html`<div class="player">
      <video src=${showing.url} controls playsinline preload="auto" .muted=${true} aria-label=${label} @loadedmetadata=${seek}
        @timeupdate=${this.#progress} @ended=${this.#next} @error=${() => { this.broken = true; }}></video>
      <span class="when">${showing.clip ? kindWord(showing.clip.incident.kind) : clockTime(new Date(this.at ?? showing.startMs))}</span>
      ${this.broken ? html`<p class="problem" role="alert">${t("This browser cannot play this film. Export it, and play it with a program of the computer.")}</p>` : null}</div>`;
  }

  #hint() {
    if (this.reading) return t("Reading…");
    if (this.refused) return t("What was recorded could not be read.");
    if (this.segments.length) return t("Choose an hour below, then a place on the line.");
    return this.#clips.length ? t("Choose an incident to play its clip.") : t("Nothing was recorded on this day.");
  }

  #time() {
    const [start, end] = boundsOf(this.day);
    const from = start.getTime() + this.hour * HOUR_MS;
    const seek = (/** @type {CustomEvent<number>} */ { detail }) => this.#seek(detail);
    const clip = (/** @type {CustomEvent<Clip>} */ { detail }) => this.#playClip(detail);
    return html`<div class="time">
      <gp-day-line .start=${start} .end=${end} .segments=${this.segments} .clips=${this.#clips} .at=${this.at} .hour=${this.hour}
        @seek=${seek} @clip=${clip} @hour=${(/** @type {CustomEvent<number>} */ { detail }) => { this.hour = detail; }}></gp-day-line>
      ${this.segments.length ? html`<section class="panel export"><h2>${t("Export a span")}</h2>
        <gp-span-export .cameraId=${this.cameraId} day=${this.day} from=${clockTime(new Date(from))} to=${clockTime(new Date(Math.min(from + HOUR_MS, end.getTime() - 1000)))}></gp-span-export></section>` : null}
    </div>`;
  }

  /** @param {Site} site */
  #calendar(site) {
    const clips = new Set(this.incidents.filter(({ evidence }) => evidence.some(({ type, deleted_at: gone }) => type === "clip" && !gone)).map(({ opened_at: at }) => isoDay(at)));
    return html`<section class="panel"><gp-calendar month=${this.month} day=${this.day} .now=${site.now()} .recorded=${new Set(this.days.map(({ day }) => day))} .withClips=${clips}
        @day=${(/** @type {CustomEvent<string>} */ { detail }) => this.#open(detail)} @month=${(/** @type {CustomEvent<string>} */ { detail }) => this.#read(detail)}></gp-calendar>
      <p class="legend"><span><i></i>${t("recorded")}</span><span><i class="clip"></i>${t("with incidents")}</span></p></section>`;
  }

  #clipList() {
    const clips = this.#clips;
    if (!clips.length) return null;
    return html`<section class="panel"><h2>${t("Clips of incidents")}</h2><ul class="clips">${clips.map((one) => {
      const { id, kind, severity, opened_at: from, closed_at: to } = one.incident;
      return html`<li><button class="plain" aria-pressed=${this.showing?.clip?.clip.id === one.clip.id} @click=${() => this.#playClip(one)}>
          <span class="mark ${severity}" title=${severityWord(severity)}>${icon(severity)}</span><span>${clockTime(from)}</span><span class="cut">${kindWord(kind)}</span>
          ${to ? html`<span class="small quiet">${duration((Date.parse(to) - Date.parse(from)) / 1000)}</span>` : null}</button>
        <a class="button plain square" href=${incidentHref(id)} aria-label=${t("To the incident")} title=${t("To the incident")}>${icon("forward")}</a></li>`;
    })}</ul></section>`;
  }
}

customElements.define("gp-recordings-page", GpRecordingsPage);
