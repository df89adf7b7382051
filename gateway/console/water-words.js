/** Words for how the water stands: one table for each code of the API, translated when shown. */
/** @import { Loss, Passability, RainState, Unseen, Water, WaterState } from "./contract.js" */
/** @import { MarkKind, PlaceType } from "./water.js" */
import { decimal } from "./format.js";
import { msg, t } from "./language.js";

/** @typedef {"good" | "busy" | "warn" | "bad" | "off"} WaterTone */

/** @type {Record<WaterState, { word: string, tone: WaterTone }>} */
const WATER_STATES = {
  normal: { word: msg("No water on the road"), tone: "good" },
  watch: { word: msg("Water, on watch"), tone: "busy" },
  yellow: { word: msg("Waterlogged, yellow"), tone: "warn" },
  red: { word: msg("Waterlogged, red"), tone: "bad" },
};

/** @type {Record<Passability, string>} */
const PASSABILITIES = {
  open: msg("Open to traffic"),
  slow: msg("Pass slowly"),
  closed: msg("No passage"),
};

/** @type {Record<Unseen, string>} */
const UNSEEN = {
  away: msg("the camera is turned away"),
  shifted: msg("the view has moved"),
  dark: msg("it is too dark"),
  drops: msg("drops or dirt on the lens"),
  haze: msg("heavy rain or fog"),
  covered: msg("vehicles, people or snow hide the ground"),
  learning: msg("the place is still being learnt"),
  stale: msg("no pictures come"),
  fault: msg("it could not be judged; the log says why, and it is tried again"),
};

/** What became of the learnt states of a place. @type {Record<Loss, string>} */
const LOSSES = {
  behind: msg("The newest states learnt of this place could not be read; those kept before them are used."),
  damaged: msg("The states learnt of this place could not be read; their file was set aside."),
  missing: msg("The states learnt of this place are gone: their file is no longer there."),
  reshaped: msg("The states learnt of this place no longer fit: the picture has another shape."),
  unreadable: msg("The disk refuses the states learnt of this place."),
};

const NOT_IN_WATER = msg("Nothing is learnt while water is told: once it has gone, press “Only wet, no water”.");

/** @type {Record<RainState, string>} */
const RAIN = {
  unknown: msg("not known"),
  dry: msg("dry"),
  rain: msg("raining"),
};

/** What a state was entered for. @type {Record<string, string>} */
const WATER_REASONS = {
  nothing: msg("no line is reached"),
  area: msg("by its extent"),
  depth: msg("by its depth"),
  trend: msg("it rises fast"),
  before: msg("it was so before"),
};

/** Who says so. @type {Record<string, string>} */
const WITNESSES = {
  loss: msg("the ground's texture is gone"),
  gain: msg("ripples"),
  difference: msg("it looks different"),
  moves: msg("the surface moves"),
  network: msg("the network"),
};

/** @type {Record<string, string>} */
const LEVELS = {
  mark: msg("by a mark"),
  band: msg("by wheels or legs"),
};

/** @param {Water} water @returns {{ word: string, tone: WaterTone }} */
export function waterWord({ state, unseen, passability }) {
  const { word, tone } = WATER_STATES[state];
  if (!unseen) return { word: t(word), tone };
  return passability === null ? { word: t("Cannot see"), tone: "off" } : { word: t("{state}, cannot see now", { state: t(word) }), tone };
}

/** @param {Passability | null} passability */
export function passabilityWord(passability) {
  return passability ? t(PASSABILITIES[passability]) : t("not known");
}

/** @param {Unseen} unseen */
export function unseenWord(unseen) {
  return t(UNSEEN[unseen]);
}

/** What learning waits for, "" where it does not learn or a loss says so. @param {Water} water */
export function learningWord({ unseen, state, rain, lost }) {
  if (unseen !== "learning" || lost) return "";
  if (state !== "normal") return t(NOT_IN_WATER);
  return rain === "rain" ? t("Nothing is learnt in rain: it goes on when that has ended.") : t("A new light is learnt within some minutes, while there is no water.");
}

/** What was lost of what it had learnt, and what happens now; null where nothing was. @param {Water} water */
export function lossWords({ lost, state }) {
  return lost && { what: t(LOSSES[lost.how]), now: afterLoss(lost.how, state) };
}

/** @param {Loss} how @param {WaterState} state */
function afterLoss(how, state) {
  if (how === "behind") return t("Nothing needs to be done: what is missing is learnt again by itself.");
  if (how === "unreadable") return t("Nothing is judged until it can be read again, which is tried twice a minute. Check the disk and the rights of the data directory; the log names the file.");
  if (state !== "normal") return t(NOT_IN_WATER);
  return t("It learns the place anew, outside rain, and takes what it sees first for dry ground. Should there be water now, drop that state once it has gone.");
}

/** @param {RainState} rain */
export function rainWord(rain) {
  return t(RAIN[rain]);
}

/** "loss+network" in words. @param {string} basis */
export function basisWord(basis) {
  return basis.split("+").filter(Boolean).map((name) => t(WITNESSES[name] ?? name)).join(" · ");
}

/** "12 ± 2 cm, by a mark" @param {Water} water */
export function depthWord({ depth_cm: depth, error_cm: error, level_by: by }) {
  if (depth === null) return t("no mark can be read");
  const much = error === null ? `${decimal(depth)} cm` : `${decimal(depth)} ± ${decimal(error)} cm`;
  return LEVELS[by] ? t("{much}, {how}", { much, how: t(LEVELS[by]) }) : much;
}

/** "rising, 12 % an hour" @param {Water} water */
export function trendWord({ ratio_per_h: ratio, cm_per_h: cm }) {
  if (ratio === null && cm === null) return "–";
  const rises = (cm ?? 0) > 1 || (ratio ?? 0) > 0.02;
  const falls = (cm ?? 0) < -1 || (ratio ?? 0) < -0.02;
  const much = cm === null ? `${Math.round(Math.abs(ratio ?? 0) * 100)}%` : `${decimal(Math.abs(cm))} cm`;
  if (rises) return t("rising, {much} an hour", { much });
  return falls ? t("falling, {much} an hour", { much }) : t("steady");
}

/** Levels as their limits are called. @type {Record<WaterState, string>} */
const WATER_LEVELS = {
  normal: msg("No water"),
  watch: msg("On watch"),
  yellow: msg("Yellow"),
  red: msg("Red"),
};

/** What kind of place a camera overlooks. @type {Record<PlaceType, string>} */
const WATER_PLACES = {
  road: msg("Road"),
  underpass: msg("Underpass"),
  yard: msg("Yard"),
  bridge: msg("Low bridge or ford"),
  slope: msg("Slope"),
};

export const WATER_PLACE_CHOICES = /** @type {PlaceType[]} */ (Object.keys(WATER_PLACES));

/** @param {PlaceType} place */
export function waterPlaceWord(place) {
  return t(WATER_PLACES[place]);
}

/** Things of known height. @type {Record<MarkKind, { word: string, hint: string }>} */
const MARK_KINDS = {
  gauge: { word: msg("Staff gauge"), hint: msg("A board with stripes or numbers. It reads best, also by night.") },
  post: { word: msg("Bollard, post or painted line"), hint: msg("A bollard or post, or a line painted on a wall or pillar: its top is the line, its foot where the wall meets the ground.") },
  kerb: { word: msg("Kerb or step"), hint: msg("The edge of the pavement: its foot is on the road, its top on the stone.") },
};

export const MARK_CHOICES = /** @type {MarkKind[]} */ (Object.keys(MARK_KINDS));

/** @param {MarkKind} kind */
export function markWord(kind) {
  return t(MARK_KINDS[kind].word);
}

/** @param {MarkKind} kind */
export function markHint(kind) {
  return t(MARK_KINDS[kind].hint);
}

/** @param {WaterState} state */
export function waterLevelWord(state) {
  return t(WATER_LEVELS[state]);
}

/** @type {Record<"dry" | "wet", string>} */
const REFERENCE_KINDS = {
  dry: msg("Usual"),
  wet: msg("Only wet"),
};

/** A state of the place, by its light: "usual, by daylight". @param {{ kind: "dry" | "wet", infrared: boolean }} reference */
export function referenceWord({ kind, infrared }) {
  const word = t(REFERENCE_KINDS[kind]);
  return infrared ? t("{state}, by infrared light", { state: word }) : t("{state}, in colour", { state: word });
}

/** Each witness and how much of the zones it calls water: "ripples 12 %". @param {Record<string, number>} votes */
export function votesWords(votes) {
  return Object.entries(votes).map(([name, ratio]) => `${t(WITNESSES[name] ?? name)} ${percent(ratio)}`);
}

/** @param {number} ratio */
export function percent(ratio) {
  return `${Math.round(ratio * 100)}%`;
}

/** Readings of incidents whose values are codes, by name. @type {Record<string, (code: string) => string>} */
export const WATER_READINGS = {
  passability: (code) => t(PASSABILITIES[/** @type {Passability} */ (code)] ?? code),
  reason: (code) => t(WATER_REASONS[code] ?? code),
  rain: (code) => t(RAIN[/** @type {RainState} */ (code)] ?? code),
  unseen: (code) => t(UNSEEN[/** @type {Unseen} */ (code)] ?? code),
  depth_by: (code) => t(LEVELS[code] ?? code),
  basis: basisWord,
};

/** The state of the water in an incident; "" for another kind of state. @param {string | number} code */
export function waterStateWord(code) {
  const known = WATER_STATES[/** @type {WaterState} */ (code)];
  return known ? t(known.word) : "";
}
