/** Words of patrol and of what people find: one table for each code of the API, translated when shown. */
/** @import { RoundStanding, Verdict } from "./contract.js" */
/** @import { Tone } from "./vocabulary.js" */
import { msg, t } from "./language.js";

/** @type {Record<RoundStanding, { word: string, tone: Tone }>} */
const STANDINGS = {
  coming: { word: msg("Later today"), tone: "off" },
  due: { word: msg("Due now"), tone: "busy" },
  overdue: { word: msg("Overdue"), tone: "bad" },
  done: { word: msg("Done in time"), tone: "good" },
  late: { word: msg("Done late"), tone: "busy" },
  skipped: { word: msg("Skipped"), tone: "off" },
  missed: { word: msg("Missed"), tone: "bad" },
};

/** @type {Record<Verdict, { word: string, tone: Tone }>} */
const VERDICTS = {
  normal: { word: msg("Normal"), tone: "good" },
  finding: { word: msg("Finding"), tone: "bad" },
  unseen: { word: msg("Nothing to be seen"), tone: "busy" },
};

/** What people may report, the most urgent first. */
export const FINDING_KINDS = [
  "fire_smoke", "waterlogging", "safety_hazard", "road_blocked", "road_damage", "crowd", "dispute", "rubbish",
  "straw_burning", "water_pollution", "facility_damage", "illegal_building", "illegal_parking", "other",
];

/** Rounds that may be walked now. @type {readonly RoundStanding[]} */
export const WALKABLE = ["due", "overdue"];

/** @param {RoundStanding} standing */
export function standingWord(standing) {
  return t(STANDINGS[standing].word);
}

/** @param {RoundStanding} standing @returns {Tone} */
export function standingTone(standing) {
  return STANDINGS[standing].tone;
}

/** @param {Verdict} verdict */
export function verdictWord(verdict) {
  return t(VERDICTS[verdict].word);
}

/** @param {Verdict} verdict @returns {Tone} */
export function verdictTone(verdict) {
  return VERDICTS[verdict].tone;
}
