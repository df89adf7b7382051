/** Where water is watched, as shapes on a picture, and changed by them. A shape is called "zones:low" after its list and its id there. */
/** @import { Point } from "./contract.js" */
/** @import { PermanentWater, WaterMark, WaterSetup, WaterZone } from "./water.js" */
/** @import { Shape } from "./elements/gp-shapes.js" */
import { t } from "./language.js";
import { freeId } from "./outlines.js";

/** @typedef {"zones" | "permanent" | "marks" | "text_masks" | "edges"} PartName */

/** @type {WaterSetup} */
export const NO_WATER = { type: "road", place: "", zones: [], permanent: [], marks: [], text_masks: "auto", lines: {} };

/** @param {PartName} part @param {string | number} id */
export function shapeId(part, id) {
  return `${part}:${id}`;
}

/** @param {WaterZone} zone @returns {Shape} */
export function zoneShape({ id, name, polygon }) {
  return { id: shapeId("zones", id), name: name || id, isLine: false, points: polygon, look: "zone" };
}

/** @param {PermanentWater} water @returns {Shape} */
export function riverShape({ id, name, polygon }) {
  return { id: shapeId("permanent", id), name: name || id, isLine: false, points: polygon, look: "river" };
}

/** @param {WaterMark} mark @returns {Shape} */
export function markShape({ id, name, foot, top }) {
  return { id: shapeId("marks", id), name: name || id, isLine: true, points: [foot, top], look: "mark", ends: [t("Foot"), t("Top")] };
}

/** @param {Point[]} points @param {number} place @returns {Shape} */
export function textShape(points, place) {
  return { id: shapeId("text_masks", place), name: t("Writing {number}", { number: place + 1 }), isLine: false, points, look: "text" };
}

/** Everything that is drawn. @param {WaterSetup} setup @param {Point[][]} found where the camera was found to write @returns {Shape[]} */
export function shapesOf({ zones, permanent, marks, text_masks: masks }, found) {
  const edges = permanent.flatMap(({ id, name, normal }) => (normal ? [edgeShape(id, name, normal)] : []));
  /** @type {Shape[]} */
  const texts = masks === "auto" ? found.map((points, place) => ({ ...textShape(points, place), look: "found", isFixed: true })) : masks.map(textShape);
  return [...zones.map(zoneShape), ...permanent.map(riverShape), ...texts, ...edges, ...marks.map(markShape)];
}

/** @param {string} id of the river @param {string} name @param {[Point, Point]} points @returns {Shape} */
function edgeShape(id, name, points) {
  return { id: shapeId("edges", id), name: t("Usual edge of {area}", { area: name || id }), isLine: true, points, look: "edge" };
}

/**
 * How each list takes a shape's points, a new one, and loses one. `id` is a place where the list's parts have no ids.
 * @typedef {{ reshape: (setup: WaterSetup, id: string, points: Point[]) => Partial<WaterSetup>, remove: (setup: WaterSetup, id: string) => Partial<WaterSetup> }} Part
 */
/** @type {Record<PartName, Part>} */
const PARTS = {
  zones: {
    reshape: ({ zones }, which, polygon) => ({ zones: replaced(zones, which, { polygon }) }),
    remove: ({ zones }, which) => ({ zones: zones.filter(({ id }) => id !== which) }),
  },
  permanent: {
    reshape: ({ permanent }, which, polygon) => ({ permanent: replaced(permanent, which, { polygon }) }),
    remove: ({ permanent }, which) => ({ permanent: permanent.filter(({ id }) => id !== which) }),
  },
  edges: {
    reshape: ({ permanent }, which, points) => ({ permanent: replaced(permanent, which, { normal: ends(points) }) }),
    remove: ({ permanent }, which) => ({ permanent: replaced(permanent, which, { normal: null }) }),
  },
  marks: {
    reshape: ({ marks }, which, points) => ({ marks: replaced(marks, which, upright(points)) }),
    remove: ({ marks }, which) => ({ marks: marks.filter(({ id }) => id !== which) }),
  },
  text_masks: {
    reshape: ({ text_masks: masks }, place, points) => ({ text_masks: listed(masks).with(Number(place), points) }),
    remove: ({ text_masks: masks }, place) => ({ text_masks: listed(masks).toSpliced(Number(place), 1) }),
  },
};

/** @param {string} shape its id @returns {[PartName, string]} */
export function partOf(shape) {
  const at = shape.indexOf(":");
  return [/** @type {PartName} */ (shape.slice(0, at)), shape.slice(at + 1)];
}

/** @param {WaterSetup} setup @param {string} shape @param {Point[]} points @returns {WaterSetup} */
export function reshaped(setup, shape, points) {
  const [part, id] = partOf(shape);
  return { ...setup, ...PARTS[part].reshape(setup, id, points) };
}

/** @param {WaterSetup} setup @param {string} shape @returns {WaterSetup} */
export function without(setup, shape) {
  const [part, id] = partOf(shape);
  return { ...setup, ...PARTS[part].remove(setup, id) };
}

/** @template {{ id: string }} One @param {One[]} parts @param {string} which @param {Partial<One>} change @returns {One[]} */
export function replaced(parts, which, change) {
  return parts.map((one) => (one.id === which ? { ...one, ...change } : one));
}

/** With something new, and its shape's id. @param {WaterSetup} setup @param {string} stem of a sort of `SORTS` @param {Point[]} points @param {Point[][]} found @returns {[WaterSetup, string]} */
export function drawn(setup, stem, points, found) {
  const [part, river] = partOf(stem);
  if (part === "edges") return [reshaped(setup, stem, points), shapeId("edges", river)];
  if (part === "text_masks") {
    const masks = setup.text_masks === "auto" ? found : setup.text_masks;
    return [{ ...setup, text_masks: [...masks, points] }, shapeId(part, masks.length)];
  }
  const id = freeId(setup[part], STEMS[part]);
  const added = /** @type {const} */ ({
    zones: () => ({ zones: [...setup.zones, { id, name: "", polygon: points }] }),
    permanent: () => ({ permanent: [...setup.permanent, { id, name: "", polygon: points, normal: null }] }),
    marks: () => ({ marks: [...setup.marks, { id, name: "", kind: /** @type {const} */ ("gauge"), ...upright(points), height_cm: null, zero_cm: 0 }] }),
  });
  return [{ ...setup, ...added[part]() }, shapeId(part, id)];
}

const STEMS = { zones: "area", permanent: "water", marks: "mark" };

/** @param {Point[]} points @returns {[Point, Point]} */
function ends([first = [0, 0], second = [1, 1]]) {
  return [first, second];
}

/** A mark's foot is the lower end, whichever was tapped first. @param {Point[]} points */
function upright(points) {
  const [one, other] = ends(points);
  return one[1] >= other[1] ? { foot: one, top: other } : { foot: other, top: one };
}

/** @param {WaterSetup["text_masks"]} masks */
function listed(masks) {
  return masks === "auto" ? [] : masks;
}
