/** One round of the plan: when it is walked, and its stops in their order. */
/** @import { PatrolRoute, PlanStop } from "../administration.js" */
/** @import { Mistake } from "../api.js" */
/** @import { Preset, Severity } from "../contract.js" */
/** @import { Site } from "../site.js" */
import { css, html } from "lit";
import { getJson } from "../api.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { base, controls, forms, marks } from "../styles.js";
import { severityWord } from "../vocabulary.js";
import { fault, saidWeekdays, ticks, weekdayFields, words, wordsField } from "./calendar-fields.js";
import { text } from "./camera-fields.js";
import { ConsoleElement } from "./console-element.js";

/** @type {readonly Severity[]} */
const COLOURS = ["red", "yellow", "green"];
/** Every how many-th round visits points of a colour, where the round does not say. */
const USUAL_VISITS = { red: 1, yellow: 2, green: 4 };

/** Tells by a "changed" event with what it is to be, null when it is to go. */
export class GpPlanRoute extends ConsoleElement {
  static styles = [base, controls, forms, marks, ticks, css`
    details.panel { padding: var(--s3) var(--s4); }
    summary { display: flex; flex-wrap: wrap; align-items: center; gap: var(--s2); cursor: pointer; min-height: max(2rem, var(--touch)); }
    summary b { flex: 1; min-width: 8rem; }
    fieldset { padding-block-start: var(--s3); }
    .stops { display: grid; gap: var(--s2); }
    .stop { display: grid; grid-template-columns: 2rem minmax(8rem, 2fr) minmax(7rem, 1.5fr) minmax(6rem, 1fr) 6rem minmax(6rem, 0.8fr) auto; gap: var(--s2); align-items: end; border-inline-start: 0.25rem solid var(--line-strong); padding-inline-start: var(--s2); }
    .stop.red { border-color: var(--red); } .stop.yellow { border-color: var(--yellow-line); } .stop.green { border-color: var(--green); }
    .stop .number { align-self: center; text-align: center; color: var(--ink-2); }
    .stop select { width: 100%; min-height: max(2.5rem, var(--touch)); }
    .stop .buttons { flex-wrap: nowrap; gap: var(--s1); }
    .stop > .all { grid-column: 1 / -1; }
    @media (max-width: 1100px) { .stop { grid-template-columns: repeat(2, minmax(0, 1fr)); } .stop .number { display: none; } .stop .buttons { grid-column: 1 / -1; justify-content: flex-end; } }
  `];
  static properties = { route: { attribute: false }, site: { attribute: false }, mistakes: { attribute: false }, fixed: { type: Boolean }, presets: { state: true }, isOpen: { state: true } };

  /** Cameras whose presets were asked for. @type {Set<string>} */
  #asked = new Set();

  constructor() {
    super();
    /** @type {PatrolRoute | null} */
    this.route = null;
    /** @type {Site | null} */
    this.site = null;
    /** @type {Mistake[]} */
    this.mistakes = [];
    this.fixed = false;
    /** What each camera keeps. @type {Record<string, Preset[]>} */
    this.presets = {};
    this.isOpen = false;
  }

  willUpdate(/** @type {Map<string, unknown>} */ changed) {
    if (!this.hasUpdated) this.isOpen = !this.route?.name;
    if (changed.has("mistakes") && this.mistakes.length) this.isOpen = true;
  }

  /** @param {string} camera */
  async #learn(camera) {
    if (this.#asked.has(camera) || !this.site?.cameras.get(camera)?.has_controls) return;
    this.#asked.add(camera);
    const { presets } = await getJson(`cameras/${encodeURIComponent(camera)}/ptz`).catch(() => ({ presets: [] }));
    this.presets = { ...this.presets, [camera]: presets };
  }

  render() {
    const { route, mistakes } = this;
    if (!route) return null;
    const turn = (/** @type {Event} */ event) => {
      this.isOpen = /** @type {HTMLDetailsElement} */ (event.target).open;
      if (this.isOpen) route.stops.forEach(({ camera }) => this.#learn(camera));
    };
    const times = route.every_h ? t("every {hours} hours", { hours: route.every_h }) : route.at.map((one) => one.slice(0, 5)).join(" · ");
    return html`<details class="panel" ?open=${this.isOpen} @toggle=${turn}>
      <summary><b>${route.name || t("A new round")}</b><span class="small quiet">${times}</span><span class="mark">${t("{count} stops", { count: route.stops.length })}</span></summary>
      <form @change=${this.#change} @submit=${(/** @type {Event} */ event) => event.preventDefault()}><fieldset ?disabled=${this.fixed}>
        ${this.#when(route)}
        <div class="stops">${route.stops.map((stop, place) => this.#stop(route, stop, place))}</div>
        ${fault(mistakes.filter(({ location }) => location === "stops"), "stops")}${fault(mistakes.filter(({ location }) => !location), "")}
        <div class="buttons"><button type="button" @click=${() => this.#add(route)}>${icon("add")}${t("Add a stop")}</button>
          <button type="button" @click=${() => this.#tell(null)}>${icon("remove")}${t("Remove the round")}</button></div></fieldset></form></details>`;
  }

  /** @param {PatrolRoute} route */
  #when(route) {
    const { mistakes } = this;
    const minutes = (/** @type {"late_after_min" | "missed_after_min"} */ name, /** @type {string} */ label) => html`<label>${label}<input name=${name} type="number" min="1" required .value=${String(route[name])}>${fault(mistakes, name)}</label>`;
    return html`<div class="fields">
      <label>${t("Name")}<input name="name" maxlength="80" .value=${route.name} placeholder=${t("Such as: village, morning and evening")}>${fault(mistakes, "name")}</label>
      <label>${t("Unit")}<input name="unit" maxlength="80" .value=${route.unit}>${fault(mistakes, "unit")}</label>
      ${wordsField("at", t("At these times"), route.at.map((one) => one.slice(0, 5)), "08:30, 20:30", mistakes)}
      <label>${t("or every so many hours")}<input name="every_h" type="number" min="1" max="24" .value=${String(route.every_h ?? "")}>${fault(mistakes, "every_h")}</label>
      <label>${t("the first at")}<input name="first" type="time" .value=${route.first.slice(0, 5)}></label>
      ${minutes("late_after_min", t("Late after (minutes)"))}${minutes("missed_after_min", t("Missed after (minutes)"))}
      ${wordsField("never", t("Never on these days"), route.never, "2026-10-01", mistakes)}
      ${COLOURS.map((colour) => html`<label>${t("{colour} points: every how many-th round", { colour: severityWord(colour) })}<input name=${`visits_${colour}`} type="number" min="1" max="48" required .value=${String(route.visits[colour] ?? USUAL_VISITS[colour])}></label>`)}
      </div>${weekdayFields(route.weekdays)}`;
  }

  /** @param {PatrolRoute} route @param {PlanStop} stop @param {number} place */
  #stop(route, stop, place) {
    const cameras = [...(this.site?.cameras.values() ?? [])];
    const known = cameras.some(({ id }) => id === stop.camera);
    const presets = this.presets[stop.camera] ?? [];
    const isKept = !stop.preset || presets.some(({ token }) => token === stop.preset);
    const wrong = this.mistakes.filter(({ location }) => location === `stops.${place}` || location.startsWith(`stops.${place}.`)).map(({ text: words }) => words).join(" ");
    const move = (/** @type {number} */ by) => () => this.#tell({ ...route, stops: moved(route.stops, place, by) });
    return html`<div class="stop ${stop.colour}" role="group" aria-label=${t("Stop {number}", { number: place + 1 })}>
      <span class="number">${place + 1}</span>
      <label>${t("Camera")}<select name="camera">${known ? null : html`<option value=${stop.camera} selected>${stop.camera}</option>`}${cameras.map(({ id, name }) => html`<option value=${id} ?selected=${id === stop.camera}>${name}</option>`)}</select></label>
      <label>${t("Name of the point")}<input name="stop_name" maxlength="80" .value=${stop.name}></label>
      <label>${t("View")}<select name="preset"><option value="">${t("as it looks")}</option>${isKept ? null : html`<option value=${stop.preset ?? ""} selected>${stop.preset}</option>`}
        ${presets.map(({ token, name }) => html`<option value=${token} ?selected=${token === stop.preset}>${name || token}</option>`)}</select></label>
      <label>${t("Look for (s)")}<input name="dwell_s" type="number" min="0" max="600" required .value=${String(stop.dwell_s)}></label>
      <label>${t("Colour of the point")}<select name="colour">${COLOURS.map((one) => html`<option value=${one} ?selected=${one === stop.colour}>${severityWord(one)}</option>`)}</select></label>
      <div class="buttons"><button type="button" class="square" aria-label=${t("Stop {number} further up", { number: place + 1 })} ?disabled=${place === 0} @click=${move(-1)}>${icon("up")}</button>
        <button type="button" class="square" aria-label=${t("Remove stop {number}", { number: place + 1 })} @click=${() => this.#tell({ ...route, stops: route.stops.toSpliced(place, 1) })}>${icon("remove")}</button></div>
      ${wrong ? html`<p class="refusal all" role="alert" lang="en">${wrong}</p>` : null}</div>`;
  }

  /** The first camera that has no stop yet. @param {PatrolRoute} route */
  #add(route) {
    const cameras = [...(this.site?.cameras.keys() ?? [])];
    const visited = new Set(route.stops.map(({ camera }) => camera));
    const camera = cameras.find((id) => !visited.has(id)) ?? cameras[0];
    if (!camera) return;
    this.#learn(camera);
    this.#tell({ ...route, stops: [...route.stops, { camera, id: ownId(route.stops, camera), name: "", preset: null, dwell_s: 10, colour: "red" }] });
  }

  /** @param {Event} event */
  #change(event) {
    const { route } = this;
    if (!route) return;
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    const all = (/** @type {string} */ name) => fields.getAll(name).map((value) => String(value).trim());
    const [cameras, names, presets, dwells, colours] = [all("camera"), all("stop_name"), all("preset"), all("dwell_s"), all("colour")];
    const every = text(fields, "every_h");
    const stops = route.stops.map((stop, place) => {
      const camera = cameras[place] ?? stop.camera;
      if (camera !== stop.camera) this.#learn(camera);
      const others = route.stops.toSpliced(place, 1);
      return {
        camera, id: camera === stop.camera ? stop.id : ownId(others, camera), name: names[place] ?? "",
        preset: (camera === stop.camera && presets[place]) || null, dwell_s: Number(dwells[place]), colour: /** @type {Severity} */ (colours[place]),
      };
    });
    this.#tell({
      ...route, stops, name: text(fields, "name"), unit: text(fields, "unit"),
      at: every ? [] : words(fields, "at"), every_h: every ? Number(every) : null, first: text(fields, "first") || "00:00",
      late_after_min: Number(text(fields, "late_after_min")), missed_after_min: Number(text(fields, "missed_after_min")),
      never: words(fields, "never"), weekdays: saidWeekdays(fields),
      visits: Object.fromEntries(COLOURS.map((colour) => [colour, Number(text(fields, `visits_${colour}`))])),
    });
  }

  /** @param {PatrolRoute | null} detail */
  #tell(detail) {
    this.dispatchEvent(new CustomEvent("changed", { detail }));
  }
}

/** An id of its own for a further stop at a camera; the first has none, and is called after it. @param {PlanStop[]} stops @param {string} camera */
function ownId(stops, camera) {
  const taken = new Set(stops.map(({ id }) => id));
  if (!stops.some((one) => one.camera === camera)) return null;
  let number = 2;
  while (taken.has(`${camera}-${number}`)) number += 1;
  return `${camera}-${number}`;
}

/** @param {PlanStop[]} stops @param {number} place @param {number} by */
function moved(stops, place, by) {
  const stop = stops[place];
  return stop ? stops.toSpliced(place, 1).toSpliced(place + by, 0, stop) : stops;
}

customElements.define("gp-plan-route", GpPlanRoute);
