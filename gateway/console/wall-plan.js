/** How many tiles, and how large: plain arithmetic, so that pictures are as big as the screen allows. */

/** The layouts to choose from; "auto" is not among them. */
export const TILE_COUNTS = [1, 4, 9, 16];
const PICTURE_RATIO = 16 / 9;

/** @typedef {{ width: number, height: number }} Area in CSS pixels */
/** @typedef {{ columns: number, rows: number, tileWidth: number, tileHeight: number }} Plan */

/** The smallest layout that holds every camera, at most the largest. @param {number} cameras */
export function fittingCount(cameras) {
  return TILE_COUNTS.find((count) => count >= cameras) ?? Math.max(...TILE_COUNTS);
}

/**
 * Columns and tile size that give the largest 16:9 pictures.
 * @param {number} tiles above zero
 * @param {Area} area
 * @param {{ gap: number, caption: number }} trim between tiles, and the strip below each picture, in CSS pixels
 * @returns {Plan}
 */
export function planWall(tiles, area, trim) {
  const plans = Array.from({ length: tiles }, (_, index) => planFor(index + 1, tiles, area, trim));
  return plans.reduce((best, plan) => (plan.tileWidth > best.tileWidth ? plan : best));
}

/** @param {number} columns @param {number} tiles @param {Area} area @param {{ gap: number, caption: number }} trim @returns {Plan} */
function planFor(columns, tiles, { width, height }, { gap, caption }) {
  const rows = Math.ceil(tiles / columns);
  const wide = (width - gap * (columns - 1)) / columns;
  const high = (height - gap * (rows - 1)) / rows - caption;
  const tileWidth = Math.max(0, Math.floor(Math.min(wide, high * PICTURE_RATIO)));
  return { columns, rows, tileWidth, tileHeight: Math.floor(tileWidth / PICTURE_RATIO) + caption };
}
