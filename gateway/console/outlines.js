/** Points and outlines as shares of a picture: moved, kept within it, named. */
/** @import { Point } from "./contract.js" */

/** The nearest point of the picture, to a ten-thousandth. @param {number} x @param {number} y @returns {Point} */
export function inside(x, y) {
  const share = (/** @type {number} */ value) => Math.round(Math.min(1, Math.max(0, value)) * 10_000) / 10_000;
  return [share(x), share(y)];
}

/** @param {Point[]} points @returns {Point} */
export function middleOf(points) {
  const sum = (/** @type {0 | 1} */ axis) => points.reduce((total, point) => total + point[axis], 0) / Math.max(1, points.length);
  return [sum(0), sum(1)];
}

/** The points with some of them moved together, no further than to the picture's edge. @param {Point[]} points @param {number[]} places @param {Point} way @returns {Point[]} */
export function shifted(points, places, way) {
  const moved = places.flatMap((place) => points[place] ?? []);
  const kept = (/** @type {0 | 1} */ axis) => {
    const values = moved.filter((_, index) => index % 2 === axis);
    return Math.min(1 - Math.max(...values), Math.max(-Math.min(...values), way[axis]));
  };
  const [across, down] = [kept(0), kept(1)];
  return points.map((point, place) => (places.includes(place) ? inside(point[0] + across, point[1] + down) : point));
}

/**
 * Numbers of the edges of an outline that cross another; edge 0 goes from point 0 to point 1.
 * @param {Point[]} points @param {boolean} [isOpen] the last point does not go back to the first
 */
export function crossedEdges(points, isOpen = false) {
  const edges = points.map((point, place) => /** @type {const} */ ([point, points[(place + 1) % points.length] ?? point])).slice(0, isOpen ? -1 : undefined);
  return edges.flatMap((one, place) => (edges.some((other) => doCross(one, other)) ? [place] : []));
}

/** Whether each edge has the other's ends on both its sides. @param {readonly [Point, Point]} one @param {readonly [Point, Point]} other */
function doCross([a, b], [c, d]) {
  return turn(a, b, c) * turn(a, b, d) < 0 && turn(c, d, a) * turn(c, d, b) < 0;
}

/** Above zero when c lies on the left of the way from a to b, below when on the right. @param {Point} a @param {Point} b @param {Point} c */
function turn(a, b, c) {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

/** An id that none of these has. @param {readonly { id: string }[]} taken @param {string} stem */
export function freeId(taken, stem) {
  const ids = new Set(taken.map(({ id }) => id));
  let number = 1;
  while (ids.has(`${stem}-${number}`)) number += 1;
  return `${stem}-${number}`;
}
