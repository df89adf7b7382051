/** What the browser's tab, its history and a screen reader call the page that is open. */
/** @import { PageName, Route } from "./router.js" */
/** @import { Site } from "./site.js" */
import { msg, t } from "./language.js";
import { kindWord } from "./vocabulary.js";

/** @type {Record<PageName, string>} */
const PAGE_WORDS = {
  wall: msg("Wall"),
  incidents: msg("Incidents"),
  incident: msg("Incidents"),
  camera: msg("Cameras"),
  cameras: msg("Cameras"),
  "camera-settings": msg("Settings"),
  recordings: msg("Recordings"),
  rules: msg("Rules"),
  water: msg("Water areas"),
  add: msg("Add cameras"),
  import: msg("Import cameras"),
  patrol: msg("Patrol"),
  round: msg("Patrol"),
  report: msg("Report a finding"),
  administration: msg("Administration"),
  units: msg("Units and people"),
  told: msg("People told"),
  audit: msg("Audit log"),
  plan: msg("Patrol plan"),
  deliveries: msg("Deliveries"),
};

/** @type {readonly PageName[]} */
const OF_A_CAMERA = ["camera", "camera-settings", "recordings", "rules", "water", "report"];

/** The thing, the page, the site: "村口 · 规则 · 东山村". @param {Route} route @param {Site | null} site */
export function pageTitle(route, site) {
  const name = site?.system?.site;
  return site && name ? [subject(route, site), t(PAGE_WORDS[route.page]), name].filter(Boolean).join(" · ") : "gridpatrol";
}

/** What the page is about, "" where that is all there is of its kind. @param {Route} route @param {Site} site */
function subject({ page, id }, site) {
  if (OF_A_CAMERA.includes(page)) return site.cameras.get(id)?.name ?? "";
  const incident = page === "incident" && site.incidents.get(id);
  return incident ? `${kindWord(incident.kind)} ${incident.camera.name}` : "";
}
