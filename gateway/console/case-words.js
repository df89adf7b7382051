/** Words for what is done about incidents: one table for each code of the API, translated when shown. */
/** @import { CaseAction, CaseChange, CaseStep, FalseAlarm, Level, Outcome, Party } from "./contract.js" */
import { msg, t } from "./language.js";

/** In their order. @type {Record<CaseStep, string>} */
const STEPS = {
  discovered: msg("Discovered"),
  screened: msg("Screened"),
  reported: msg("Reported"),
  assigned: msg("Assigned"),
  handling: msg("Being handled"),
  verified: msg("Verified"),
  closed: msg("Case closed"),
};

/** What buttons and the trail call what is done. @type {Record<CaseAction, string>} */
const CASE_ACTIONS = {
  discover: msg("Discover"),
  confirm: msg("Confirm"),
  report: msg("Report on"),
  assign: msg("Assign"),
  start: msg("Start handling"),
  verify: msg("Verify"),
  close: msg("Close the case"),
  dismiss: msg("False alarm"),
  record: msg("Only record"),
  return: msg("Send back"),
  reopen: msg("Reopen"),
  merge: msg("Merge"),
  absorb: msg("Took another case in"),
  split: msg("Split off"),
  release: msg("Let another case go"),
  differ: msg("Not the same as another case"),
  may_match: msg("May be the same as another case"),
  comment: msg("Note"),
  escalate: msg("Escalated as late"),
};

/** @type {Record<FalseAlarm, string>} */
const FALSE_ALARMS = {
  nothing: msg("nothing there"),
  animal: msg("animal"),
  plant: msg("plants"),
  insect: msg("insects, webs, dirt on the lens"),
  weather: msg("rain, snow, fog"),
  light: msg("lamps, reflections, shadows"),
  allowed: msg("may be there"),
  camera: msg("the camera's own fault"),
  test: msg("a test"),
  other: msg("another reason"),
};

/** @type {Record<Party, string>} */
const PARTIES = {
  camera: msg("Camera"),
  policy: msg("Rule of the site"),
  relay: msg("Dispatch queue"),
  platform: msg("Grid platform"),
  reporter: msg("Reporter"),
  operator: msg("Operator"),
  admin: msg("Administrator"),
};

/** @type {Record<Outcome, string>} */
const OUTCOMES = {
  resolved: msg("resolved"),
  false_alarm: msg("false alarm"),
  no_action: msg("recorded"),
  merged: msg("merged into another"),
};

/** @type {Record<Level, string>} */
const CASE_LEVELS = {
  grid: msg("Grid"),
  village: msg("Village"),
  town: msg("Town"),
  county: msg("County"),
};

export const CASE_STEPS = /** @type {CaseStep[]} */ (Object.keys(STEPS));
/** From the lowest. */
export const CASE_LEVEL_CHOICES = /** @type {Level[]} */ (Object.keys(CASE_LEVELS));
export const FALSE_ALARM_REASONS = /** @type {FalseAlarm[]} */ (Object.keys(FALSE_ALARMS));

/** @param {CaseStep} step */
export function stepWord(step) {
  return t(STEPS[step]);
}

/** @param {CaseAction} action */
export function actionWord(action) {
  return t(CASE_ACTIONS[action]);
}

/** @param {FalseAlarm} reason */
export function reasonWord(reason) {
  return t(FALSE_ALARMS[reason]);
}

/** @param {Outcome} outcome */
export function outcomeWord(outcome) {
  return t(OUTCOMES[outcome]);
}

/** @param {Level} level */
export function levelWord(level) {
  return t(CASE_LEVELS[level]);
}

/** Who did it: a person by name, everything else by what it is. @param {CaseChange} change */
export function actorWord({ party, actor }) {
  const isPerson = party === "operator" || party === "admin" || party === "platform";
  return isPerson ? `${t(PARTIES[party])} ${actor}` : t(PARTIES[party]);
}
