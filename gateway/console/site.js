/** What this screen knows of the site, kept by the event channel. Elements read it and follow its events. */
/** @import { Camera, EventMessage, Incident, Pulse, Severity, System } from "./contract.js" */
/** @import { LinkState } from "./events.js" */

/** Transitions of one camera that are kept for its page. */
const HISTORY_LENGTH = 20;
/** Incidents kept in memory; older ones are read from the server by page. */
const INCIDENTS_KEPT = 500;

/** From the least to the most pressing. @type {readonly Severity[]} */
export const SEVERITIES = ["green", "yellow", "red"];

/** @typedef {{ state: Camera["state"], code: string, at: string }} Transition */

/** Events: "link", "system", "cameras", "incidents" (all anew), "incident" (one; `detail` is it), "opening" (its first). */
export class Site extends EventTarget {
  /** @type {LinkState} */
  link = "connecting";
  /** @type {System | null} */
  system = null;
  /** @type {Map<string, Camera>} */
  cameras = new Map();
  /** @type {Map<string, Incident>} */
  incidents = new Map();
  /** @type {Map<string, Transition[]>} newest first */
  history = new Map();
  /** Server time minus this browser's, in milliseconds. */
  skewMs = 0;

  /** @param {LinkState} state */
  setLink(state) {
    this.link = state;
    this.#tell("link");
  }

  /** @param {EventMessage} message */
  receive(message) {
    if (message.type === "snapshot") this.#replace(message);
    else if (message.type === "camera") this.#camera(message);
    else if (message.type === "pulse") this.#pulse(message.cameras);
    else if (message.type === "incident") this.#incident(message);
    else if (message.type === "system") this.#system(message);
  }

  /** The site's time of day, whatever this browser's clock says. */
  now() {
    return new Date(Date.now() + this.skewMs);
  }

  /** @param {string} [camera] id @returns {Incident[]} */
  openIncidents(camera) {
    return [...this.incidents.values()].filter(
      (one) => !one.closed_at && (camera === undefined || one.camera.id === camera),
    );
  }

  /** @param {Extract<EventMessage, { type: "snapshot" }>} message */
  #replace(message) {
    this.cameras = new Map();
    message.cameras.forEach((camera) => this.#keepCamera(camera));
    this.incidents = new Map(message.incidents.map((one) => [one.id, one]));
    this.#system(message.system);
    this.#tell("cameras");
    this.#tell("incidents");
  }

  /** @param {Camera} camera */
  #camera(camera) {
    this.#keepCamera(camera);
    this.#tell("cameras");
  }

  /** @param {Pulse[]} pulses */
  #pulse(pulses) {
    for (const pulse of pulses) {
      const camera = this.cameras.get(pulse.id);
      if (camera) this.cameras.set(pulse.id, { ...camera, ...pulse });
    }
    this.#tell("cameras");
  }

  /** @param {Camera} camera */
  #keepCamera(camera) {
    const past = this.history.get(camera.id) ?? [];
    if (past[0]?.state !== camera.state || past[0].code !== camera.code) {
      const at = camera.since ?? this.now().toISOString();
      past.unshift({ state: camera.state, code: camera.code, at });
      this.history.set(camera.id, past.slice(0, HISTORY_LENGTH));
    }
    this.cameras.set(camera.id, camera);
  }

  /** @param {Incident} incident */
  #incident(incident) {
    const isNew = !this.incidents.has(incident.id);
    this.incidents.set(incident.id, incident);
    if (isNew) this.#forgetOldest();
    this.dispatchEvent(new CustomEvent("incident", { detail: incident }));
    if (isNew && !incident.closed_at) this.dispatchEvent(new CustomEvent("opening", { detail: incident }));
  }

  #forgetOldest() {
    if (this.incidents.size <= INCIDENTS_KEPT) return;
    const oldest = [...this.incidents.values()].filter((one) => one.closed_at).sort(newestFirst).at(-1);
    if (oldest) this.incidents.delete(oldest.id);
  }

  /** @param {System} system */
  #system(system) {
    this.system = system;
    this.skewMs = Date.parse(system.now) - Date.now();
    this.#tell("system");
  }

  /** @param {string} type */
  #tell(type) {
    this.dispatchEvent(new Event(type));
  }
}

/** Order of every incident list. @param {Incident} a @param {Incident} b */
export function newestFirst(a, b) {
  return b.opened_at.localeCompare(a.opened_at) || b.id.localeCompare(a.id);
}

/** @param {Incident[]} incidents @returns {Severity | null} */
export function worstSeverity(incidents) {
  const worst = Math.max(-1, ...incidents.map((one) => SEVERITIES.indexOf(one.severity)));
  return SEVERITIES[worst] ?? null;
}
