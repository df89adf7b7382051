/** The bar above every page: where we are, what time it is, whether all is connected, who is signed in. */
/** @import { User } from "../contract.js" */
/** @import { Route } from "../router.js" */
/** @import { Site } from "../site.js" */
import { css, html } from "lit";
import { ifDefined } from "lit/directives/if-defined.js";
import { icon } from "../icons.js";
import { msg, t } from "../language.js";
import { ADMINISTRATION, CAMERAS, INCIDENTS, PATROL, WALL } from "../router.js";
import { worstSeverity } from "../site.js";
import { base, controls, marks } from "../styles.js";
import { queueWord } from "../vocabulary.js";
import { ConsoleElement } from "./console-element.js";
import "./gp-clock.js";
import "./gp-preferences.js";

const LINKS = {
  connecting: { word: msg("Connecting"), tone: "busy" },
  live: { word: msg("Connected"), tone: "good" },
  reconnecting: { word: msg("Reconnecting"), tone: "bad" },
};

/** @type {readonly Route["page"][]} */
const ABOUT_CAMERAS = ["cameras", "camera", "camera-settings", "recordings", "rules", "water", "add", "import"];

/** @type {readonly Route["page"][]} */
const ABOUT_PATROL = ["patrol", "round", "report"];

/** @type {readonly Route["page"][]} */
const ABOUT_THE_SITE = ["administration", "units", "told", "audit", "plan", "deliveries"];

/** Asks for what it cannot do itself by "sign-out" and "change-password" events. */
export class GpTopBar extends ConsoleElement {
  static styles = [base, controls, marks, css`
    :host { position: sticky; top: 0; z-index: 5; }
    .bar { display: flex; align-items: center; gap: var(--s4); height: var(--bar); padding: 0 var(--s4); background: var(--panel); border-block-end: 1px solid var(--line); }
    .brand { display: flex; align-items: center; min-height: var(--touch); gap: var(--s2); min-width: 0; font-weight: 600; font-size: var(--large); }
    .brand svg.icon { width: 1.75rem; height: 1.75rem; color: var(--accent); }
    nav { display: flex; align-self: stretch; gap: var(--s1); }
    nav a { display: flex; align-items: center; gap: var(--s2); padding: 0 var(--s3); color: var(--ink-2); border-block: 2px solid transparent; }
    nav a:hover { color: var(--ink); }
    nav a[aria-current] { color: var(--ink); border-block-end-color: var(--accent); font-weight: 600; }
    .states { display: flex; gap: var(--s4); font-size: var(--small); color: var(--ink-2); }
    .states > span { display: inline-flex; align-items: center; gap: 0.4rem; white-space: nowrap; }
    .states .bad-word { color: var(--red); font-weight: 600; }
    .menu { position: fixed; inset: calc(var(--bar) + var(--s1)) var(--s3) auto auto; margin: 0; width: max-content; padding: var(--s3); border: 1px solid var(--line); border-radius: var(--radius); background: var(--panel); color: var(--ink); box-shadow: 0 0.75rem 2rem var(--shade); }
    .menu[popover]:popover-open { display: grid; gap: var(--s3); }
    .menu button.plain { justify-content: flex-start; width: 100%; }
    .menu .who { padding-inline: var(--s1); }
    @media (max-width: 1180px) {
      .states .word:not(.bad-word) { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
    }
    @media (max-width: 760px) {
      .bar { gap: var(--s3); padding: 0 var(--s3); }
      .brand { font-size: var(--body); flex: 1; }
      .states { gap: var(--s2); }
      nav { position: fixed; inset: auto 0 0 0; z-index: 6; height: calc(3.25rem + env(safe-area-inset-bottom)); padding-block-end: env(safe-area-inset-bottom); background: var(--panel); border-block-start: 1px solid var(--line); }
      nav a { position: relative; flex: 1; flex-direction: column; justify-content: center; gap: 0; padding: 0; font-size: var(--tiny); line-height: 1.3; border-block-end: 0; }
      nav a .mark { position: absolute; inset-block-start: 0.15rem; inset-inline-start: calc(50% + 0.5rem); }
      nav a[aria-current] { border-block-start-color: var(--accent); }
      .spring { display: none; }
    }
  `];
  static properties = { site: { attribute: false }, user: { attribute: false }, route: { attribute: false } };

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
    /** @type {User | null} */
    this.user = null;
    /** @type {Route} */
    this.route = { page: "wall", id: "" };
  }

  willUpdate(/** @type {Map<string, unknown>} */ changed) {
    if (changed.has("site") && this.site) this.follow(this.site, "link", "system", "cameras", "incident", "incidents");
  }

  render() {
    const { site } = this;
    if (!site) return null;
    return html`<div class="bar">
      <a class="brand" href=${WALL}>${icon("brand")}<span class="cut">${site.system?.site ?? "gridpatrol"}</span></a>
      ${this.#navigation(site)}
      <span class="grow spring"></span>
      <div class="states" role="status">${this.#link(site)}${this.#queue(site)}</div>
      <gp-clock .site=${site}></gp-clock>
      <button class="plain square" popovertarget="menu" aria-label=${t("Menu of {user}", { user: this.user?.username ?? "" })}>${icon("user")}</button>
      <div id="menu" class="menu" popover>${this.#menu()}</div>
    </div>`;
  }

  /** @param {Site} site */
  #navigation(site) {
    const open = [...site.cameras.values()].reduce((sum, camera) => sum + camera.open_incidents, 0);
    const worst = worstSeverity(site.openIncidents());
    const here = (/** @type {boolean} */ is) => ifDefined(is ? "page" : undefined);
    const { page } = this.route;
    return html`<nav aria-label=${t("Pages")}>
      <a href=${WALL} aria-current=${here(page === "wall")}>${icon("wall")}${t("Wall")}</a>
      <a href=${INCIDENTS} aria-current=${here(page === "incidents" || page === "incident")}>${icon("incidents")}${t("Incidents")}
        ${open ? html`<span class="mark ${worst ?? "yellow"}" title=${t("Open")}>${open}</span>` : null}</a>
      <a href=${PATROL} aria-current=${here(ABOUT_PATROL.includes(page))}>${icon("patrol")}${t("Patrol")}</a>
      <a href=${CAMERAS} aria-current=${here(ABOUT_CAMERAS.includes(page))}>${icon("camera")}${t("Cameras")}</a>
      <a href=${ADMINISTRATION} aria-current=${here(ABOUT_THE_SITE.includes(page))}>${icon("administration")}${t("Manage")}</a>
    </nav>`;
  }

  /** @param {Site} site */
  #link(site) {
    const { word, tone } = LINKS[site.link];
    return this.#light(t(word), tone);
  }

  /** @param {Site} site */
  #queue(site) {
    if (!site.system) return null;
    const { word, tone } = queueWord(site.system.queue);
    return this.#light(word, tone);
  }

  /** @param {string} word @param {string} tone */
  #light(word, tone) {
    return html`<span title=${word}><span class="dot ${tone}"></span><span class="word ${tone === "bad" ? "bad-word" : ""}">${word}</span></span>`;
  }

  #menu() {
    const ask = (/** @type {string} */ what) => () => {
      /** @type {HTMLElement | null} */ (this.renderRoot.querySelector("#menu"))?.hidePopover();
      this.dispatchEvent(new Event(what));
    };
    return html`<p class="who small quiet">${this.user?.username}</p>
      <gp-preferences></gp-preferences>
      <div><button class="plain" @click=${ask("change-password")}>${icon("key")}${t("Change password")}</button>
      <button class="plain" @click=${ask("sign-out")}>${icon("signOut")}${t("Sign out")}</button></div>
      <p class="who tiny quiet">gridpatrol ${this.site?.system?.version}</p>`;
  }
}

customElements.define("gp-top-bar", GpTopBar);
