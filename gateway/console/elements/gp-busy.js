/** A line above every page while the machine is short of time for its cameras, and what to do about it. */
/** @import { Load } from "../contract.js" */
/** @import { Site } from "../site.js" */
import { css, html } from "lit";
import { hundredths, since } from "../format.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { CAMERAS } from "../router.js";
import { base, controls } from "../styles.js";
import { ConsoleElement } from "./console-element.js";

export class GpBusy extends ConsoleElement {
  static styles = [base, controls, css`
    .line { display: flex; align-items: center; gap: var(--s2) var(--s3); height: var(--notice); padding: 0 var(--s4); background: var(--yellow-soft); color: var(--yellow); border-block-end: 1px solid var(--line); font-size: var(--small); line-height: 1.35; }
    .line p { flex: 1; min-width: 0; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; }
    .line span { color: var(--ink); }
    .line button { border-color: transparent; background: transparent; min-height: 0; height: max(2rem, var(--touch)); color: var(--yellow); font-weight: 600; text-decoration: underline; text-underline-offset: 0.2em; }
    .more { position: fixed; inset: calc(var(--bar) + var(--notice) + var(--s1)) var(--s3) auto auto; margin: 0; width: min(30rem, calc(100vw - 2 * var(--s3))); padding: var(--s4); border: 1px solid var(--line); border-radius: var(--radius); background: var(--panel); color: var(--ink); box-shadow: 0 0.75rem 2rem var(--shade); }
    .more:popover-open { display: grid; gap: var(--s3); }
    .more ul { display: grid; gap: var(--s1); padding-inline-start: 1.2rem; list-style: disc; }
    dl { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: var(--s1) var(--s4); }
    dt { color: var(--ink-2); font-size: var(--small); line-height: 1.5rem; }
    a { color: var(--accent); text-decoration: underline; text-underline-offset: 0.2em; }
    @media (max-width: 760px) { .line { padding-inline: var(--s3); gap: var(--s2); } .line .since { display: none; } .line button { padding: 0; } }
  `];
  static properties = { site: { attribute: false } };

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
  }

  willUpdate(/** @type {Map<string, unknown>} */ changed) {
    if (changed.has("site") && this.site) this.follow(this.site, "system");
  }

  render() {
    const load = this.site?.system?.load;
    const began = load?.overloaded_since;
    return html`<p class="unseen" role="status">${began ? t("Picture analysis is busy") : ""}</p>
      ${began && load && this.site ? this.#line(load, since(began, this.site.now())) : null}`;
  }

  /** @param {Load} load @param {string} began */
  #line(load, began) {
    return html`<div class="line">${icon("clock")}
      <p><b>${t("Picture analysis is busy:")}</b> <span>${t("quiet cameras are looked at less; alarms come first.")}</span></p>
      <span class="since">${t("since {time}", { time: began })}</span>
      <button popovertarget="more">${t("Details")}</button></div>
      <div id="more" class="more" popover>
        <p>${t("The cameras need more computing time than this machine has. Of some, only a picture every few seconds is looked at, so something short can be missed there. No incident that was found is lost.")}</p>
        <dl><dt>${t("Cameras watched")}</dt><dd>${load.cameras}</dd>
          <dt>${t("All pictures decoded")}</dt><dd>${load.full}</dd>
          <dt>${t("Key frames only")}</dt><dd>${load.keys}</dd>
          <dt>${t("Something stirs")}</dt><dd>${load.stirred}</dd>
          <dt>${t("Processor cores")}</dt><dd>${t("{used} of {budget} for pictures", { used: hundredths(load.decode + load.detect), budget: hundredths(load.budget) })}</dd></dl>
        <div><h2>${t("What helps")}</h2><ul>
          <li>${t("Set the cameras' sub streams to 5–8 pictures a second and a key frame every 1–2 seconds.")}</li>
          <li>${t("Give the machine more processor cores.")}</li>
          <li>${t("Watch fewer cameras here, or spread them over a second machine.")}</li></ul></div>
        <p><a href=${CAMERAS} @click=${this.#close}>${t("How often each camera is looked at")}</a></p>
      </div>`;
  }

  #close() {
    /** @type {HTMLElement | null} */ (this.renderRoot.querySelector("#more"))?.hidePopover();
  }
}

customElements.define("gp-busy", GpBusy);
