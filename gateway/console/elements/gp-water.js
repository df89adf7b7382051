/** How the water stands at one camera, how it went, and the button for "this is only wet". */
/** @import { Camera, Water, WaterMoment } from "../contract.js" */
/** @import { Site } from "../site.js" */
/** @import { PlaceType } from "../water.js" */
/** @import { GpConfirm } from "./gp-confirm.js" */
import { css, html, svg } from "lit";
import { getJson } from "../api.js";
import { shortTime, since, whenSeen } from "../format.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { isOnlyWet, keepOnlyWet } from "../only-wet.js";
import { waterHref } from "../router.js";
import { base, controls, marks } from "../styles.js";
import { refusalText } from "../vocabulary.js";
import { basisWord, blindWord, depthWord, extentWord, learningWord, passabilityWord, rainWord, trendWord, unseenWord, waterWord } from "../water-words.js";
import { ConsoleElement } from "./console-element.js";
import { facts } from "./page-styles.js";
import { loss, lossNote } from "./water-loss.js";
import "./gp-confirm.js";

/** Between two readings of the course: a look comes every 10 to 30 seconds. */
const EVERY_MS = 30_000;
const HOURS = 6;
/** Of the curve, in its own units; its width is what there is. */
const HEIGHT = 60;
const WIDTH = 300;

export class GpWater extends ConsoleElement {
  static styles = [base, controls, marks, facts, loss, css`
    .panel { border-inline-start: 0.3rem solid var(--line-strong); }
    .panel.good { border-color: var(--green); }
    .panel.busy { border-color: var(--accent); }
    .panel.warn { border-color: var(--yellow-line); }
    .panel.bad { border-color: var(--red); }
    .state { font-size: var(--large); font-weight: 600; }
    .bad .state { color: var(--red); }
    .warn .state { color: var(--yellow); }
    .good .state { color: var(--green); }
    .busy .state { color: var(--accent); }
    .passage { font-size: var(--large); font-weight: 600; }
    figure { margin: 0; }
    svg.course { width: 100%; height: auto; background: var(--raised); border-radius: var(--radius-small); }
    .course polyline { fill: none; stroke: var(--accent); stroke-width: 2; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
    .course line { stroke: var(--line-strong); stroke-width: 1; stroke-dasharray: 3 3; vector-effect: non-scaling-stroke; }
    .course rect { fill: var(--line-strong); opacity: 0.35; }
    .ends { display: flex; justify-content: space-between; }
  `];
  static properties = {
    site: { attribute: false }, camera: { attribute: false },
    place: { state: true }, moments: { state: true }, said: { state: true }, busy: { state: true },
  };

  #timer = 0;

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
    /** @type {Camera | null} */
    this.camera = null;
    /** What kind of place it is, null until that is read. @type {PlaceType | null} */
    this.place = null;
    /** @type {WaterMoment[]} */
    this.moments = [];
    this.said = "";
    this.busy = false;
  }

  connectedCallback() {
    super.connectedCallback();
    this.#timer = window.setInterval(() => this.#read(), EVERY_MS);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    window.clearInterval(this.#timer);
  }

  firstUpdated() {
    this.#read();
  }

  async #read() {
    if (!this.camera?.watches_water) return;
    const path = `cameras/${encodeURIComponent(this.camera.id)}/water`;
    this.place ??= (await getJson(path).catch(() => ({ type: "road" }))).type;
    this.moments = (await getJson(`${path}/course?hours=${HOURS}`).catch(() => ({ moments: this.moments }))).moments;
  }

  render() {
    const { camera, site } = this;
    if (!camera?.watches_water || !site || !this.place) return null;
    const { water } = camera;
    if (this.place === "slope") return this.#slope(camera, site.now());
    if (!water) return html`<section class="panel"><h2>${t("Water")}</h2><p class="quiet">${t("Not looked at yet.")}</p>${this.#way(camera)}</section>`;
    const { word, tone } = waterWord(water);
    const now = site.now();
    const learning = learningWord(water);
    return html`<section class="panel ${tone}"><h2>${t("Water")}</h2>
      <p class="state">${word}</p>
      ${blindness(water, now)}
      ${learning ? html`<p class="small">${learning}</p>` : null}
      ${lossNote(water, now)}
      <dl>
        <dt>${t("Passage")}</dt><dd class="passage">${passabilityWord(water.passability)}</dd>
        ${water.unseen && water.state === "normal" ? null : figures(water, now)}
        <dt>${t("Rain")}</dt><dd>${rainWord(water.rain)}</dd>
        <dt>${t("Known states")}</dt><dd>${water.reference_count}</dd>
        <dt>${t("Last look")}</dt><dd>${whenSeen(water.updated_at, now)}</dd>
      </dl>
      ${this.#course()}
      ${this.#way(camera)}
      ${water.state === "normal" ? null : html`<button ?disabled=${this.busy} @click=${this.#onlyWet}>${t("Only wet, no water")}</button>`}
      <p class="small" role="status">${this.said}</p><gp-confirm></gp-confirm>
    </section>`;
  }

  /** A slope has no water of its own: what changes on it is an incident. @param {Camera} camera @param {Date} now */
  #slope(camera, now) {
    const { water } = camera;
    return html`<section class="panel"><h2>${t("Slope")}</h2>
      <p class="state">${water?.unseen ? blindWord(water.unseen) : water ? t("Being watched") : t("Not looked at yet.")}</p>
      ${water ? blindness(water, now) : null}${lossNote(water, now)}
      <p class="small">${t("When the slope stays otherwise for ten minutes, that is told as an incident.")}</p>
      ${water ? html`<dl><dt>${t("Rain")}</dt><dd>${rainWord(water.rain)}</dd><dt>${t("Last look")}</dt><dd>${whenSeen(water.updated_at, now)}</dd></dl>` : null}
      ${this.#way(camera)}</section>`;
  }

  /** To where it is set up and seen. @param {Camera} camera */
  #way({ id }) {
    return html`<a class="button" href=${waterHref(id)}>${icon("edit")}${t("Zones, marks and what it sees")}</a>`;
  }

  #course() {
    const [oldest, newest] = [this.moments.at(0), this.moments.at(-1)];
    if (!oldest || !newest || oldest === newest) return null;
    const first = Date.parse(oldest.at);
    const span = Math.max(1, Date.parse(newest.at) - first);
    const spots = this.moments.map(({ at, area_ratio: ratio, unseen }) => ({ unseen, x: ((Date.parse(at) - first) / span) * WIDTH, y: HEIGHT * (1 - ratio) }));
    const blind = spots.map(({ unseen, x }, index) => (unseen ? svg`<rect x=${x} y="0" width=${(spots[index + 1]?.x ?? x) - x} height=${HEIGHT}></rect>` : null));
    return html`<figure>
      <svg class="course" viewBox=${`0 -3 ${WIDTH} ${HEIGHT + 6}`} preserveAspectRatio="none" role="img" aria-label=${t("Extent of the water over the last hours")}>
        ${blind}<line x1="0" x2=${WIDTH} y1=${HEIGHT / 2} y2=${HEIGHT / 2}></line>${seenRuns(spots).map((points) => svg`<polyline points=${points}></polyline>`)}</svg>
      <figcaption class="ends quiet small"><span>${shortTime(oldest.at)}</span><span>${t("extent, 0 to 100 %")}</span><span>${shortTime(newest.at)}</span></figcaption>
    </figure>`;
  }

  async #onlyWet() {
    const dialog = /** @type {GpConfirm} */ (this.renderRoot.querySelector("gp-confirm"));
    if (!this.camera || !(await isOnlyWet(dialog))) return;
    this.busy = true;
    try {
      this.said = await keepOnlyWet(this.camera.id);
    } catch (error) {
      this.said = refusalText(error);
    }
    this.busy = false;
  }
}

/** Why nothing is known now, and since when. @param {Water} water @param {Date} now */
function blindness({ unseen, blind_since: from }, now) {
  if (!unseen) return null;
  return html`<p>${t("Why: {why}", { why: unseenWord(unseen) })}${from ? html` <span class="quiet whole">${t("since {time}", { time: since(from, now) })}</span>` : null}</p>`;
}

/** The lines between looks that saw the ground, broken where one did not. @param {{ unseen: unknown, x: number, y: number }[]} spots */
function seenRuns(spots) {
  /** @type {string[][]} */
  const runs = [[]];
  for (const { unseen, x, y } of spots) {
    if (unseen) runs.push([]);
    else runs.at(-1)?.push(`${x.toFixed(1)},${y.toFixed(1)}`);
  }
  return runs.filter((run) => run.length > 1).map((run) => run.join(" "));
}

/** How much water there is, or was when it was last seen. @param {Water} water @param {Date} now */
function figures(water, now) {
  return html`${water.unseen && water.blind_since ? html`<dt>${t("As last seen")}</dt><dd>${since(water.blind_since, now)}</dd>` : null}
    <dt>${t("Extent")}</dt><dd>${extentWord(water.area_ratio)}</dd>
    <dt>${t("Depth")}</dt><dd>${depthWord(water)}</dd>
    <dt>${t("Trend")}</dt><dd>${trendWord(water)}</dd>
    <dt>${t("Since")}</dt><dd>${since(water.since, now)}</dd>
    <dt>${t("Judged by")}</dt><dd>${basisWord(water.basis) || "–"}</dd>`;
}

customElements.define("gp-water", GpWater);
