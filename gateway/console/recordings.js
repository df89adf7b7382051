/** What was recorded of a camera: continuous segments, and incidents with their clips. */
/** @import { Evidence, Incident, IncidentPage, RecordedDay, Segment, Span } from "./contract.js" */
import { getJson } from "./api.js";
import { isoDay, momentOf, nextDay } from "./format.js";

const PAGE_SIZE = 200;
/** Incidents read of one span, at most; beyond it the oldest are left out. */
const MOST_PAGES = 5;

/** @typedef {{ incident: Incident, clip: Evidence }} Clip */

/** @param {string} camera id @param {string} month "2026-05" @param {AbortSignal} signal @returns {Promise<RecordedDay[]>} */
export async function recordedDays(camera, month, signal) {
  const path = `recordings/${encodeURIComponent(camera)}/calendar?month=${month}`;
  return (await getJson(path, { signal })).days;
}

/** @param {string} camera id @param {string} day "2026-05-01" @param {AbortSignal} signal @returns {Promise<Segment[]>} oldest first */
export async function segmentsOf(camera, day, signal) {
  const path = `recordings/${encodeURIComponent(camera)}/segments?day=${day}`;
  return (await getJson(path, { signal })).segments;
}

/** @param {string} camera id @param {Date} start @param {Date} end @returns {Promise<Span>} what an export would hold */
export function spanOf(camera, start, end) {
  const query = new URLSearchParams({ start: start.toISOString(), end: end.toISOString() });
  return getJson(`recordings/${encodeURIComponent(camera)}/span?${query}`);
}

/** Incidents that began in a month, newest first. @param {string} camera id @param {string} month @param {AbortSignal} signal */
export async function incidentsOf(camera, month, signal) {
  const since = momentOf(`${month}-01`, "00:00").toISOString();
  const until = momentOf(`${nextMonth(month, 1)}-01`, "00:00").toISOString();
  const query = new URLSearchParams({ camera, since, until, limit: String(PAGE_SIZE) });
  /** @type {Incident[]} */
  const found = [];
  for (let page = 0; page < MOST_PAGES; page++) {
    /** @type {IncidentPage} */
    const { incidents, next } = await getJson(`incidents?${query}`, { signal });
    found.push(...incidents);
    if (!next) break;
    query.set("before", next);
  }
  return found;
}

/** Incidents of one day that have a clip, oldest first. @param {Incident[]} incidents @param {string} day @returns {Clip[]} */
export function clipsOf(incidents, day) {
  const ofDay = incidents.filter(({ opened_at: at }) => isoDay(at) === day).toReversed();
  return ofDay.flatMap((incident) => {
    const clip = incident.evidence.find(({ type, deleted_at: gone }) => type === "clip" && !gone);
    return clip ? [{ incident, clip }] : [];
  });
}

/** From midnight to midnight of the site. @param {string} day @returns {[Date, Date]} */
export function boundsOf(day) {
  return [momentOf(day, "00:00"), momentOf(nextDay(day), "00:00")];
}

/** @param {string} month "2026-05" @param {number} by months @returns {string} */
export function nextMonth(month, by) {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return new Date(Date.UTC(year, number - 1 + by, 1)).toISOString().slice(0, 7);
}

/** The segment that shows a moment, else the first that begins after it. @param {Segment[]} segments oldest first @param {number} atMs */
export function segmentAt(segments, atMs) {
  return segments.find(({ ended_at: end }) => Date.parse(end) > atMs);
}
