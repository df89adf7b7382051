/** Words for what may keep a rule from being wrong again. */
/** @import { Proposal, Remedy } from "./contract.js" */
import { msg, t } from "./language.js";

/** What a person is to do, or what the system will; settings stand beside. @type {Record<Remedy, string>} */
const REMEDIES = {
  patience: msg("Wait longer before it counts"),
  larger: msg("Leave out small objects"),
  hours: msg("Not at these hours"),
  zone: msg("Draw the zone anew, around what moves there"),
  tend: msg("Clean or mend the camera"),
  only_wet: msg("Teach the place as only wet"),
};

/** @type {Record<string, string>} */
const SETTINGS = {
  confirm_s: msg("Must last"),
  stay_s: msg("Must stay"),
  stop_s: msg("Must stand"),
  against_s: msg("Must go against the way"),
  hold_s: msg("On each side of the line"),
  min_height_ratio: msg("Least height (share of the picture)"),
  hours: msg("Armed"),
};

/** @param {Remedy} remedy */
export function remedyWord(remedy) {
  return t(REMEDIES[remedy]);
}

/** What would change, "" where a person has to do it. @param {Proposal} proposal */
export function changeWord({ setting, before, after }) {
  return setting ? `${t(SETTINGS[setting] ?? setting)}: ${before} → ${after}` : "";
}
