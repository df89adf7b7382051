/** Words for how the water stands: one table for each code of the API, translated when shown. */
/** @import { Loss, Passability, RainState, Unseen, Water, WaterState } from "./contract.js" */
/** @import { MarkKind, PlaceType } from "./water.js" */
import { decimal, duration } from "./format.js";
import { msg, t } from "./language.js";

/** @typedef {"good" | "busy" | "warn" | "bad" | "off"} WaterTone */

/** An hour: what changes by no more is called steady. */
const STEADY_CM = 1;
const STEADY_RATIO = 0.02;

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

/** Why nothing is judged though the ground may be in view. @type {readonly Unseen[]} */
const UNJUDGED = ["learning", "stale", "fault"];

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
};

/** How far up persons water reaches. @type {Record<string, string>} */
const WADING = {
  knees: msg("at least to people's knees"),
  thighs: msg("at least to people's thighs"),
};

/** @param {Water} water @returns {{ word: string, tone: WaterTone }} */
export function waterWord({ state, unseen, passability }) {
  const { word, tone } = WATER_STATES[state];
  if (!unseen) return { word: t(word), tone };
  if (passability === null) return { word: blindWord(unseen), tone: "off" };
  return { word: UNJUDGED.includes(unseen) ? t("{state}, not judged now", { state: t(word) }) : t("{state}, cannot see now", { state: t(word) }), tone };
}

/** That the ground cannot be seen, or cannot be judged. @param {Unseen} unseen */
export function blindWord(unseen) {
  return UNJUDGED.includes(unseen) ? t("Not judged now") : t("Cannot see");
}

/** The same, and why. @param {Unseen} unseen */
export function blindSentence(unseen) {
  return t("{blind}: {why}", { blind: blindWord(unseen), why: unseenWord(unseen) });
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

/** "12 ± 2 cm, by a mark", "at least to people's knees" @param {Water} water */
export function depthWord({ depth_cm: depth, error_cm: error, level_by: by }) {
  if (depth === null) return WADING[by] ? t(WADING[by]) : t("no mark can be read");
  const much = centimetres(depth, error);
  return LEVELS[by] ? t("{much}, {how}", { much, how: t(LEVELS[by]) }) : much;
}

/** "31 ± 2.5 cm" @param {number} depth @param {number | null} [error] */
export function centimetres(depth, error = null) {
  return error === null ? t("{depth} cm", { depth: decimal(depth) }) : t("{depth} ± {error} cm", { depth: decimal(depth), error: decimal(error) });
}

/** "46% of the zones" @param {number} ratio */
export function extentWord(ratio) {
  return t("{share} of the zones", { share: percent(ratio) });
}

/** By its depth, or by its extent where depth is not known or does not change. @param {Water} water */
export function trendWord({ ratio_per_h: ratio, cm_per_h: cm }) {
  if (cm !== null && (Math.abs(cm) > STEADY_CM || ratio === null)) return depthTrend(cm);
  return ratio === null ? "–" : extentTrend(ratio);
}

/** "rising, 12 cm an hour" @param {number} cm an hour */
function depthTrend(cm) {
  return Math.abs(cm) > STEADY_CM ? trend(cm, centimetres(Math.abs(cm))) : t("steady");
}

/** "rising, 12% an hour" @param {number} ratio an hour */
function extentTrend(ratio) {
  return Math.abs(ratio) > STEADY_RATIO ? trend(ratio, percent(Math.abs(ratio))) : t("steady");
}

/** @param {number} rate @param {string} much */
function trend(rate, much) {
  return rate > 0 ? t("rising, {much} an hour", { much }) : t("falling, {much} an hour", { much });
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

/** What was taught of a slope: it is not wet. */
const HARMLESS = msg("Said to be harmless");

/** A state of the place, by its light: "usual, by daylight". @param {{ kind: "dry" | "wet", infrared: boolean }} reference @param {boolean} slope */
export function referenceWord({ kind, infrared }, slope) {
  const word = t(slope && kind === "wet" ? HARMLESS : REFERENCE_KINDS[kind]);
  return infrared ? t("{state}, by infrared light", { state: word }) : t("{state}, in colour", { state: word });
}

/** What a state of the place is called, by its id: "day-3" is "Colour 3". @param {string} id */
export function stateName(id) {
  const [light, number = ""] = id.split("-");
  return light === "infrared" ? t("Infrared {number}", { number }) : light === "day" ? t("Colour {number}", { number }) : id;
}

/** Each witness and how much of the zones it calls water: "ripples 12 %". @param {Record<string, number>} votes */
export function votesWords(votes) {
  return Object.entries(votes).map(([name, ratio]) => `${t(WITNESSES[name] ?? name)} ${percent(ratio)}`);
}

/** @param {number} ratio */
export function percent(ratio) {
  return `${Math.round(ratio * 100)}%`;
}

/** Readings of incidents whose values are codes or want a unit, by name. @type {Record<string, (value: string) => string>} */
export const WATER_READINGS = {
  passability: (code) => t(PASSABILITIES[/** @type {Passability} */ (code)] ?? code),
  reason: (code) => t(WATER_REASONS[code] ?? code),
  rain: (code) => t(RAIN[/** @type {RainState} */ (code)] ?? code),
  unseen: (code) => t(UNSEEN[/** @type {Unseen} */ (code)] ?? code),
  wading: (code) => t(WADING[code] ?? code),
  depth_by: (code) => t(LEVELS[code] ?? code),
  reference: stateName,
  basis: basisWord,
  area_ratio: (ratio) => percent(Number(ratio)),
  peak_area_ratio: (ratio) => percent(Number(ratio)),
  depth_cm: (cm) => centimetres(Number(cm)),
  peak_depth_cm: (cm) => centimetres(Number(cm)),
  error_cm: (cm) => `± ${centimetres(Number(cm))}`,
  trend_ratio_per_h: (ratio) => extentTrend(Number(ratio)),
  trend_cm_per_h: (cm) => depthTrend(Number(cm)),
  blind_s: (seconds) => duration(Number(seconds)),
};

/** The state of the water in an incident; "" for another kind of state. @param {string | number} code */
export function waterStateWord(code) {
  const known = WATER_STATES[/** @type {WaterState} */ (code)];
  return known ? t(known.word) : "";
}
