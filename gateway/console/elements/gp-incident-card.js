/** One incident in a list: picture, colour, what, where, when, how long. */
/** @import { Incident } from "../contract.js" */
/** @import { Site } from "../site.js" */
import { css, html } from "lit";
import { evidenceUrl } from "../api.js";
import { stepWord } from "../case-words.js";
import { whenSeen } from "../format.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { incidentHref } from "../router.js";
import { base, marks } from "../styles.js";
import { kindIcon, kindWord, severityWord } from "../vocabulary.js";
import { ConsoleElement } from "./console-element.js";
import "./gp-elapsed.js";

export class GpIncidentCard extends ConsoleElement {
  static styles = [base, marks, css`
    a {
      position: relative; display: grid; grid-template-columns: 6.5rem minmax(0, 1fr); gap: var(--s3); padding: var(--s2);
      border-radius: var(--radius); background: var(--panel); border: 1px solid var(--line);
      border-inline-start: 0.25rem solid var(--severity);
    }
    a:hover { background: var(--raised); }
    .red { --severity: var(--red); }
    .yellow { --severity: var(--yellow-line); }
    .green { --severity: var(--green); }
    .arrived { animation: arrive 2.4s ease-out; }
    @keyframes arrive { from { background: color-mix(in srgb, var(--severity) 34%, var(--panel)); } }
    .picture {
      position: relative; align-self: center; aspect-ratio: 16 / 9; border-radius: var(--radius-small); background: var(--stage); color: var(--stage-ink-2);
      display: grid; place-items: center; overflow: clip;
    }
    img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: cover; display: block; }
    .text { display: grid; grid-template-columns: minmax(0, 1fr); align-content: center; gap: 0.1rem; min-width: 0; }
    .kind { font-weight: 600; }
    .open { font-weight: 600; color: var(--ink); }
    .red .open { color: var(--red); }
    .line { display: flex; gap: var(--s2); justify-content: space-between; font-size: var(--small); }
    .step { flex: none; }
    .length { display: inline-flex; gap: 0.35em; align-items: baseline; white-space: nowrap; }
    gp-elapsed { display: inline; }
  `];
  static properties = {
    site: { attribute: false },
    incident: { attribute: false },
    arrived: { type: Boolean },
  };

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
    /** @type {Incident | null} */
    this.incident = null;
    this.arrived = false;
  }

  render() {
    const { incident, site } = this;
    if (!incident || !site) return null;
    const { severity, closed_at: closedAt } = incident;
    return html`<a class="${severity} ${this.arrived ? "arrived" : ""}" href=${incidentHref(incident.id)}>
      <span class="picture">${this.#picture(incident)}</span>
      <span class="text">
        <span class="row"><span class="kind cut grow">${kindWord(incident.kind)}</span>
          <span class="mark ${severity}">${icon(severity)}${severityWord(severity)}</span></span>
        <span class="line"><span class="cut">${incident.camera.name}${incident.grid ? html` <span class="quiet">· ${incident.grid}</span>` : null}</span>
          <span class="step ${incident.step === "closed" ? "quiet" : ""}">${stepWord(incident.step)}</span></span>
        <span class="line quiet"><time class="cut" datetime=${incident.opened_at}>${whenSeen(incident.opened_at, site.now())}</time>
          <span class="length ${closedAt ? "" : "open"}">${closedAt ? t("lasted") : t("open for")}
            <gp-elapsed .site=${site} from=${incident.opened_at} .until=${closedAt}></gp-elapsed></span></span>
      </span>
    </a>`;
  }

  /** @param {Incident} incident */
  #picture({ evidence, kind }) {
    const shown = evidence.find(({ type }) => type === "marked") ?? evidence.find(({ type }) => type === "raw");
    return shown ? html`<img src=${evidenceUrl(shown.id)} alt="" loading="lazy" decoding="async">` : icon(kindIcon(kind));
  }
}

customElements.define("gp-incident-card", GpIncidentCard);
