/** The wall: live tiles as large as the screen allows, and the incident list growing beside them. */
/** @import { Camera, User } from "../contract.js" */
/** @import { Site } from "../site.js" */
/** @import { Area } from "../wall-plan.js" */
import { css, html } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { icon } from "../icons.js";
import { language, t } from "../language.js";
import { ADD } from "../router.js";
import { remember, remembered } from "../settings.js";
import { base, controls } from "../styles.js";
import { TILE_COUNTS, fittingCount, planWall } from "../wall-plan.js";
import { ConsoleElement } from "./console-element.js";
import "./gp-incident-list.js";
import "./gp-tile.js";

/** Below this width the tiles stand above the list and the page scrolls. */
const NARROW_PX = 900;
/** Least width of the list, as in the styles below. */
const LIST_REM = 22;
const GAP_PX = 8;
/** Height of the strip below each picture, as in the styles below: wide enough for a finger, and read from afar where type is large. */
const CAPTION_REM = 2.75;

export class GpWall extends ConsoleElement {
  static styles = [base, controls, css`
    :host { height: calc(100dvh - var(--bar) - var(--notice)); }
    .page { display: grid; height: 100%; gap: var(--s4); padding: var(--s3) var(--s4); grid-template-columns: minmax(0, 1fr) minmax(22rem, 24rem); }
    .page.planned { grid-template-columns: auto minmax(22rem, 1fr); }
    section { display: flex; flex-direction: column; min-width: 0; min-height: 0; gap: var(--s2); }
    .tiles { --caption: 2.75rem; display: grid; gap: 8px; align-content: start; }
    .foot { display: flex; align-items: center; justify-content: space-between; gap: var(--s2); margin-block-start: auto; }
    .foot .segments button { min-height: max(1.75rem, var(--touch)); font-size: var(--small); }
    .empty { flex: 1; display: grid; place-content: center; justify-items: center; gap: var(--s2); padding: var(--s6); text-align: center; border: 1px dashed var(--line-strong); border-radius: var(--radius); color: var(--ink-2); }
    .empty svg.icon { width: 3rem; height: 3rem; }
    .reading { padding: var(--s5); text-align: center; }
    gp-incident-list { min-height: 0; }
    @media (max-width: 899px) {
      :host { height: auto; }
      .page, .page.planned { display: flex; flex-direction: column; height: auto; padding: var(--s2); }
      .tiles { grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); }
      gp-tile { aspect-ratio: 16 / 10.6; }
      gp-tile.blind { aspect-ratio: auto; height: 10rem; }
    }
  `];
  static properties = {
    site: { attribute: false },
    user: { attribute: false },
    area: { state: true },
    count: { state: true },
    screen: { state: true },
  };

  #size = new ResizeObserver(([entry]) => {
    if (entry) this.area = { width: entry.contentRect.width, height: entry.contentRect.height };
  });

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
    /** @type {User | null} */
    this.user = null;
    /** @type {Area | null} */
    this.area = null;
    /** Tiles wished for; 0 lets the number of cameras decide. */
    this.count = Number(remembered("tiles")) || 0;
    /** Which screenful of cameras is shown, from 0. */
    this.screen = 0;
  }

  connectedCallback() {
    super.connectedCallback();
    this.#size.observe(this);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#size.disconnect();
  }

  willUpdate(/** @type {Map<string, unknown>} */ changed) {
    if (changed.has("site") && this.site) this.follow(this.site, "cameras", "incidents", "incident");
  }

  render() {
    const { site, area } = this;
    if (!site?.system || !area) return html`<p class="reading quiet waiting-late" role="status">${t("Reading…")}</p>`;
    const cameras = onTheWall(site);
    const perScreen = this.count || fittingCount(cameras.length);
    const screens = Math.max(1, Math.ceil(cameras.length / perScreen));
    const screen = Math.min(this.screen, screens - 1);
    const shown = cameras.slice(screen * perScreen, (screen + 1) * perScreen);
    const plan = shown.length && area.width >= NARROW_PX ? this.#plan(Math.min(perScreen, cameras.length), area, cameras.length > 1) : "";
    return html`<div class="page ${plan ? "planned" : ""}">
      <section aria-label=${t("Live pictures")}>
        ${shown.length ? html`<div class="tiles" .style=${plan}>
          ${repeat(shown, (camera) => camera.id, (camera) => html`<gp-tile class=${camera.state === "online" ? "" : "blind"} .site=${site} .camera=${camera}></gp-tile>`)}
        </div>` : this.#empty()}
        ${cameras.length > 1 ? this.#foot(screen, screens) : null}
      </section>
      <gp-incident-list .site=${site} ?whole=${area.width < NARROW_PX}></gp-incident-list>
    </div>`;
  }

  /** @param {number} tiles @param {Area} area of the page @param {boolean} foot */
  #plan(tiles, { width, height }, foot) {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const room = { width: width - LIST_REM * rem - 3 * rem, height: height - 1.5 * rem - (foot ? 3 * rem : 0) };
    const { columns, tileWidth, tileHeight } = planWall(tiles, room, { gap: GAP_PX, caption: CAPTION_REM * rem });
    return `grid-template-columns: repeat(${columns}, ${tileWidth}px); grid-auto-rows: ${tileHeight}px`;
  }

  #empty() {
    return html`<div class="empty">${icon("camera")}<h2>${t("No cameras yet")}</h2>
      ${this.user?.role === "admin" ? html`<a class="button primary" href=${ADD}>${icon("add")}${t("Add cameras")}</a>`
        : html`<p class="small">${t("An administrator adds them.")}</p>`}</div>`;
  }

  /** @param {number} screen @param {number} screens */
  #foot(screen, screens) {
    const turn = (/** @type {number} */ by) => () => { this.screen = (screen + by + screens) % screens; };
    return html`<div class="foot">
      <div class="segments" role="group" aria-label=${t("Tiles on the wall")}>
        ${[0, ...TILE_COUNTS].map((count) => html`<button aria-pressed=${count === this.count} @click=${() => this.#choose(count)}>${count || t("Auto")}</button>`)}
      </div>
      ${screens > 1 ? html`<div class="row">
        <button class="plain square" aria-label=${t("Previous cameras")} @click=${turn(-1)}>${icon("back")}</button>
        <span class="small quiet">${screen + 1} / ${screens}</span>
        <button class="plain square" aria-label=${t("Next cameras")} @click=${turn(1)}>${icon("forward")}</button>
      </div>` : null}
    </div>`;
  }

  /** @param {number} count */
  #choose(count) {
    this.count = count;
    this.screen = 0;
    remember("tiles", String(count));
  }
}

/** Those in use, neighbours side by side. @param {Site} site @returns {Camera[]} */
function onTheWall({ cameras }) {
  const { compare } = new Intl.Collator(language(), { numeric: true });
  return [...cameras.values()].filter(({ enabled }) => enabled).sort((a, b) => compare(a.unit, b.unit) || compare(a.grid, b.grid) || compare(a.name, b.name) || compare(a.id, b.id));
}

customElements.define("gp-wall", GpWall);
