/** What can be drawn where water is watched, and what to tap for it. */
/** @import { Sort } from "./gp-shapes.js" */
import { t } from "../language.js";
import { shapeId } from "../water-setup.js";

/** @returns {Sort} */
export function zoneSort() {
  return { stem: shapeId("zones", ""), isLine: false, usual: [[0.2, 0.6], [0.8, 0.6], [0.9, 0.95], [0.1, 0.95]], hint: t("Tap the corners of the lowest ground one after another, then press Done. Done without corners gives an area to be moved.") };
}

/** @returns {Sort} */
export function riverSort() {
  return { stem: shapeId("permanent", ""), isLine: false, usual: [[0.05, 0.4], [0.3, 0.4], [0.3, 0.6], [0.05, 0.6]], hint: t("Tap the corners of the water one after another, then press Done. Done without corners gives an area to be moved.") };
}

/** @param {string} edge the id of its shape @returns {Sort} */
export function edgeSort(edge) {
  return { stem: edge, isLine: true, usual: [[0.1, 0.5], [0.3, 0.5]], hint: t("Tap the two ends of the line where the water usually ends.") };
}

/** @returns {Sort} */
export function markSort() {
  return { stem: shapeId("marks", ""), isLine: true, usual: [[0.5, 0.7], [0.5, 0.4]], hint: t("Tap the foot, where it meets the dry ground, then the top. Make the picture larger for that.") };
}

/** @returns {Sort} */
export function textSort() {
  return { stem: shapeId("text_masks", ""), isLine: false, usual: [[0.05, 0.05], [0.45, 0.05], [0.45, 0.12], [0.05, 0.12]], hint: t("Tap the corners around the writing one after another, then press Done.") };
}
