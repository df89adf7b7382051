/** Which page the address names. The part after # is ours, so any server path prefix works. */

/**
 * @typedef {"wall" | "incidents" | "incident" | "camera" | "cameras" | "camera-settings" | "recordings" | "add" | "import" | "patrol" | "round" | "report"
 *   | "rules" | "water" | "administration" | "units" | "told" | "audit" | "plan" | "deliveries"} PageName
 */
/** @typedef {{ page: PageName, id: string }} Route */

/** @type {readonly [RegExp, Route["page"]][]} */
const ROUTES = [
  [/^#\/incidents\/([^/]+)$/, "incident"],
  [/^#\/incidents$/, "incidents"],
  [/^#\/cameras\/([^/]+)\/settings$/, "camera-settings"],
  [/^#\/cameras\/([^/]+)\/recordings$/, "recordings"],
  [/^#\/cameras\/([^/]+)\/rules$/, "rules"],
  [/^#\/cameras\/([^/]+)\/water$/, "water"],
  [/^#\/cameras\/([^/]+)$/, "camera"],
  [/^#\/cameras$/, "cameras"],
  [/^#\/patrol\/([^/]+)$/, "round"],
  [/^#\/patrol$/, "patrol"],
  [/^#\/report(?:\/([^/]+))?$/, "report"],
  [/^#\/add$/, "add"],
  [/^#\/import$/, "import"],
  [/^#\/administration$/, "administration"],
  [/^#\/administration\/units$/, "units"],
  [/^#\/administration\/told$/, "told"],
  [/^#\/administration\/audit(?:\/(.+))?$/, "audit"],
  [/^#\/administration\/plan$/, "plan"],
  [/^#\/administration\/deliveries$/, "deliveries"],
];

/** @param {string} hash @returns {Route} the wall when the address names nothing */
export function routeOf(hash) {
  for (const [pattern, page] of ROUTES) {
    const found = pattern.exec(hash);
    if (found) return { page, id: decoded(found[1] ?? "") };
  }
  return { page: "wall", id: "" };
}

/** A hand-typed address may hold a broken escape: it then names something that does not exist. @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export const WALL = "#/";
export const INCIDENTS = "#/incidents";
export const CAMERAS = "#/cameras";
export const PATROL = "#/patrol";
export const REPORT = "#/report";
export const ADD = "#/add";
export const IMPORT = "#/import";
export const ADMINISTRATION = "#/administration";
export const UNITS = `${ADMINISTRATION}/units`;
export const TOLD = `${ADMINISTRATION}/told`;
export const AUDIT = `${ADMINISTRATION}/audit`;
export const PLAN = `${ADMINISTRATION}/plan`;
export const DELIVERIES = `${ADMINISTRATION}/deliveries`;

/** @param {string} id */
export function incidentHref(id) {
  return `#/incidents/${encodeURIComponent(id)}`;
}

/** @param {string} id */
export function cameraHref(id) {
  return `#/cameras/${encodeURIComponent(id)}`;
}

/** @param {string} id */
export function cameraSettingsHref(id) {
  return `${cameraHref(id)}/settings`;
}

/** @param {string} id */
export function rulesHref(id) {
  return `${cameraHref(id)}/rules`;
}

/** @param {string} id */
export function waterHref(id) {
  return `${cameraHref(id)}/water`;
}

/** What was done to a thing. @param {string} thing such as "case/ID" */
export function auditHref(thing) {
  return `${AUDIT}/${encodeURIComponent(thing)}`;
}

/** @param {string} id */
export function roundHref(id) {
  return `${PATROL}/${encodeURIComponent(id)}`;
}

/** @param {string} id */
export function reportHref(id) {
  return `${REPORT}/${encodeURIComponent(id)}`;
}

/** @param {string} id */
export function recordingsHref(id) {
  return `${cameraHref(id)}/recordings`;
}
