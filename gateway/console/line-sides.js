/** Where the letters of a line's two sides stand. */
/** @import { Point } from "./contract.js" */

/** How far they stand off the line, in picture heights. */
const OFF_LINE = 0.06;

/** A is to the left of who looks from the first end to the second. @param {readonly [Point, Point]} line @param {number} ratio width over height @returns {{ a: Point, b: Point }} */
export function sideSpots([[x1, y1], [x2, y2]], ratio) {
  const [across, down] = [(x2 - x1) * ratio, y2 - y1];
  const off = OFF_LINE / Math.hypot(across, down);
  const spot = (/** @type {1 | -1} */ side) => /** @type {Point} */ ([(x1 + x2) / 2 + (side * down * off) / ratio, (y1 + y2) / 2 - side * across * off]);
  return { a: spot(1), b: spot(-1) };
}
