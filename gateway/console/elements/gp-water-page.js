/** 水面监测: where water is watched at a camera, drawn on its picture; what it sees now, and what it knows. */
/** @import { Camera, Point, User } from "../contract.js" */
/** @import { Site } from "../site.js" */
/** @import { OwnLines, PlaceType, WaterLook, WaterMark, WaterSetup, WaterUsual } from "../water.js" */
/** @import { GpConfirm } from "./gp-confirm.js" */
/** @import { GpDrawn } from "./gp-drawn.js" */
/** @import { Offer, Row } from "./gp-place-list.js" */
/** @import { Sort } from "./gp-shapes.js" */
import { css, html } from "lit";
import { ApiError, getJson, request, sendJson } from "../api.js";
import { Draft } from "../draft.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { below } from "../mistakes.js";
import { base, controls, forms, marks } from "../styles.js";
import { NO_WATER, drawn, markShape, partOf, replaced, reshaped, riverShape, shapeId, shapesOf, textShape, without, zoneShape } from "../water-setup.js";
import { WATER_PLACE_CHOICES, waterPlaceWord } from "../water-words.js";
import { fault } from "./calendar-fields.js";
import { ConsoleElement } from "./console-element.js";
import { crossedHint, draftFoot, foot, notRead } from "./draft-foot.js";
import { page } from "./page-styles.js";
import { watched, watchedHeader } from "./watched-header.js";
import { MARK_FIELDS, markFields, riverFields } from "./water-fields.js";
import { edgeSort, markSort, riverSort, textSort, zoneSort } from "./water-sorts.js";
import "./gp-confirm.js";
import "./gp-drawn.js";
import "./gp-place-list.js";
import "./gp-water-limits.js";
import "./gp-water-seen.js";
import "./gp-water-states.js";

/** A look comes every 10 to 30 seconds. */
const EVERY_MS = 5_000;

export class GpWaterPage extends ConsoleElement {
  static styles = [base, controls, forms, marks, page, foot, watched, css`
    .columns { grid-template-columns: minmax(0, 1fr) minmax(24rem, 34rem); }
    .picture { position: sticky; inset-block-start: calc(var(--bar) + var(--s2)); display: grid; gap: var(--s4); }
    .setup { padding: 0 var(--s4); }
    .setup > section { padding-block: var(--s3); border-block-end: 1px solid var(--line); display: grid; gap: var(--s2); }
    .setup h2 { display: flex; gap: var(--s2); align-items: center; }
    gp-water-states, .end { margin-block-start: var(--s4); }
    .legend { flex: none; width: 0.8rem; height: 0.8rem; border-radius: 0.15rem; border: 2px solid; }
    .legend.zone { border-color: var(--accent); } .legend.river { border-color: var(--stage-river); } .legend.mark { border-color: var(--stage-post); background: var(--stage-post); } .legend.text { border-color: var(--stage-text); }
    @media (max-width: 1000px) { .columns { grid-template-columns: minmax(0, 1fr); } .picture { display: contents; } gp-water-seen { order: 1; } .setup { padding-inline: var(--s3); } }
  `];
  static properties = { site: { attribute: false }, user: { attribute: false }, cameraId: { attribute: false }, chosen: { state: true }, isNew: { state: true }, usual: { state: true }, look: { state: true }, unlooked: { state: true } };

  /** @type {Draft<WaterSetup, WaterSetup>} */
  #draft = new Draft(this, { read: () => this.#read(), write: (setup) => this.#write(setup), part: (kept) => kept, refused: () => this.#chooseWrong() });
  #timer = 0;

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
    /** @type {User | null} */
    this.user = null;
    this.cameraId = "";
    /** Id of the shape being changed, "" for none. */
    this.chosen = "";
    /** No water is watched there yet. */
    this.isNew = false;
    /** @type {WaterUsual | null} */
    this.usual = null;
    /** @type {WaterLook | null} */
    this.look = null;
    /** Why there is no look. @type {unknown} */
    this.unlooked = null;
  }

  connectedCallback() {
    super.connectedCallback();
    this.#timer = window.setInterval(() => this.#watch(), EVERY_MS);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    window.clearInterval(this.#timer);
  }

  willUpdate(/** @type {Map<string, unknown>} */ changed) {
    if (changed.has("site") && this.site) this.follow(this.site, "cameras");
  }

  async firstUpdated() {
    await this.#draft.read();
    await this.#watch();
  }

  get #path() {
    return `cameras/${encodeURIComponent(this.cameraId)}/water`;
  }

  get #setup() {
    return this.#draft.value ?? NO_WATER;
  }

  get #fixed() {
    return this.user?.role !== "admin";
  }

  /** Where the camera was found to write. */
  get #found() {
    return this.look?.text_masks ?? [];
  }

  async #read() {
    this.usual ??= await getJson("water/usual");
    try {
      return await getJson(this.#path);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404 && this.site?.cameras.has(this.cameraId))) throw error;
      this.isNew = true;
      return NO_WATER;
    }
  }

  /** @param {WaterSetup} setup */
  async #write(setup) {
    const kept = await sendJson("PUT", this.#path, setup);
    this.isNew = false;
    return kept;
  }

  async #watch() {
    if (this.isNew || !this.#draft.kept) return;
    try {
      this.look = await getJson(`${this.#path}/look`);
      this.unlooked = null;
    } catch (error) {
      this.unlooked = error instanceof ApiError && error.status === 404 ? null : error;
      if (!this.unlooked) this.look = null;
    }
  }

  render() {
    const camera = this.site?.cameras.get(this.cameraId);
    const isGone = this.site?.system && !camera;
    return html`<div class="page">${watchedHeader(this.cameraId, camera, "water", !this.#fixed)}
      ${camera && this.#draft.value ? this.#whole(camera) : isGone ? html`<p class="quiet" role="status">${t("There is no such camera.")}</p>` : notRead(this.#draft)}</div>`;
  }

  /** @param {Camera} camera */
  #whole(camera) {
    const isSlope = this.#setup.type === "slope";
    return html`<div class="columns">
        <div class="picture"><gp-drawn .site=${this.site} .camera=${camera} .shapes=${shapesOf(this.#setup, this.#found)} .chosen=${this.chosen} ?fixed=${this.#fixed} @choose=${this.#choose} @remove=${this.#remove}
            @reshape=${(/** @type {CustomEvent<{ id: string, points: Point[] }>} */ { detail: { id, points } }) => this.#draft.change(reshaped(this.#setup, id, points))}
            @drawn=${(/** @type {CustomEvent<{ sort: Sort, points: Point[] }>} */ { detail }) => this.#drawn(detail.sort.stem, detail.points)}></gp-drawn>
          ${this.isNew ? null : html`<gp-water-seen .site=${this.site} .camera=${camera} .look=${this.look} ?slope=${this.#draft.kept?.type === "slope"} .refused=${this.unlooked}></gp-water-seen>`}</div>
        <div class="panel setup">${this.#place()}${this.#zones(isSlope)}${isSlope ? null : this.#marks(camera)}${this.#rivers()}${this.#texts()}${isSlope ? null : this.#limits()}${this.#foot()}</div></div>
      ${this.isNew ? null : html`<gp-water-states .now=${this.site?.now() ?? new Date()} .camera=${camera} ?slope=${this.#draft.kept?.type === "slope"} current=${this.look?.reference ?? ""}></gp-water-states>
        ${this.#fixed ? null : html`<p class="end"><button ?disabled=${this.#draft.busy} @click=${this.#end}>${icon("remove")}${t("Stop watching here")}</button></p>`}`}
      <gp-confirm></gp-confirm>`;
  }

  #place() {
    const { type, place } = this.#setup;
    const { mistakes } = this.#draft;
    const word = (/** @type {Event} */ event) => /** @type {HTMLInputElement | HTMLSelectElement} */ (event.target).value.trim();
    return html`<section><div class="fields">
      <label>${t("Kind of place")}<select ?disabled=${this.#fixed} @change=${(/** @type {Event} */ event) => this.#change({ type: /** @type {PlaceType} */ (word(event)) })}>
        ${WATER_PLACE_CHOICES.map((one) => html`<option value=${one} ?selected=${one === type}>${waterPlaceWord(one)}</option>`)}</select>${fault(mistakes, "type")}</label>
      <label>${t("Name of the place, if other cameras see it too")}<input maxlength="80" .value=${place} placeholder=${t("no other camera")} ?disabled=${this.#fixed} @change=${(/** @type {Event} */ event) => this.#change({ place: word(event) })}>${fault(mistakes, "place")}</label>
    </div></section>`;
  }

  /** @param {boolean} isSlope */
  #zones(isSlope) {
    const [title, hint, word] = isSlope
      ? [t("Slope"), t("Draw the slope that may slide, without trees in front of it. When it stays otherwise for ten minutes, that is told. Experimental."), t("Draw a slope")]
      : [t("Water zones"), t("Draw the lowest parts of the ground, where water gathers first. Only water in these areas counts."), t("Draw a zone")];
    const rows = this.#setup.zones.map((zone) => ({ shape: zoneShape(zone), name: zone.name }));
    return this.#part("zone", title, hint, rows, [{ sort: zoneSort(), word }], "zones");
  }

  /** @param {Camera} camera */
  #marks({ stream }) {
    const mistakes = below(this.#draft.mistakes, "marks");
    const rows = this.#setup.marks.map((mark, place) => ({
      shape: markShape(mark), name: mark.name, own: MARK_FIELDS,
      more: markFields(mark, { usual: this.usual, stream, fixed: this.#fixed, mistakes: below(mistakes, String(place)), change: (part) => this.#changeMark(mark.id, part) }),
    }));
    return this.#part("mark", t("Marks of known height"), t("From these the depth is read in centimetres; without one there is only extent and trend. Measure with a tape, never guess."), rows, [{ sort: markSort(), word: t("Draw a mark") }], "marks");
  }

  #rivers() {
    const rows = this.#setup.permanent.map((water) => {
      const edge = shapeId("edges", water.id);
      return { shape: riverShape(water), name: water.name, more: riverFields(water, { fixed: this.#fixed, draw: () => this.#draw(edgeSort(edge)), remove: () => this.#draft.change(without(this.#setup, edge)) }) };
    });
    return this.#part("river", t("Water that is always there"), t("Rivers, ponds and ditches in the picture; nothing where there is none."), rows, [{ sort: riverSort(), word: t("Draw such water") }], "permanent");
  }

  #texts() {
    const { text_masks: masks } = this.#setup;
    const hint = t("Time and name on the picture must not be taken for anything.");
    if (masks !== "auto") {
      const rows = masks.map((points, place) => ({ shape: textShape(points, place), name: null }));
      const again = this.#fixed ? null : html`<div class="buttons"><button @click=${() => this.#change({ text_masks: "auto" })}>${t("Find it automatically again")}</button></div>`;
      return this.#part("text", t("Writing on the picture"), hint, rows, [{ sort: textSort(), word: t("Draw around writing") }], "text_masks.outlines", again);
    }
    const count = this.#found.length;
    const said = this.look ? (count ? t("Found automatically ({count}): drawn dashed.", { count }) : t("Looked for automatically; none was found.")) : t("Found automatically once the camera has looked.");
    return html`<section aria-label=${t("Writing on the picture")}><h2><span class="legend text"></span>${t("Writing on the picture")}</h2><p class="hint">${hint} ${said}</p>
      ${this.#fixed ? null : html`<div class="buttons"><button @click=${() => this.#change({ text_masks: this.#found })}>${icon("edit")}${t("Correct by hand")}</button></div>`}</section>`;
  }

  #limits() {
    const { lines, type } = this.#setup;
    return html`<section aria-label=${t("Limits")}><h2>${t("Limits")}</h2><p class="hint">${t("Grey figures hold unless you type your own. Whichever is reached first counts, depth or extent; in rain they are 30 % lower.")}</p>
      <gp-water-limits .lines=${lines} .usual=${this.usual?.places[type] ?? null} .mistakes=${below(this.#draft.mistakes, "lines")} ?fixed=${this.#fixed}
        @changed=${(/** @type {CustomEvent<OwnLines>} */ { detail }) => this.#change({ lines: detail })}></gp-water-limits></section>`;
  }

  /** @param {string} look @param {string} title @param {string} hint @param {Row[]} rows @param {Offer[]} offers @param {string} field @param {unknown} [more] */
  #part(look, title, hint, rows, offers, field, more = null) {
    const mistakes = below(this.#draft.mistakes, field);
    return html`<section aria-label=${title}><h2><span class="legend ${look}"></span>${title}</h2><p class="hint">${hint}</p>
      <gp-place-list .rows=${rows} .chosen=${this.chosen} .mistakes=${mistakes} .offers=${offers} ?fixed=${this.#fixed} @choose=${this.#show} @remove=${this.#remove} @rename=${this.#rename}
        @draw=${(/** @type {CustomEvent<Sort>} */ { detail }) => this.#draw(detail)}></gp-place-list>
      ${fault(mistakes.filter(({ location }) => !location), "")}${more}</section>`;
  }

  #foot() {
    if (this.#fixed) return html`<p class="hint foot">${t("Only an administrator may change where water is watched.")}</p>`;
    const hint = this.#setup.zones.length ? crossedHint(shapesOf(this.#setup, this.#found)) : html`<p class="hint">${t("Draw a zone first.")}</p>`;
    return draftFoot(this.#draft, { word: t("Save"), hint, isWhole: !hint });
  }

  /** @param {CustomEvent<string>} event */
  #choose({ detail }) {
    this.chosen = detail;
  }

  /** From the list: on a phone the picture may be out of view. @param {CustomEvent<string>} event */
  #show({ detail }) {
    this.chosen = detail;
    this.#picture.show();
  }

  get #picture() {
    return /** @type {GpDrawn} */ (this.renderRoot.querySelector("gp-drawn"));
  }

  /** @param {Sort} sort */
  #draw(sort) {
    this.#picture.draw(sort);
  }

  /** @param {string} stem @param {Point[]} points */
  #drawn(stem, points) {
    const [setup, shape] = drawn(this.#setup, stem, points, this.#found);
    this.#draft.change(setup);
    this.chosen = shape;
  }

  /** @param {CustomEvent<string>} event */
  #remove({ detail }) {
    this.chosen = "";
    this.#draft.change(without(this.#setup, detail));
  }

  /** @param {CustomEvent<{ id: string, name: string }>} event */
  #rename({ detail: { id, name } }) {
    const [part, which] = partOf(id);
    if (part === "zones") this.#change({ zones: replaced(this.#setup.zones, which, { name }) });
    if (part === "marks") this.#changeMark(which, { name });
    if (part === "permanent") this.#change({ permanent: replaced(this.#setup.permanent, which, { name }) });
  }

  /** @param {string} id @param {Partial<WaterMark>} part */
  #changeMark(id, part) {
    this.#change({ marks: replaced(this.#setup.marks, id, part) });
  }

  /** @param {Partial<WaterSetup>} part */
  #change(part) {
    this.#draft.change({ ...this.#setup, ...part });
  }

  /** Choose the first mark that has a mistake. */
  #chooseWrong() {
    const [wrong] = below(this.#draft.mistakes, "marks");
    const mark = wrong && this.#setup.marks[Number.parseInt(wrong.location, 10)];
    if (mark) this.chosen = shapeId("marks", mark.id);
  }

  async #end() {
    const dialog = /** @type {GpConfirm} */ (this.renderRoot.querySelector("gp-confirm"));
    const agreed = await dialog.ask({ title: t("Stop watching here?"), text: t("Its areas, marks and limits are forgotten. What was seen stays."), action: t("Stop watching here") });
    if (!agreed) return;
    this.#draft.refused = null;
    try {
      await request(this.#path, { method: "DELETE" });
      this.isNew = true;
      this.look = null;
      this.#draft.hold(NO_WATER);
    } catch (error) {
      this.#draft.refused = error;
    }
  }
}

customElements.define("gp-water-page", GpWaterPage);
