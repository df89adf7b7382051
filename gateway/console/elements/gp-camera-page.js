/** One camera: its picture large, its zones and lines drawn over it, what is known of its stream. */
/** @import { Camera, Line, Point, User, Zone } from "../contract.js" */
/** @import { Site } from "../site.js" */
/** @import { StreamChoice } from "../whep.js" */
import { css, html, svg } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { getJson } from "../api.js";
import { alarmsWord, interestWord, looksWord, oftenWord, rungWord } from "../camera-words.js";
import { decimal, since, whenSeen } from "../format.js";
import { icon } from "../icons.js";
import { language, t } from "../language.js";
import { sideSpots } from "../line-sides.js";
import { WALL, cameraSettingsHref, recordingsHref, reportHref, rulesHref } from "../router.js";
import { remember, remembered } from "../settings.js";
import { base, controls, marks } from "../styles.js";
import { clockWord, codecWord, stateAdvice, stateTone, stateWord } from "../vocabulary.js";
import { ConsoleElement } from "./console-element.js";
import { facts, page } from "./page-styles.js";
import "./gp-counts.js";
import "./gp-device.js";
import "./gp-incident-list.js";
import "./gp-live.js";
import "./gp-proposals.js";
import "./gp-ptz.js";
import "./gp-talk.js";
import "./gp-tuning.js";
import "./gp-water.js";

/** @type {Record<Camera["live"], () => string>} */
const LIVE_WORDS = {
  whep: () => "WebRTC",
  transcoded: () => t("WebRTC, transcoded here"),
  refresh: () => t("still pictures: browsers cannot play this stream"),
};
const USUAL_SIZE = { width: 16, height: 9 };
/** @type {{ zones: Zone[], lines: Line[] }} */
const NOTHING = { zones: [], lines: [] };

export class GpCameraPage extends ConsoleElement {
  static styles = [base, controls, marks, page, facts, css`
    .tools { display: contents; }
    @media (max-width: 560px) {
      .tools { display: flex; flex-wrap: wrap; gap: var(--s2); flex-basis: 100%; }
      .tools::before { content: ""; order: 1; flex-basis: 100%; }
      .tools > :not(.fill, gp-talk) { order: -1; }
      .fill { order: 2; flex: 1 1 4.2rem; flex-direction: column; gap: 0; min-height: 3.25rem; padding: var(--s1); font-size: var(--tiny); line-height: 1.3; white-space: normal; text-align: center; }
    }
    .stage { display: grid; place-items: center; background: var(--ground); }
    .frame {
      position: relative; overflow: clip; border-radius: var(--radius); background: var(--stage);
      aspect-ratio: var(--ratio); width: min(100%, calc((100dvh - 13rem) * var(--ratio)));
    }
    .stage:fullscreen { background: var(--stage); }
    .stage:fullscreen .frame { width: min(100vw, calc(100vh * var(--ratio))); border-radius: 0; }
    gp-live { position: absolute; inset: 0; }
    .zones { position: absolute; inset: 0; width: 100%; height: 100%; pointer-events: none; }
    polygon { fill: color-mix(in srgb, var(--stage-mark) 12%, transparent); stroke: var(--stage-mark); stroke-width: 2; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
    .zones line { stroke: var(--stage-mark); stroke-width: 3; vector-effect: non-scaling-stroke; stroke-linecap: round; }
    .labels { position: absolute; inset: 0; pointer-events: none; }
    .labels .side { translate: -50% -50%; font-weight: 600; }
    .labels span { position: absolute; white-space: nowrap; padding: 0.05rem 0.4rem; font-size: var(--tiny); background: var(--stage-cover); color: var(--stage-ink); border-radius: var(--radius-small); }
    .incidents { padding-block-start: var(--s4); }
    @media (max-width: 1000px) { .main { display: contents; } .incidents { order: 1; padding: 0; } }
    .history { display: grid; gap: var(--s1); }
    .history li { display: flex; gap: var(--s2); align-items: center; }
    .history time { margin-inline-start: auto; color: var(--ink-2); font-size: var(--small); }
  `];
  static properties = { site: { attribute: false }, user: { attribute: false }, cameraId: { attribute: false }, showZones: { state: true }, stream: { state: true }, detail: { state: true } };

  /** Of what the detail was asked for. */
  #asked = "";

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
    /** @type {User | null} */
    this.user = null;
    this.cameraId = "";
    this.showZones = true;
    /** @type {StreamChoice} */
    this.stream = remembered("stream") === "main" ? "main" : "sub";
    /** Why the camera is not well, in the reader's language. */
    this.detail = "";
  }

  willUpdate(/** @type {Map<string, unknown>} */ changed) {
    if (changed.has("site") && this.site) this.follow(this.site, "cameras");
    void this.#explain();
  }

  /** The channel of news brings details in one language for all: have this one in the reader's. */
  async #explain() {
    const said = this.site?.cameras.get(this.cameraId)?.detail ?? "";
    const asked = [this.cameraId, language(), said].join();
    if (asked === this.#asked) return;
    this.#asked = asked;
    const detail = said && await getJson(`cameras/${encodeURIComponent(this.cameraId)}`).then((camera) => camera.detail, () => said);
    if (asked === this.#asked) this.detail = detail;
  }

  render() {
    const { site } = this;
    const camera = site?.cameras.get(this.cameraId);
    return html`<div class="page">
      <nav><a class="button plain" href=${WALL}>${icon("back")}${t("Wall")}</a></nav>
      ${camera && site ? this.#whole(camera, site) : html`<h1 class="quiet" role="status">${site?.system ? t("There is no such camera.") : t("Reading…")}</h1>`}
    </div>`;
  }

  /** @param {Camera} camera @param {Site} site */
  #whole(camera, site) {
    return html`
      <header><h1 tabindex="-1">${camera.name}</h1>
        <span class="mark ${stateTone(camera.state)}">${stateWord(camera.state)}</span>
        <span class="grow"></span>
        <div class="tools"><gp-talk .site=${site} .camera=${camera}></gp-talk>
        <a class="button fill" href=${reportHref(camera.id)} aria-label=${t("Report a finding")}>${icon("patrol")}<span>${t("Report a finding")}</span></a>
        ${this.#streamChoice()}
        ${camera.zones.length + camera.lines.length ? html`<button aria-pressed=${this.showZones} @click=${() => { this.showZones = !this.showZones; }}>${this.showZones ? t("Hide zones") : t("Show zones")}</button>` : null}
        <a class="button fill" href=${recordingsHref(camera.id)} aria-label=${t("Recordings")}>${icon("film")}<span>${t("Recordings")}</span></a>
        ${this.#isAdmin ? html`<a class="button fill" href=${rulesHref(camera.id)} aria-label=${t("Rules")}>${icon("audit")}<span>${t("Rules")}</span></a>
          <a class="button fill" href=${cameraSettingsHref(camera.id)} aria-label=${t("Settings")}>${icon("edit")}<span>${t("Settings")}</span></a>` : null}
        <button class="fill" aria-label=${t("Full screen")} @click=${this.#fill}>${icon("expand")}<span>${t("Full screen")}</span></button></div></header>
      <div class="columns">
        <div class="main">${this.#stage(camera, site)}<div class="incidents"><gp-incident-list whole .site=${site} camera=${camera.id}></gp-incident-list></div></div>
        <div class="side">${keyed(camera.id, html`<gp-proposals camera=${camera.id}></gp-proposals>`)}${camera.watches_water ? keyed(camera.id, html`<gp-water .site=${site} .camera=${camera}></gp-water>`) : null}${this.#controls(camera)}${this.#state(camera, site)}${keyed(camera.id, html`<gp-counts .site=${site} .camera=${camera}></gp-counts>`)}${attentionFacts(camera)}${streamFacts(camera)}${placeFacts(camera)}</div>
      </div>`;
  }

  get #isAdmin() {
    return this.user?.role === "admin";
  }

  /** Asked for anew when the camera comes back. @param {Camera} camera */
  #controls({ id, name, enabled, has_controls: has, state }) {
    if (!enabled || !has) return null;
    return keyed(`${id} ${state === "online"}`, html`<gp-ptz .cameraId=${id} .isAdmin=${this.#isAdmin}></gp-ptz>
      <gp-device .cameraId=${id} name=${name} .isAdmin=${this.#isAdmin}></gp-device>
      ${this.#isAdmin ? html`<gp-tuning .cameraId=${id} name=${name}></gp-tuning>` : null}`);
  }

  /** @param {Camera} camera @param {Site} site */
  #stage(camera, site) {
    const { width, height } = camera.stream ?? USUAL_SIZE;
    const { zones, lines } = this.showZones && camera.state === "online" ? camera : NOTHING;
    return html`<div class="stage"><div class="frame" .style=${`--ratio: ${width / height}`}>
      <gp-live .site=${site} .camera=${camera} .stream=${this.stream} sound></gp-live>
      <svg class="zones" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">${zones.map(outline)}${lines.map(stroke)}</svg>
      <div class="labels">${zones.map(label)}${lines.map((line) => sides(line, width / height))}</div></div></div>`;
  }

  #streamChoice() {
    const choose = (/** @type {StreamChoice} */ stream) => () => {
      this.stream = stream;
      remember("stream", stream);
    };
    return html`<div class="segments" role="group" aria-label=${t("Stream")}>
      <button aria-pressed=${this.stream === "sub"} @click=${choose("sub")}>${t("Smooth")}</button>
      <button aria-pressed=${this.stream === "main"} @click=${choose("main")}>${t("Sharp")}</button>
    </div>`;
  }

  #fill() {
    this.renderRoot.querySelector(".stage")?.requestFullscreen().catch(() => {});
  }

  /** @param {Camera} camera @param {Site} site */
  #state(camera, site) {
    const now = site.now();
    const past = site.history.get(camera.id) ?? [];
    return html`<section class="panel"><h2>${t("State")}</h2>
      <p>${stateAdvice(camera)}</p>
      ${this.detail ? html`<p class="quiet small">${this.detail}</p>` : null}
      <dl><dt>${t("Last picture")}</dt><dd>${camera.last_picture_at ? whenSeen(camera.last_picture_at, now) : "–"}</dd></dl>
      <ol class="history">${past.map((one) => html`<li><span class="dot ${stateTone(one.state)}"></span>${stateWord(one.state)}
        <time datetime=${one.at}>${t("since {time}", { time: since(one.at, now) })}</time></li>`)}</ol>
    </section>`;
  }
}

/** @param {Zone} zone */
function outline({ polygon }) {
  return svg`<polygon points=${polygon.map((point) => point.join(",")).join(" ")}></polygon>`;
}

/** The name stands at the zone's highest corner. @param {Zone} zone */
function label({ name, polygon }) {
  const [x, y] = polygon.reduce((best, point) => (point[1] < best[1] ? point : best), [0, 1]);
  return html`<span .style=${`${across(x)}; top: ${y * 100}%`}>${name}</span>`;
}

/** A name begins at a place, or ends there where it would leave the picture. @param {number} x 0 to 1 */
function across(x) {
  return x > 0.6 ? `right: ${(1 - x) * 100}%` : `left: ${x * 100}%`;
}

/** @param {Line} line */
function stroke({ line: [[x1, y1], [x2, y2]] }) {
  return svg`<line x1=${x1} y1=${y1} x2=${x2} y2=${y2}></line>`;
}

/** The name stands at the start, A to the left of who looks from there to the end, B to the right. @param {Line} line @param {number} ratio */
function sides({ name, line }, ratio) {
  const { a, b } = sideSpots(line, ratio);
  const at = (/** @type {Point} */ [x, y]) => `left: ${x * 100}%; top: ${y * 100}%`;
  const [[x, y]] = line;
  return html`<span .style=${`${across(x)}; top: ${Math.min(y, 0.95) * 100}%`}>${name}</span>
    <span class="side" .style=${at(a)}>A</span><span class="side" .style=${at(b)}>B</span>`;
}

/** @param {Camera} camera */
function attentionFacts(camera) {
  if (camera.state !== "online" || !camera.interest) return null;
  return html`<section class="panel"><h2>${t("Picture analysis")}</h2><dl>
    <dt>${t("Now")}</dt><dd>${interestWord(camera)}</dd>
    <dt>${t("Seen")}</dt><dd>${oftenWord(camera.seen_every_s)}</dd>
    <dt>${t("Searched")}</dt><dd>${looksWord(camera)}</dd>
    <dt>${t("Decoded")}</dt><dd>${rungWord(camera.rung)}</dd>
    ${camera.alarms ? html`<dt>${t("Camera's alarm")}</dt><dd>${alarmsWord(camera.alarms)}</dd>` : null}
  </dl></section>`;
}

/** @param {Camera} camera */
function streamFacts({ stream, live }) {
  return html`<section class="panel"><h2>${t("Stream")}</h2><dl>
    <dt>${t("Picture")}</dt><dd>${stream ? `${stream.width}×${stream.height}` : "–"}</dd>
    <dt>${t("Codec")}</dt><dd>${stream ? codecWord(stream.codec) : "–"}</dd>
    <dt>${t("Pictures a second")}</dt><dd>${stream?.fps ? `${decimal(stream.fps)} fps` : "–"}</dd>
    <dt>${t("Key frame every")}</dt><dd>${stream?.gop_s ? t("{count} s", { count: decimal(stream.gop_s) }) : "–"}</dd>
    <dt>${t("Time from")}</dt><dd>${stream ? clockWord(stream.clock) : "–"}</dd>
    <dt>${t("Live by")}</dt><dd>${stream ? LIVE_WORDS[live]() : "–"}</dd>
  </dl></section>`;
}

/** @param {Camera} camera */
function placeFacts({ id, channel_code: channel, unit, grid, zones, lines }) {
  return html`<section class="panel"><h2>${t("Place")}</h2><dl>
    <dt>${t("Grid")}</dt><dd>${grid || "–"}</dd>
    <dt>${t("Unit")}</dt><dd>${unit || "–"}</dd>
    <dt>${t("Channel code")}</dt><dd class="mono small">${channel || "–"}</dd>
    <dt>${t("Zones")}</dt><dd>${[...zones, ...lines].map((place) => place.name || place.id).join(" · ") || t("Whole picture")}</dd>
    <dt>${t("Id")}</dt><dd class="mono small">${id}</dd>
  </dl></section>`;
}

customElements.define("gp-camera-page", GpCameraPage);
