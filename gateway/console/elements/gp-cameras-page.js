/** All cameras: how each fares, found by name, state and unit; administrators switch, edit and remove. */
/** @import { Camera, StreamFacts, User } from "../contract.js" */
/** @import { Site } from "../site.js" */
import { css, html } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { sendJson } from "../api.js";
import { interestWord, looksWord, oftenWord, readerWord, recordWord, streamWord } from "../camera-words.js";
import { decimal, since } from "../format.js";
import { icon } from "../icons.js";
import { language, t } from "../language.js";
import { ADD, IMPORT, cameraHref, cameraSettingsHref } from "../router.js";
import { base, controls, marks, tables } from "../styles.js";
import { codecWord, stateAdvice, stateTone, stateWord } from "../vocabulary.js";
import { ConsoleElement } from "./console-element.js";
import { page } from "./page-styles.js";
import { refusal } from "./refusal.js";
import "./gp-confirm.js";
import "./gp-export.js";
import "./gp-tune-many.js";

/** Rows shown at first, and more of them at each wish. */
const ROWS = 100;

/** @typedef {"all" | "good" | "bad" | "off"} Group */

export class GpCamerasPage extends ConsoleElement {
  static styles = [base, controls, marks, page, tables, css`
    header h1 { margin-inline-end: auto; }
    .tools { display: flex; flex-wrap: wrap; gap: var(--s2) var(--s3); align-items: center; padding-block-end: var(--s3); }
    .find { position: relative; flex: 1 1 14rem; max-width: 24rem; }
    .find svg.icon { position: absolute; inset: 0.7rem auto auto 0.7rem; color: var(--ink-3); pointer-events: none; }
    .find input { padding-inline-start: 2.4rem; }
    .segments button { padding: 0 var(--s3); min-height: max(2.25rem, var(--touch)); }
    .segments b { font-weight: inherit; color: var(--ink-2); }
    .name { font-weight: 600; }
    .name a:hover { color: var(--accent); text-decoration: underline; }
    .why { min-width: 15rem; max-width: 26rem; } .looks { min-width: 13.5rem; } .stream { min-width: 11.5rem; } .word { white-space: nowrap; }
    .act { display: flex; gap: var(--s1); align-items: center; justify-content: flex-end; }
    .act .square { color: var(--ink-2); }
    .act .switch { margin-inline-end: var(--s2); }
    tbody tr:hover { background: var(--raised); }
    .more, .empty { padding: var(--s5); text-align: center; color: var(--ink-2); }
    .empty { display: grid; justify-items: center; gap: var(--s3); }
    .empty svg.icon { width: 3rem; height: 3rem; }
    .brief { display: none; }
    .attention { gap: 0.4rem; }
    .dot.stirred, .dot.known { background: var(--accent); }
    @media (max-width: 900px) {
      tr { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 var(--s3); padding-block: var(--s3) var(--s2); }
      td.why { grid-row: 2; grid-column: 1 / -1; min-width: 0; max-width: none; }
      td[data-label] { display: none; }
      .brief { display: block; }
      header h1 { flex-basis: 100%; } header > .button { flex: 1; }
      .find { max-width: none; flex-basis: 100%; }
      .segments { flex: 1 0 100%; } .segments button { flex: 1; padding: 0 var(--s1); }
      .tools select { flex: 1; }
    }
  `];
  static properties = {
    site: { attribute: false }, user: { attribute: false },
    words: { state: true }, group: { state: true }, unit: { state: true }, most: { state: true }, refused: { state: true },
  };

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
    /** @type {User | null} */
    this.user = null;
    this.words = "";
    /** @type {Group} */
    this.group = "all";
    this.unit = "";
    this.most = ROWS;
    /** @type {unknown} */
    this.refused = null;
  }

  willUpdate(/** @type {Map<string, unknown>} */ changed) {
    if (changed.has("site") && this.site) this.follow(this.site, "cameras");
  }

  get #isAdmin() {
    return this.user?.role === "admin";
  }

  render() {
    const { site } = this;
    if (!site?.system) return html`<div class="page"><p class="quiet" role="status">${t("Reading…")}</p></div>`;
    const all = [...site.cameras.values()];
    const near = all.filter((camera) => isNamed(camera, this.words) && (!this.unit || camera.unit === this.unit));
    const shown = near.filter((camera) => isIn(camera, this.group)).sort(worstFirst);
    return html`<div class="page">
      <header><h1 tabindex="-1">${t("Cameras")}</h1>${this.#isAdmin ? this.#ways(shown) : null}</header>
      ${all.length ? this.#tools(all, near) : null}${refusal(this.refused)}
      ${all.length ? this.#list(shown, site) : this.#none()}
      <gp-confirm></gp-confirm>
    </div>`;
  }

  /** @param {Camera[]} shown */
  #ways(shown) {
    const tunable = shown.filter(({ enabled, has_controls: has }) => enabled && has).map(({ id }) => id);
    return html`<gp-tune-many .cameras=${tunable}></gp-tune-many><gp-export></gp-export>
      <a class="button" href=${IMPORT}>${icon("upload")}${t("Import")}</a>
      <a class="button primary" href=${ADD}>${icon("add")}${t("Add cameras")}</a>`;
  }

  /** @param {Camera[]} all @param {Camera[]} near those that words and unit let through */
  #tools(all, near) {
    const units = [...new Set(all.map(({ unit }) => unit).filter(Boolean))].sort(new Intl.Collator(language()).compare);
    /** @type {[Group, string][]} */
    const groups = [["all", t("All")], ["good", t("Well")], ["bad", t("Not well")], ["off", t("Off")]];
    const count = (/** @type {Group} */ group) => near.filter((camera) => isIn(camera, group)).length;
    return html`<div class="tools">
      <div class="find">${icon("search")}<input type="search" aria-label=${t("Find by name, code or grid")} placeholder=${t("Find by name, code or grid")}
        .value=${this.words} @input=${(/** @type {Event} */ event) => { this.words = value(event); this.most = ROWS; }}></div>
      <div class="segments" role="group" aria-label=${t("State")}>${groups.map(([group, word]) => html`
        <button aria-pressed=${this.group === group} @click=${() => { this.group = group; this.most = ROWS; }}>${word} <b>${count(group)}</b></button>`)}</div>
      ${units.length > 1 ? html`<select aria-label=${t("Unit")} @change=${(/** @type {Event} */ event) => { this.unit = value(event); }}>
        <option value="">${t("All units")}</option>${units.map((unit) => html`<option ?selected=${unit === this.unit}>${unit}</option>`)}</select>` : null}
    </div>`;
  }

  /** @param {Camera[]} cameras @param {Site} site */
  #list(cameras, site) {
    if (!cameras.length) return html`<p class="panel more" role="status">${t("No camera fits.")}</p>`;
    const rest = cameras.length - this.most;
    return html`<div class="panel"><table>
        <thead><tr><th>${t("Camera")}</th><th>${t("State")}</th><th>${t("Looked at")}</th><th>${t("Unit")}</th><th>${t("Stream")}</th><th>${t("Read by")}</th><th>${t("Recording")}</th>
          ${this.#isAdmin ? html`<th><span class="unseen">${t("Actions")}</span></th>` : null}</tr></thead>
        <tbody>${repeat(cameras.slice(0, this.most), ({ id }) => id, (camera) => this.#row(camera, site))}</tbody>
      </table>
      ${rest > 0 ? html`<p class="more"><button @click=${() => { this.most += ROWS; }}>${t("Show more ({count})", { count: rest })}</button></p>` : null}</div>`;
  }

  /** @param {Camera} camera @param {Site} site */
  #row(camera, site) {
    const { stream, unit, grid, state } = camera;
    const none = stream ? "" : "none";
    const isWell = stateTone(state) === "good" || state === "disabled";
    return html`<tr>
      <td><span class="name"><a href=${cameraHref(camera.id)}>${camera.name}</a></span>
        <div class="tiny quiet mono">${camera.channel_code || camera.id}</div></td>
      <td class="why"><span class="mark ${stateTone(state)}">${stateWord(state)}</span>
        ${camera.since && !isWell ? html`<span class="small quiet">${t("since {time}", { time: since(camera.since, site.now()) })}</span>` : null}
        ${isWell ? null : html`<div class="small quiet">${stateAdvice(camera)}</div>`}
        <div class="brief small quiet">${brief(camera)}</div>
        ${isWatched(camera) ? html`<div class="brief small quiet">${looks(camera)}</div>` : null}</td>
      <td data-label=${t("Looked at")} class="looks ${isWatched(camera) ? "" : "none"}">${isWatched(camera) ? looks(camera) : "–"}</td>
      <td data-label=${t("Unit")} class=${unit || grid ? "" : "none"}><span>${[unit, grid].filter(Boolean).join(" · ") || "–"}</span></td>
      <td data-label=${t("Stream")} class="stream ${none}">${stream ? streamCell(stream) : "–"}</td>
      <td data-label=${t("Read by")} class="word ${none}"><span title=${stream?.note ?? ""}>${stream ? readerWord(stream) : "–"}</span></td>
      <td data-label=${t("Recording")} class="word"><span>${recordWord(camera.record)}</span></td>
      ${this.#isAdmin ? html`<td>${this.#actions(camera)}</td>` : null}
    </tr>`;
  }

  /** @param {Camera} camera */
  #actions(camera) {
    const { name, enabled } = camera;
    return html`<div class="act">
      <button class="switch" role="switch" aria-checked=${enabled} aria-label=${t("{camera} in use", { camera: name })} title=${t("In use")}
        @click=${() => this.#try(() => sendJson("PATCH", path(camera), { enabled: !enabled }))}></button>
      <a class="button plain square" href=${cameraSettingsHref(camera.id)} aria-label=${t("Edit {camera}", { camera: name })} title=${t("Edit")}>${icon("edit")}</a>
      <button class="plain square" aria-label=${t("Remove {camera}", { camera: name })} title=${t("Remove")} @click=${() => this.#remove(camera)}>${icon("remove")}</button>
    </div>`;
  }

  /** @param {Camera} camera */
  async #remove(camera) {
    const dialog = /** @type {import("./gp-confirm.js").GpConfirm | null} */ (this.renderRoot.querySelector("gp-confirm"));
    const agreed = await dialog?.ask({
      title: t("Remove {camera}?", { camera: camera.name }),
      text: t("It is no longer watched, and its address and password are forgotten. Its incidents and their evidence stay."),
      action: t("Remove"),
    });
    if (agreed) await this.#try(() => sendJson("DELETE", path(camera)));
  }

  /** The event channel brings what came of it. @param {() => Promise<unknown>} change */
  async #try(change) {
    this.refused = null;
    try {
      await change();
    } catch (error) {
      this.refused = error;
    }
  }

  #none() {
    return html`<div class="panel empty">${icon("camera")}<h2>${t("No cameras yet")}</h2>
      ${this.#isAdmin ? html`<p>${t("Have the network searched for cameras, type an address, or import a list.")}</p>
        <a class="button primary" href=${ADD}>${icon("add")}${t("Add cameras")}</a>` : html`<p>${t("An administrator adds them.")}</p>`}</div>`;
  }
}

/** @param {Camera} camera */
function isWatched({ state, interest }) {
  return state === "online" && interest !== "";
}

/** Why it is awake, how often its pictures are glanced at, how often they are searched. @param {Camera} camera */
function looks(camera) {
  return html`<div class="row attention"><span class="dot ${camera.interest}"></span>${interestWord(camera)}</div>
    <div class="tiny quiet">${t("Seen {seen} · searched {looks}", { seen: oftenWord(camera.seen_every_s), looks: looksWord(camera) })}</div>`;
}

/** @param {Camera} camera */
function path({ id }) {
  return `cameras/${encodeURIComponent(id)}`;
}

/** What a phone shows of the columns. @param {Camera} camera */
function brief({ unit, grid, stream, record }) {
  return [unit, grid, stream && streamWord(stream), recordWord(record)].filter(Boolean).join(" · ");
}

/** @param {Event} event */
function value(event) {
  return /** @type {HTMLInputElement | HTMLSelectElement} */ (event.target).value;
}

/** @param {StreamFacts} stream */
function streamCell({ codec, width, height, fps, gop_s: gop }) {
  const rates = [fps && `${decimal(fps)} fps`, gop && t("key frame every {gop} s", { gop: decimal(gop) })];
  return html`${codecWord(codec)} ${width}×${height}<div class="tiny quiet">${rates.filter(Boolean).join(" · ")}</div>`;
}

/** @param {Camera} camera @param {string} words all of them must occur */
function isNamed({ name, id, channel_code: code, unit, grid }, words) {
  const text = [name, id, code, unit, grid].join(" ").toLowerCase();
  return words.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/** @param {Camera} camera @param {Group} group */
function isIn({ state }, group) {
  const tone = stateTone(state);
  return group === "all" || (group === "bad" ? tone === "bad" || tone === "busy" : tone === group);
}

/** Those that need a hand stand first. @param {Camera} a @param {Camera} b */
function worstFirst(a, b) {
  const order = ["bad", "busy", "good", "off"];
  const rank = (/** @type {Camera} */ { state }) => order.indexOf(stateTone(state));
  return rank(a) - rank(b) || a.name.localeCompare(b.name, language(), { numeric: true });
}

customElements.define("gp-cameras-page", GpCamerasPage);
