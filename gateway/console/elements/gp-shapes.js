/** Areas and lines drawn over a picture with mouse, finger or keys; the picture itself stands in the slot. */
/** @import { Point } from "../contract.js" */
import { css, html, svg } from "lit";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { sideSpots } from "../line-sides.js";
import { crossedEdges, inside, middleOf, shifted } from "../outlines.js";
import { base, controls } from "../styles.js";
import { ConsoleElement } from "./console-element.js";

/**
 * What is drawn. `points`: corners of an area, or a line's two ends, as shares of the picture. `look`: how it is coloured; `isFixed`: only shown.
 * `ends`: what the ends of a line are called; `hasSides`: a line's sides are told apart.
 * @typedef {{ id: string, name: string, isLine: boolean, points: Point[], look?: Look, ends?: [string, string], hasSides?: boolean, isFixed?: boolean }} Shape
 */
/** @typedef {"zone" | "river" | "edge" | "mark" | "text" | "found"} Look */
/** What can be drawn. `stem`: what its id begins with; `hint`: what to tap; `usual`: what stands there, to be moved, when nothing was tapped. @typedef {{ stem: string, isLine: boolean, hint: string, usual: Point[] }} Sort */

/** A tap so near the first corner closes the area; a share of the picture. */
const NEAR = 0.03;
const KEY_STEP = 0.01;
const FINE_STEP = 0.001;
/** @type {Record<string, Point>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
/** These have no label until they are chosen: it would hide them. @type {readonly Look[]} */
const QUIET = ["text", "found", "edge"];
/** Letters and handles keep so far from the picture's edge. */
const RIGHTMOST = 0.85;
const LOWEST = 0.94;

/** Tells by "choose" (an id), "reshape" (id and points), "remove" (id), "drawn" (points) and "stop-drawing". */
export class GpShapes extends ConsoleElement {
  static styles = [base, controls, css`
    :host { --tallest: max(50dvh, 100dvh - 18rem); }
    .view { overflow: auto; overscroll-behavior: contain; border-radius: var(--radius); max-height: var(--tallest); width: min(100%, var(--tallest) * var(--ratio)); background: var(--stage); scrollbar-width: thin; }
    .stage { position: relative; overflow: clip; background: var(--stage); aspect-ratio: var(--ratio); width: calc(100% * var(--zoom)); user-select: none; -webkit-user-select: none; touch-action: manipulation; }
    .stage.drawing { cursor: crosshair; }
    svg.drawn { position: absolute; inset: 0; width: 100%; height: 100%; pointer-events: none; }
    .drawn > * { --hue: var(--stage-mark); stroke: var(--hue); stroke-width: 2; vector-effect: non-scaling-stroke; stroke-linejoin: round; stroke-linecap: round; fill: none; }
    polygon { fill: color-mix(in srgb, var(--hue) 14%, transparent) !important; pointer-events: fill; cursor: pointer; }
    .drawn > .reach { stroke: transparent; stroke-width: 24; pointer-events: stroke; cursor: pointer; }
    .fixed > *, .drawing .drawn > *, .drawn > .found { pointer-events: none; }
    .drawn > .river, .drawn > .edge { --hue: var(--stage-river); }
    .drawn > .mark { --hue: var(--stage-post); stroke-width: 4; }
    .drawn > .text, .drawn > .found { --hue: var(--stage-text); }
    .drawn > .found, .drawn > .edge { stroke-dasharray: 6 4; }
    .drawn > .chosen { --hue: var(--stage-warn); stroke-width: 3; }
    .drawn > .crossed { --hue: var(--stage-bad); stroke-width: 4; pointer-events: none; }
    .tools .wrong { color: var(--red); font-weight: 600; }
    .drawn > .draft { --hue: var(--stage-warn); stroke-dasharray: 6 4; }
    .label { position: absolute; pointer-events: none; padding: 0 0.4rem; font-size: var(--tiny); background: var(--stage-cover); color: var(--stage-ink); border-radius: var(--radius-small); white-space: nowrap; }
    .side { translate: -50% -50%; font-weight: 600; }
    .handle { position: absolute; width: max(2.25rem, var(--touch)); min-height: 0; height: max(2.25rem, var(--touch)); padding: 0; border: 0; background: transparent; translate: -50% -50%; display: grid; place-items: center; touch-action: none; cursor: move; color: var(--stage-warn); }
    .handle::after { content: ""; width: 0.9rem; height: 0.9rem; border-radius: 50%; background: var(--stage-warn); border: 2px solid var(--stage); }
    .handle.middle { cursor: copy; } .handle.middle::after { width: 0.55rem; height: 0.55rem; opacity: 0.75; }
    .handle.whole::after { content: none; }
    .handle.whole svg { padding: 0.1rem; border-radius: 50%; background: var(--stage-cover); }
    .handle.current::after { background: var(--stage-ink); border-color: var(--stage-warn); }
    .handle.foot { translate: -50% -10%; } .handle.top { translate: -50% -90%; }
    .handle.beside { translate: 40% -50%; }
    .handle:hover { background: transparent; }
    .handle:focus-visible { outline-color: var(--stage-ink); }
    .dot { position: absolute; width: 0.7rem; height: 0.7rem; border-radius: 50%; background: var(--stage-warn); translate: -50% -50%; pointer-events: none; }
    .dot.end { width: 0.4rem; height: 0.4rem; background: var(--stage-ink); }
    .tools { display: flex; flex-wrap: wrap; gap: var(--s2); align-items: center; padding-block: var(--s2) 0; font-size: var(--small); color: var(--ink-2); min-height: 3.25rem; }
    .tools p { flex: 1; min-width: 12rem; }
  `];
  static properties = {
    shapes: { attribute: false }, chosen: {}, sort: { attribute: false }, ratio: { type: Number }, zoom: { type: Number }, fixed: { type: Boolean },
    draft: { state: true }, moving: { state: true }, corner: { state: true },
  };

  constructor() {
    super();
    /** @type {Shape[]} */
    this.shapes = [];
    /** Id of the one with handles, "" for none. */
    this.chosen = "";
    /** What is being drawn. @type {Sort | null} */
    this.sort = null;
    /** Width over height of the picture. */
    this.ratio = 16 / 9;
    /** So many times as wide as the page has room for. */
    this.zoom = 1;
    /** Nothing may be changed. */
    this.fixed = false;
    /** @type {Point[]} */
    this.draft = [];
    /** A shape as it is while a pointer holds it. @type {Shape | null} */
    this.moving = null;
    /** Number of the corner used last, -1 for none. */
    this.corner = -1;
  }

  /** A handle is held, or was let go just now: a click that follows is no tap. */
  #held = false;
  /** What the middle of the view shows, kept when it grows. @type {Point | null} */
  #centre = null;

  willUpdate(/** @type {Map<string, unknown>} */ changed) {
    if (changed.has("sort")) this.draft = [];
    if (changed.has("chosen")) this.corner = -1;
    if (changed.has("zoom") && this.hasUpdated) this.#centre = this.#seen();
  }

  updated() {
    if (!this.#centre) return;
    const [x, y] = this.#centre;
    const view = this.#element(".view");
    view.scrollTo(x * view.scrollWidth - view.clientWidth / 2, y * view.scrollHeight - view.clientHeight / 2);
    this.#centre = null;
  }

  /** Where the chosen shape is, or what the middle of the view shows. @returns {Point} */
  #seen() {
    const shape = this.#shape();
    if (shape) return middleOf(shape.points);
    const { scrollLeft, scrollTop, scrollWidth, scrollHeight, clientWidth, clientHeight } = this.#element(".view");
    return [(scrollLeft + clientWidth / 2) / scrollWidth, (scrollTop + clientHeight / 2) / scrollHeight];
  }

  /** @param {string} which */
  #element(which) {
    return /** @type {HTMLElement} */ (this.renderRoot.querySelector(which));
  }

  /** The one with handles. @returns {Shape | undefined} */
  #shape() {
    if (this.sort) return undefined;
    return this.moving ?? this.shapes.find(({ id, isFixed }) => id === this.chosen && !isFixed);
  }

  render() {
    const shape = this.fixed ? undefined : this.#shape();
    const shown = this.shapes.map((one) => (one.id === this.moving?.id ? this.moving : one));
    return html`<div class="view" .style=${`--ratio: ${this.ratio}; --zoom: ${this.zoom}`}><div class="stage ${this.sort ? "drawing" : ""}" @click=${this.#tap}>
        <slot></slot>
        <svg class="drawn ${this.fixed ? "fixed" : ""}" viewBox="0 0 1 1" preserveAspectRatio="none">${shown.map((one) => this.#outline(one))}${this.draft.length > 1 ? svg`<polyline class="draft" points=${this.draft.join(" ")}></polyline>${crossings(this.draft, true)}` : null}</svg>
        ${shown.map((one) => this.#label(one))}
        ${this.draft.map((point) => html`<span class="dot" .style=${at(point)}></span>`)}
        ${shape ? this.#handles(shape) : null}</div></div>
      ${this.fixed ? null : html`<div class="tools">${this.sort ? this.#drawing(this.sort) : shape ? this.#changing(shape) : html`<p>${this.shapes.some(({ isFixed }) => !isFixed) ? t("Choose what is to be changed, in the picture or in the list.") : null}</p>`}</div>`}`;
  }

  /** @param {Sort} sort */
  #drawing({ hint }) {
    const isCrossed = crossedEdges(this.draft, true).length > 0;
    return html`<p role="status" class=${isCrossed ? "wrong" : ""}>${isCrossed ? t("Lines cross where they are red: take the last corner back.") : hint}</p>
      <button ?disabled=${!this.draft.length} @click=${() => { this.draft = this.draft.slice(0, -1); }}>${icon("undo")}${t("Last corner")}</button>
      <button @click=${() => this.#tell("stop-drawing")}>${t("Cancel")}</button><button class="primary" @click=${this.#finish}>${t("Done")}</button>`;
  }

  /** @param {Shape} shape */
  #changing({ id, name, isLine, points }) {
    const mayLose = !isLine && points.length > 3 && this.corner >= 0;
    const isCrossed = !isLine && crossedEdges(points).length > 0;
    return html`<p class=${isCrossed ? "wrong" : ""} role="status">${isCrossed ? t("Lines cross where they are red: drag a corner until none do.") : isLine ? t("Drag its ends, or the cross to move all of it. Arrow keys move too, with Shift finely.") : t("Drag the corners, a small one to add a corner, or the cross to move all of it. Arrow keys move too, with Shift finely.")}</p>
      ${isLine ? null : html`<button ?disabled=${!mayLose} @click=${() => this.#lose(id, points)}>${t("Remove the corner")}</button>`}
      <button aria-label=${t("Remove {camera}", { camera: name || id })} @click=${() => this.#tell("remove", id)}>${icon("remove")}${t("Remove")}</button>`;
  }

  /** @param {Shape} shape */
  #outline({ id, isLine, points, look = "zone" }) {
    const state = `${look} ${id === this.chosen ? "chosen" : ""}`;
    const choose = (/** @type {Event} */ event) => {
      event.stopPropagation();
      this.#tell("choose", id);
    };
    return isLine ? svg`<polyline class=${state} points=${points.join(" ")}></polyline><polyline class="reach" points=${points.join(" ")} @click=${choose}></polyline>` : svg`<polygon class=${state} points=${points.join(" ")} @click=${choose}></polygon>${crossings(points)}`;
  }

  /** @param {Shape} shape */
  #label({ id, name, isLine, points, hasSides, look = "zone" }) {
    const [first = [0, 0], second] = points;
    const [x, y] = isLine && look !== "mark" ? first : points.reduce((best, point) => (point[1] < best[1] ? point : best), first);
    const letters = hasSides && second && String(first) !== String(second) ? sideSpots([first, second], this.ratio) : null;
    const ends = look === "mark" ? points.map((point) => html`<span class="dot end" .style=${at(point)}></span>`) : null;
    const isNamed = name && (id === this.chosen || !QUIET.includes(look));
    return html`${isNamed ? html`<span class="label" .style=${at([Math.min(x, RIGHTMOST), Math.min(y, LOWEST)])}>${name}</span>` : null}${ends}
      ${letters ? html`<span class="label side" .style=${at(letters.a)}>A</span><span class="label side" .style=${at(letters.b)}>B</span>` : null}`;
  }

  /** @param {Shape} shape */
  #handles(shape) {
    const { points, isLine, name, id, ends } = shape;
    const called = name || id;
    const all = points.map((_, place) => place);
    const middles = isLine ? [] : points.map((point, place) => inside(...middleOf([point, points[(place + 1) % points.length] ?? point])));
    const corner = (/** @type {number} */ place) => ends?.[place] ? t("{end} of {area}", { end: ends[place] ?? "", area: called }) : t("Corner {number} of {area}", { number: place + 1, area: called });
    const handle = (/** @type {string} */ look, /** @type {string} */ word, /** @type {Point} */ point, /** @type {number[]} */ places) => html`<button class="handle ${look}" aria-label=${word} .style=${at(point)}
        @click=${stop} @focus=${() => { this.corner = places.length === 1 ? places[0] ?? -1 : -1; }}
        @pointerdown=${(/** @type {PointerEvent} */ event) => this.#grab(event, shape, places)} @keydown=${(/** @type {KeyboardEvent} */ event) => this.#key(event, shape, places)}>${places.length > 1 ? icon("move") : null}</button>`;
    return html`${handle(isLine ? "whole beside" : "whole", t("Move all of {area}", { area: called }), middleOf(points), all)}
      ${middles.map((point, place) => html`<button class="handle middle" tabindex="-1" aria-label=${t("Add a corner after corner {number}", { number: place + 1 })} .style=${at(point)} @click=${stop}
        @pointerdown=${(/** @type {PointerEvent} */ event) => this.#grab(event, { ...shape, points: points.toSpliced(place + 1, 0, point) }, [place + 1])}></button>`)}
      ${points.map((point, place) => handle(`${ends ? ["foot", "top"][place] : ""} ${place === this.corner ? "current" : ""}`, corner(place), point, [place]))}`;
  }

  /** Follow the pointer with some corners until it is let go. @param {PointerEvent} event @param {Shape} shape @param {number[]} places */
  #grab(event, shape, places) {
    if (event.button !== 0) return;
    event.stopPropagation();
    const from = this.#spot(event);
    const following = new AbortController();
    const { signal } = following;
    const mine = (/** @type {(event: PointerEvent) => void} */ then) => (/** @type {PointerEvent} */ one) => {
      if (one.pointerId === event.pointerId) then(one);
    };
    this.moving = shape;
    this.#held = true;
    const move = (/** @type {PointerEvent} */ moved) => {
      const [x, y] = this.#spot(moved);
      this.moving = { ...shape, points: shifted(shape.points, places, [x - from[0], y - from[1]]) };
    };
    const end = (/** @type {PointerEvent} */ ended) => {
      following.abort();
      setTimeout(() => { this.#held = false; });
      const points = this.moving?.points ?? shape.points;
      this.moving = null;
      const before = this.shapes.find(({ id }) => id === shape.id)?.points;
      if (ended.type === "pointerup" && String(points) !== String(before)) this.#reshape(shape.id, points);
      if (places.length === 1) this.corner = places[0] ?? -1;
    };
    addEventListener("pointermove", mine(move), { signal });
    addEventListener("pointerup", mine(end), { signal });
    addEventListener("pointercancel", mine(end), { signal });
  }

  /** @param {KeyboardEvent} event @param {Shape} shape @param {number[]} places */
  #key(event, { id, points, isLine }, places) {
    const way = ARROWS[event.key];
    const step = event.shiftKey ? FINE_STEP : KEY_STEP;
    const isGone = event.key === "Delete" || event.key === "Backspace";
    if (way) this.#reshape(id, shifted(points, places, [way[0] * step, way[1] * step]));
    else if (isGone && places.length > 1) this.#tell("remove", id);
    else if (isGone && !isLine && points.length > 3) this.#lose(id, points);
    else return;
    event.preventDefault();
  }

  /** Without the corner used last. @param {string} id @param {Point[]} points */
  #lose(id, points) {
    this.#reshape(id, points.toSpliced(this.corner, 1));
    this.corner = -1;
  }

  /** @param {string} id @param {Point[]} points */
  #reshape(id, points) {
    this.#tell("reshape", { id, points });
  }

  /** @param {MouseEvent} event */
  #tap(event) {
    if (this.#held) return;
    if (!this.sort) return this.#tell("choose", "");
    const point = inside(...this.#spot(event));
    const [first] = this.draft;
    if (!this.sort.isLine && this.draft.length > 2 && first && Math.hypot(point[0] - first[0], point[1] - first[1]) < NEAR) return this.#finish();
    this.draft = [...this.draft, point];
    if (this.sort.isLine && this.draft.length === 2) this.#finish();
  }

  #finish() {
    if (!this.sort) return;
    const least = this.sort.isLine ? 2 : 3;
    this.#tell("drawn", this.draft.length < least ? this.sort.usual : this.draft);
  }

  /** Where a pointer is, as shares of the picture; it may be beside it. @param {MouseEvent} event @returns {Point} */
  #spot(event) {
    const { left, top, width, height } = this.#element(".stage").getBoundingClientRect();
    return [(event.clientX - left) / width, (event.clientY - top) / height];
  }

  /** @param {string} type @param {unknown} [detail] */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** The edges of an outline that cross others, to stand out. @param {Point[]} points @param {boolean} [isOpen] */
function crossings(points, isOpen) {
  return crossedEdges(points, isOpen).map((place) => svg`<polyline class="crossed" points=${[points[place], points[(place + 1) % points.length]].join(" ")}></polyline>`);
}

/** @param {Event} event */
function stop(event) {
  event.stopPropagation();
}

/** @param {readonly [number, number]} point */
function at([x, y]) {
  return `left: ${x * 100}%; top: ${y * 100}%`;
}

customElements.define("gp-shapes", GpShapes);
