/** Areas and lines drawn over a picture with mouse, finger or keys; the picture itself stands in the slot. */
/** @import { Point } from "../contract.js" */
import { css, html, svg } from "lit";
import { t } from "../language.js";
import { sideSpots } from "../line-sides.js";
import { base, controls } from "../styles.js";
import { ConsoleElement } from "./console-element.js";

/** `points`: corners of an area, or a line's two ends, as shares of the picture. @typedef {{ id: string, name: string, isLine: boolean, points: Point[] }} Shape */
/** @typedef {"area" | "line"} Sort */

/** What stands there when nothing was tapped: to be moved by its handles. @type {Record<Sort, Point[]>} */
const USUAL = { area: [[0.3, 0.4], [0.7, 0.4], [0.7, 0.8], [0.3, 0.8]], line: [[0.2, 0.6], [0.8, 0.6]] };
/** A tap so near the first corner closes the area; a share of the picture. */
const NEAR = 0.03;
const KEY_STEP = 0.01;
/** @type {Record<string, Point>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Tells by "choose" (an id), "reshape" (id and points), "drawn" (points) and "stop-drawing". */
export class GpShapes extends ConsoleElement {
  static styles = [base, controls, css`
    .stage { position: relative; overflow: clip; border-radius: var(--radius); background: var(--stage); aspect-ratio: var(--ratio); width: min(100%, 78dvh * var(--ratio)); user-select: none; }
    .stage.drawing { cursor: crosshair; touch-action: none; }
    svg { position: absolute; inset: 0; width: 100%; height: 100%; pointer-events: none; }
    svg > * { stroke: var(--stage-mark); stroke-width: 2; vector-effect: non-scaling-stroke; stroke-linejoin: round; stroke-linecap: round; fill: none; }
    polygon { fill: color-mix(in srgb, var(--stage-mark) 14%, transparent); pointer-events: fill; cursor: pointer; }
    polyline { pointer-events: stroke; }
    .drawing svg > * { pointer-events: none; }
    svg > .chosen { stroke: var(--stage-warn); stroke-width: 3; }
    polygon.chosen { fill: color-mix(in srgb, var(--stage-warn) 18%, transparent); }
    .draft { stroke: var(--stage-warn); stroke-dasharray: 6 4; }
    .label { position: absolute; pointer-events: none; padding: 0 0.4rem; font-size: var(--tiny); background: var(--stage-cover); color: var(--stage-ink); border-radius: var(--radius-small); }
    .side { translate: -50% -50%; font-weight: 600; }
    .handle { position: absolute; width: 2.25rem; min-height: 2.25rem; height: 2.25rem; padding: 0; border: 0; background: transparent; translate: -50% -50%; display: grid; place-items: center; touch-action: none; cursor: move; }
    .handle::after { content: ""; width: 0.9rem; height: 0.9rem; border-radius: 50%; background: var(--stage-warn); border: 2px solid var(--stage); }
    .handle.middle { cursor: copy; } .handle.middle::after { width: 0.55rem; height: 0.55rem; opacity: 0.75; }
    .handle:hover { background: transparent; }
    .dot { position: absolute; width: 0.7rem; height: 0.7rem; border-radius: 50%; background: var(--stage-warn); translate: -50% -50%; pointer-events: none; }
    .tools { display: flex; flex-wrap: wrap; gap: var(--s2); align-items: center; padding-block: var(--s2) 0; font-size: var(--small); color: var(--ink-2); }
    .tools p { flex: 1; min-width: 12rem; }
  `];
  static properties = { shapes: { attribute: false }, chosen: {}, sort: {}, ratio: { type: Number }, draft: { state: true } };

  constructor() {
    super();
    /** @type {Shape[]} */
    this.shapes = [];
    /** Id of the one with handles, "" for none. */
    this.chosen = "";
    /** What is being drawn, "" for nothing. @type {Sort | ""} */
    this.sort = "";
    /** Width over height of the picture. */
    this.ratio = 16 / 9;
    /** @type {Point[]} */
    this.draft = [];
  }

  willUpdate(/** @type {Map<string, unknown>} */ changed) {
    if (changed.has("sort")) this.draft = [];
  }

  render() {
    const shape = this.sort ? undefined : this.shapes.find(({ id }) => id === this.chosen);
    return html`<div class="stage ${this.sort ? "drawing" : ""}" .style=${`--ratio: ${this.ratio}`} @pointerdown=${this.#tap}>
        <slot></slot>
        <svg viewBox="0 0 1 1" preserveAspectRatio="none">${this.shapes.map((one) => this.#outline(one))}${this.draft.length > 1 ? svg`<polyline class="draft" points=${this.draft.join(" ")}></polyline>` : null}</svg>
        ${this.shapes.map((one) => this.#label(one))}
        ${this.draft.map((point) => html`<span class="dot" .style=${at(point)}></span>`)}
        ${shape ? this.#handles(shape) : null}</div>
      <div class="tools">${this.sort ? this.#drawing() : html`<p>${shape ? t("Drag the corners; a small one adds a corner, Delete takes one away. Arrow keys move it.") : t("Choose an area or line to change it.")}</p>`}</div>`;
  }

  #drawing() {
    return html`<p role="status">${this.sort === "line" ? t("Tap the two ends of the line. Side A is on the left on the way from the first to the second.") : t("Tap the corners one after another, then press Done. Done without corners gives an area to be moved.")}</p>
      <button class="primary" @click=${this.#finish}>${t("Done")}</button><button @click=${() => this.#tell("stop-drawing")}>${t("Cancel")}</button>`;
  }

  /** @param {Shape} shape */
  #outline({ id, isLine, points }) {
    const state = id === this.chosen ? "chosen" : "";
    const choose = () => this.#tell("choose", id);
    return isLine ? svg`<polyline class=${state} points=${points.join(" ")} @click=${choose}></polyline>` : svg`<polygon class=${state} points=${points.join(" ")} @click=${choose}></polygon>`;
  }

  /** @param {Shape} shape */
  #label({ id, name, isLine, points }) {
    const [first = [0, 0], second] = points;
    const [x, y] = isLine ? first : points.reduce((best, point) => (point[1] < best[1] ? point : best), first);
    const letters = isLine && second && String(first) !== String(second) ? sideSpots([first, second], this.ratio) : null;
    return html`<span class="label" .style=${at([Math.min(x, 0.85), Math.min(y, 0.94)])}>${name || id}</span>
      ${letters ? html`<span class="label side" .style=${at(letters.a)}>A</span><span class="label side" .style=${at(letters.b)}>B</span>` : null}`;
  }

  /** @param {Shape} shape */
  #handles(shape) {
    const { points, isLine, name, id } = shape;
    const middles = isLine ? [] : points.map((point, place) => middle(point, points[(place + 1) % points.length] ?? point));
    return html`${points.map((point, place) => html`<button class="handle" aria-label=${t("Corner {number} of {area}", { number: place + 1, area: name || id })} .style=${at(point)}
        @pointerdown=${(/** @type {PointerEvent} */ event) => this.#drag(event, shape, place)} @keydown=${(/** @type {KeyboardEvent} */ event) => this.#key(event, shape, place)}></button>`)}
      ${middles.map((point, place) => html`<button class="handle middle" tabindex="-1" aria-label=${t("Add a corner after corner {number}", { number: place + 1 })} .style=${at(point)}
        @pointerdown=${(/** @type {PointerEvent} */ event) => this.#drag(event, { ...shape, points: points.toSpliced(place + 1, 0, point) }, place + 1)}></button>`)}`;
  }

  /** Follow the pointer with one corner until it is let go. @param {PointerEvent} event @param {Shape} shape @param {number} place */
  #drag(event, shape, place) {
    if (event.button !== 0) return;
    event.stopPropagation();
    const stage = /** @type {HTMLElement} */ (this.renderRoot.querySelector(".stage"));
    const following = new AbortController();
    const { signal } = following;
    const move = (/** @type {PointerEvent} */ moved) => {
      if (moved.pointerId === event.pointerId) this.#reshape(shape, shape.points.with(place, this.#spot(moved, stage)));
    };
    const end = (/** @type {PointerEvent} */ ended) => {
      if (ended.pointerId === event.pointerId) following.abort();
    };
    addEventListener("pointermove", move, { signal });
    addEventListener("pointerup", end, { signal });
    addEventListener("pointercancel", end, { signal });
  }

  /** @param {KeyboardEvent} event @param {Shape} shape @param {number} place */
  #key(event, shape, place) {
    const { points } = shape;
    const [x, y] = points[place] ?? [0, 0];
    const way = ARROWS[event.key];
    if (way) this.#reshape(shape, points.with(place, inside(x + way[0] * KEY_STEP, y + way[1] * KEY_STEP)));
    else if (event.key === "Delete" && !shape.isLine && points.length > 3) this.#reshape(shape, points.toSpliced(place, 1));
    else return;
    event.preventDefault();
  }

  /** @param {Shape} shape @param {Point[]} points */
  #reshape({ id }, points) {
    this.#tell("reshape", { id, points });
  }

  /** @param {PointerEvent} event */
  #tap(event) {
    if (!this.sort || event.button !== 0) return;
    event.preventDefault();
    const point = this.#spot(event, /** @type {HTMLElement} */ (event.currentTarget));
    const [first] = this.draft;
    if (this.sort === "area" && this.draft.length > 2 && first && Math.hypot(point[0] - first[0], point[1] - first[1]) < NEAR) return this.#finish();
    this.draft = [...this.draft, point];
    if (this.sort === "line" && this.draft.length === 2) this.#finish();
  }

  #finish() {
    if (!this.sort) return;
    const least = this.sort === "line" ? 2 : 3;
    this.#tell("drawn", this.draft.length < least ? USUAL[this.sort] : this.draft);
  }

  /** @param {PointerEvent} event @param {HTMLElement} stage */
  #spot(event, stage) {
    const { left, top, width, height } = stage.getBoundingClientRect();
    return inside((event.clientX - left) / width, (event.clientY - top) / height);
  }

  /** @param {string} type @param {unknown} [detail] */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** @param {number} x @param {number} y @returns {Point} */
function inside(x, y) {
  const share = (/** @type {number} */ value) => Math.round(Math.min(1, Math.max(0, value)) * 10_000) / 10_000;
  return [share(x), share(y)];
}

/** @param {Point} one @param {Point} other @returns {Point} */
function middle(one, other) {
  return inside((one[0] + other[0]) / 2, (one[1] + other[1]) / 2);
}

/** @param {readonly [number, number]} point */
function at([x, y]) {
  return `left: ${x * 100}%; top: ${y * 100}%`;
}

customElements.define("gp-shapes", GpShapes);
