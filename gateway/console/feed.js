/** An incident list that grows by itself: the newest from the event channel, older ones by page. */
/** @import { Incident, IncidentFilter, IncidentPage } from "./contract.js" */
/** @import { Site } from "./site.js" */
import { getJson } from "./api.js";
import { newestFirst } from "./site.js";

const PAGE_SIZE = 50;

/** @type {Readonly<IncidentFilter>} */
export const ALL_INCIDENTS = { state: "", kind: "", severity: "", camera: "", step: "" };

/** Events: "change". */
export class IncidentFeed extends EventTarget {
  /** @type {Incident[]} newest first */
  incidents = [];
  /** Ids that came by the channel since this list was opened. @type {Set<string>} */
  arrived = new Set();
  /** @type {"idle" | "loading" | "failed"} */
  state = "loading";
  /** Whether older incidents are left on the server. */
  hasMore = false;
  /** @type {IncidentFilter} */
  filter;
  /** @type {string | null} */
  #next = null;
  #site;
  #listening = new AbortController();
  #reading = new AbortController();

  /** @param {Site} site @param {IncidentFilter} filter */
  constructor(site, filter) {
    super();
    this.#site = site;
    this.filter = filter;
    const { signal } = this.#listening;
    site.addEventListener("incident", (event) => this.#arrive(event), { signal });
    site.addEventListener("incidents", () => this.load(), { signal });
    if (site.system) this.load();
  }

  close() {
    this.#listening.abort();
    this.#reading.abort();
  }

  /** Read the newest page anew, beginning with what the channel already brought. */
  load() {
    this.#reading.abort();
    this.#reading = new AbortController();
    this.incidents = [];
    this.#next = null;
    this.#merge([...this.#site.incidents.values()].filter((one) => matches(one, this.filter)));
    return this.#read();
  }

  /** Read the next older page. */
  more() {
    return this.state === "loading" || !this.hasMore ? Promise.resolve() : this.#read();
  }

  async #read() {
    const { signal } = this.#reading;
    this.#become("loading");
    try {
      /** @type {IncidentPage} */
      const page = await getJson(`incidents?${this.#query()}`, { signal });
      this.#next = page.next;
      this.hasMore = page.next !== null;
      this.#merge(page.incidents);
      this.#become("idle");
    } catch {
      if (!signal.aborted) this.#become("failed");
    }
  }

  #query() {
    const query = new URLSearchParams({ limit: String(PAGE_SIZE) });
    for (const [name, value] of Object.entries(this.filter)) if (value) query.set(name, value);
    if (this.#next) query.set("before", this.#next);
    return query;
  }

  /** @param {Event} event */
  #arrive(event) {
    const incident = /** @type {CustomEvent<Incident>} */ (event).detail;
    const known = this.incidents.some((one) => one.id === incident.id);
    if (matches(incident, this.filter)) {
      if (!known) this.arrived.add(incident.id);
      this.#merge([incident]);
    } else if (known) {
      this.incidents = this.incidents.filter((one) => one.id !== incident.id);
    }
    this.dispatchEvent(new Event("change"));
  }

  /** @param {Incident[]} incidents */
  #merge(incidents) {
    const byId = new Map(this.incidents.map((one) => [one.id, one]));
    for (const one of incidents) byId.set(one.id, later(byId.get(one.id), one));
    this.incidents = [...byId.values()].sort(newestFirst);
  }

  /** @param {"idle" | "loading" | "failed"} state */
  #become(state) {
    this.state = state;
    this.dispatchEvent(new Event("change"));
  }
}

/** @param {Incident} incident @param {IncidentFilter} filter */
export function matches(incident, filter) {
  if (filter.state && (filter.state === "closed") !== Boolean(incident.closed_at)) return false;
  if (filter.kind && incident.kind !== filter.kind) return false;
  if (filter.severity && incident.severity !== filter.severity) return false;
  if (filter.step && incident.step !== filter.step) return false;
  return !filter.camera || incident.camera.id === filter.camera;
}

/** A page read a moment ago may be older than what the channel brought since. @param {Incident | undefined} held @param {Incident} come */
function later(held, come) {
  if (!held) return come;
  if (Boolean(held.closed_at) !== Boolean(come.closed_at)) return held.closed_at ? held : come;
  return held.last_seen_at > come.last_seen_at ? held : come;
}
