/** One camera on the wall: its picture, its name, what it is worth knowing at a glance. */
/** @import { Camera } from "../contract.js" */
/** @import { Site } from "../site.js" */
import { css, html } from "lit";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { cameraHref } from "../router.js";
import { worstSeverity } from "../site.js";
import { base, marks } from "../styles.js";
import { severityWord, stateTone, stateWord } from "../vocabulary.js";
import { ConsoleElement } from "./console-element.js";
import "./gp-live.js";

export class GpTile extends ConsoleElement {
  static styles = [base, marks, css`
    :host { display: flex; flex-direction: column; min-width: 0; }
    article {
      flex: 1; min-height: 0; display: flex; flex-direction: column; overflow: clip;
      background: var(--panel); border-radius: var(--radius); box-shadow: 0 0 0 1px var(--line);
    }
    article.red { box-shadow: 0 0 0 2px var(--red); }
    article.yellow { box-shadow: 0 0 0 2px var(--yellow-line); }
    article.green { box-shadow: 0 0 0 2px var(--green); }
    gp-live { flex: 1; min-height: 0; }
    a {
      display: flex; align-items: center; gap: var(--s2); height: var(--caption, 2.25rem); flex: none;
      padding: 0 var(--s3); font-size: var(--small);
    }
    a:hover { background: var(--raised); }
    a:focus-visible { outline-offset: -3px; }
    .name { font-weight: 600; }
    .facts { color: var(--ink-3); font-size: var(--tiny); }
    .mark { margin-inline-start: auto; }
    @container tile (max-width: 270px) { .facts { display: none; } }
    .box { container: tile / inline-size; display: flex; flex: 1; min-height: 0; flex-direction: column; }
  `];
  static properties = { site: { attribute: false }, camera: { attribute: false } };

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
    /** @type {Camera | null} */
    this.camera = null;
  }

  render() {
    const { camera, site } = this;
    if (!camera || !site) return null;
    const open = camera.open_incidents;
    const worst = open ? (worstSeverity(site.openIncidents(camera.id)) ?? "yellow") : null;
    return html`<div class="box"><article class=${worst ?? ""}>
      <gp-live .site=${site} .camera=${camera}></gp-live>
      <a href=${cameraHref(camera.id)}>
        <span class="dot ${stateTone(camera.state)}"></span>
        <span class="unseen">${stateWord(camera.state)}</span>
        <span class="name cut">${camera.name}</span>
        <span class="facts cut grow">${facts(camera)}</span>
        ${worst && html`<span class="mark ${worst}">${icon(worst)}
          ${t("{count} open", { count: open })}<span class="unseen">${severityWord(worst)}</span></span>`}
      </a>
    </article></div>`;
  }
}

/** @param {Camera} camera */
function facts({ grid, stream }) {
  const size = stream && `${stream.width}×${stream.height}`;
  return [grid, size].filter(Boolean).join(" · ");
}

customElements.define("gp-tile", GpTile);
