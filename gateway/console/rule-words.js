/** What rules are called, and which settings each type has of its own. */
/** @import { Rule, RuleType } from "./administration.js" */
import { msg, t } from "./language.js";

/** `places`: what it may watch; a rule without "whole" needs a line. `kinds`: what it usually counts. */
/** @typedef {{ word: string, places: ("zone" | "line" | "whole")[], kinds: string[], settings: string[], hasDirection?: boolean }} RuleTraits */

const INCIDENT = ["confirm_s", "clear_s", "cool_down_s"];
/** What is over in a moment has nothing to confirm. */
const PASSAGE = ["clear_s", "cool_down_s"];
const BOTH = ["person", "vehicle"];

/** @type {Record<RuleType, RuleTraits>} */
const RULE_TYPES = {
  presence: { word: msg("Somebody or something is there"), places: ["whole", "zone"], kinds: BOTH, settings: ["min_count", "dwell_s", ...INCIDENT] },
  loitering: { word: msg("Loitering"), places: ["whole", "zone"], kinds: ["person"], settings: ["stay_s", "away_s", ...INCIDENT] },
  stop: { word: msg("Illegal stop"), places: ["whole", "zone"], kinds: ["vehicle"], settings: ["stop_s", ...INCIDENT] },
  crossing: { word: msg("Line crossed"), places: ["line"], kinds: BOTH, settings: ["hold_s", ...PASSAGE], hasDirection: true },
  wrong_way: { word: msg("Wrong way"), places: ["line"], kinds: ["vehicle"], settings: ["against_s", "against_lengths", ...INCIDENT] },
  crowd: { word: msg("Crowd"), places: ["whole", "zone"], kinds: ["person"], settings: ["min_count", "clear_count", ...INCIDENT] },
  checkpoint: { word: msg("Passing in restricted hours"), places: ["zone", "line"], kinds: ["vehicle"], settings: ["hold_s", ...PASSAGE], hasDirection: true },
  count: { word: msg("Traffic count"), places: ["whole", "zone", "line"], kinds: BOTH, settings: ["hold_s", "interval_s"] },
};

/** @type {Record<string, string>} */
const RULE_SETTINGS = {
  min_count: msg("So many at once"),
  dwell_s: msg("Inside for at least (s)"),
  stay_s: msg("Inside for at least (s)"),
  away_s: msg("Has not left when away for (s)"),
  stop_s: msg("Stands for at least (s)"),
  hold_s: msg("On each side for at least (s)"),
  against_s: msg("The wrong way for at least (s)"),
  against_lengths: msg("and by so many of its own lengths"),
  clear_count: msg("Over when fewer than"),
  interval_s: msg("Counted every (s)"),
  confirm_s: msg("Inertia: must hold for (s)"),
  clear_s: msg("Over when gone for (s)"),
  cool_down_s: msg("Cool-down: the same incident when back within (s)"),
  min_height_ratio: msg("At least so tall (picture: 1)"),
  max_height_ratio: msg("At most so tall (picture: 1)"),
};

export const RULE_TYPE_CHOICES = /** @type {RuleType[]} */ (Object.keys(RULE_TYPES));
export const SIZES = ["min_height_ratio", "max_height_ratio"];

/** @param {RuleType} type */
export function ruleTypeWord(type) {
  return t(RULE_TYPES[type]?.word ?? type);
}

/** @param {RuleType} type @returns {RuleTraits} */
export function traitsOf(type) {
  return RULE_TYPES[type];
}

/** @param {string} setting */
export function ruleSettingWord(setting) {
  return t(RULE_SETTINGS[setting] ?? setting);
}

/** The id of the zone or line that a rule watches, "" for the whole picture. @param {Rule} rule */
export function placeOf({ zone, line }) {
  return line || zone || "";
}
