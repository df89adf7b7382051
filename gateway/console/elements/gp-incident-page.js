/** One incident: its evidence, its times, its readings, its way into the dispatch queue. */
/** @import { Incident, User } from "../contract.js" */
/** @import { Site } from "../site.js" */
import { css, html } from "lit";
import { getJson } from "../api.js";
import { dayAndTime, preciseTime } from "../format.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { INCIDENTS, cameraHref } from "../router.js";
import { base, controls, marks } from "../styles.js";
import { evidenceWord, inOrder, kindWord, readingText, readingWord, refusalText, severityMeaning, severityWord } from "../vocabulary.js";
import { ConsoleElement } from "./console-element.js";
import { facts, page } from "./page-styles.js";
import "./gp-case.js";
import "./gp-custody.js";
import "./gp-elapsed.js";
import "./gp-evidence.js";
import "./gp-related.js";

/** Stands for the camera in incidents of the site, or of a unit, that are of no one camera. */
const SITE_ID = "@site";
/** The same where a person found it and no camera shows it. */
const PLACE_ID = "@place";

export class GpIncidentPage extends ConsoleElement {
  static styles = [base, controls, marks, page, facts, css`
    gp-elapsed { display: inline; }
    .posted { color: var(--green); }
    .waiting { color: var(--yellow); }
  `];
  static properties = {
    site: { attribute: false },
    user: { attribute: false },
    incidentId: { attribute: false },
    incident: { state: true },
    refusal: { state: true },
  };

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
    /** @type {User | null} */
    this.user = null;
    this.incidentId = "";
    /** @type {Incident | null} */
    this.incident = null;
    /** @type {unknown} */
    this.refusal = null;
  }

  willUpdate(/** @type {Map<string, unknown>} */ changed) {
    if (changed.has("site") && this.site) this.follow(this.site, "incident", "cameras");
    if (changed.has("incidentId")) this.#read();
    this.incident = this.site?.incidents.get(this.incidentId) ?? this.incident;
  }

  async #read() {
    const id = this.incidentId;
    this.incident = null;
    this.refusal = null;
    try {
      const incident = await getJson(`incidents/${encodeURIComponent(id)}`);
      if (id === this.incidentId) this.incident = incident;
    } catch (error) {
      if (id === this.incidentId) this.refusal = error;
    }
  }

  render() {
    const { incident } = this;
    return html`<div class="page">
      <nav><a class="button plain" href=${INCIDENTS}>${icon("back")}${t("Incidents")}</a></nav>
      ${incident ? this.#whole(incident) : html`<h1 class="quiet" role="status">${this.refusal ? refusalText(this.refusal) : t("Reading…")}</h1>`}
    </div>`;
  }

  /** @param {Incident} incident */
  #whole(incident) {
    const { severity } = incident;
    return html`
      <header><h1 tabindex="-1">${kindWord(incident.kind)}</h1>
        <span class="mark ${severity}">${icon(severity)}${severityWord(severity)} · ${severityMeaning(severity)}</span>
        <span class="mark ${incident.closed_at ? "" : "busy"}">${incident.closed_at ? t("Closed") : t("Open")}</span></header>
      <div class="columns">
        <gp-evidence .evidence=${incident.evidence} ?unwatched=${incident.finding !== null || incident.camera.id === SITE_ID}></gp-evidence>
        <div class="side">
          <gp-case .incidentId=${incident.id} .revision=${incident.case_revision}></gp-case>
          <gp-related .incidentId=${incident.id} .revision=${incident.case_revision}></gp-related>
          <gp-custody .incidentId=${incident.id} .user=${this.user} ?closed=${incident.step === "closed"}></gp-custody>
          ${finding(incident)}${this.#place(incident)}${this.#times(incident)}${readings(incident)}${dispatch(incident)}
        </div>
      </div>`;
  }

  /** @param {Incident} incident */
  #place({ camera, grid, zone, rule }) {
    const known = this.site?.cameras.get(camera.id);
    const places = known ? [...known.zones, ...known.lines] : [];
    return html`<section class="panel"><h2>${t("Place")}</h2><dl>
      <dt>${t("Camera")}</dt><dd>${[SITE_ID, PLACE_ID].includes(camera.id) ? camera.name || "–" : html`<a class="link" href=${cameraHref(camera.id)}>${camera.name}</a>`}</dd>
      <dt>${t("Grid")}</dt><dd>${grid || "–"}</dd>
      <dt>${t("Zone")}</dt><dd>${places.find(({ id }) => id === zone)?.name || zone || t("Whole picture")}</dd>
      <dt>${t("Rule")}</dt><dd class="mono small">${rule}</dd>
    </dl></section>`;
  }

  /** @param {Incident} incident */
  #times({ opened_at: opened, last_seen_at: seen, closed_at: closed }) {
    return html`<section class="panel"><h2>${t("Time")}</h2><dl>
      <dt>${t("Began")}</dt><dd>${dayAndTime(opened)}</dd>
      <dt>${t("Last seen")}</dt><dd>${dayAndTime(seen)}</dd>
      <dt>${t("Ended")}</dt><dd>${closed ? dayAndTime(closed) : t("still going on")}</dd>
      <dt>${t("Duration")}</dt><dd><gp-elapsed .site=${this.site} from=${opened} .until=${closed}></gp-elapsed></dd>
    </dl></section>`;
  }
}

/** @param {Incident} incident */
function finding({ finding: told }) {
  if (!told) return null;
  const { by, text, place, latitude, longitude } = told;
  return html`<section class="panel"><h2>${t("Found by people")}</h2><dl>
    <dt>${t("Who")}</dt><dd>${by}</dd>
    ${text ? html`<dt>${t("In their words")}</dt><dd>${text}</dd>` : null}
    ${place ? html`<dt>${t("Place")}</dt><dd>${place}</dd>` : null}
    ${latitude !== null && longitude !== null ? html`<dt>${t("Position")}</dt><dd class="mono">${latitude.toFixed(5)}, ${longitude.toFixed(5)}</dd>` : null}
  </dl></section>`;
}

/** @param {Incident} incident */
function readings({ readings: measured }) {
  const entries = inOrder(measured);
  return entries.length ? html`<section class="panel"><h2>${t("Readings")}</h2><dl>
    ${entries.map(([name, value]) => html`<dt>${readingWord(name)}</dt><dd>${readingText(name, value)}</dd>`)}</dl></section>` : null;
}

/** @param {Incident} incident */
function dispatch({ id, posted_at: posted, queue_id: queueId, evidence }) {
  return html`<section class="panel"><h2>${t("Dispatch")}</h2>
    <p class="row ${posted ? "posted" : "waiting"}">${icon("queue")}${posted
      ? t("Posted to the dispatch queue at {time}", { time: preciseTime(posted) })
      : t("Waiting to be posted to the dispatch queue")}</p>
    <dl><dt>${t("Queue entry")}</dt><dd class="mono small">${queueId ?? "–"}</dd>
      <dt>${t("Incident")}</dt><dd class="mono tiny">${id}</dd>
      ${evidence.map(({ type, sha256 }) => html`<dt>sha256 · ${evidenceWord(type)}</dt><dd class="mono tiny" title=${sha256}>${sha256.slice(0, 16)}…</dd>`)}
    </dl></section>`;
}

customElements.define("gp-incident-page", GpIncidentPage);
