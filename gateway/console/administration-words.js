/** Words of administration: one table for each code of the API, translated when shown. */
/** @import { ChainFault, NoticeState, Occasion, OnHolidays, Role, Weekday } from "./administration.js" */
/** @import { Tone } from "./vocabulary.js" */
import { msg, t } from "./language.js";

/** @type {Record<Role, string>} */
const ROLES = {
  admin: msg("Administrator"),
  operator: msg("Operator"),
  reporter: msg("Reporter"),
};

/** @type {Record<Weekday, string>} */
const WEEKDAYS = {
  mon: msg("Mon"),
  tue: msg("Tue"),
  wed: msg("Wed"),
  thu: msg("Thu"),
  fri: msg("Fri"),
  sat: msg("Sat"),
  sun: msg("Sun"),
};

/** @type {Record<OnHolidays, string>} */
const ON_HOLIDAYS = {
  as_usual: msg("like other days"),
  all_day: msg("all day"),
  never: msg("not at all"),
};

/** @type {Record<Occasion, string>} */
const OCCASIONS = {
  opened: msg("A new incident"),
  worsened: msg("It became more severe"),
  escalated: msg("Its handling is late"),
  closed: msg("It is over"),
};

/** @type {Record<NoticeState, { word: string, tone: Tone }>} */
const NOTICE_STATES = {
  waiting: { word: msg("to be told"), tone: "busy" },
  told: { word: msg("told"), tone: "good" },
  failed: { word: msg("given up"), tone: "bad" },
  cooled: { word: msg("told of the like before"), tone: "off" },
};

/** @type {Record<ChainFault, string>} */
const CHAIN_FAULTS = {
  missing: msg("records before it are missing"),
  altered: msg("it was changed"),
  detached: msg("the record before it was exchanged"),
  cut: msg("the log ends before what was noted"),
  forked: msg("the log has another record than what was noted"),
};

/** @type {Record<string, string>} */
const AUDIT_ACTIONS = {
  sign_in: msg("Signed in"),
  sign_in_refused: msg("Sign-in refused"),
  sign_in_locked: msg("Sign-in locked out"),
  sign_out: msg("Signed out"),
  user_added: msg("Added a person"),
  user_moved: msg("Moved a person to another unit"),
  role_changed: msg("Gave a person another role"),
  user_disabled: msg("Shut a person out"),
  units_changed: msg("Changed the units"),
  target_changed: msg("Changed who is told"),
  target_removed: msg("Removed somebody told"),
  password_changed: msg("Changed their password"),
  password_reset: msg("Reset a password"),
  camera_added: msg("Added a camera"),
  camera_changed: msg("Changed a camera"),
  camera_removed: msg("Removed a camera"),
  stream_tuned: msg("Tuned a stream"),
  stream_restored: msg("Set a stream back"),
  rules_changed: msg("Changed rules"),
  water_taught: msg("Taught a camera what is only wet"),
  water_forgotten: msg("Forgot a reference of water"),
  water_trained: msg("Had a camera taught its own eye for water"),
  rain_said: msg("Said whether it rains"),
  case_step: msg("Took a step of a case"),
  case_sealed: msg("Sealed a case"),
  case_exported: msg("Exported a case"),
  case_held: msg("Put a case on hold"),
  case_released: msg("Released a case"),
  evidence_viewed: msg("Looked at evidence"),
  evidence_deleted: msg("Deleted evidence"),
  recording_viewed: msg("Watched recordings"),
  recording_exported: msg("Exported a recording"),
  recordings_deleted: msg("Deleted recordings"),
  inventory_exported: msg("Exported the cameras"),
  message_offered: msg("Offered a message again"),
  message_dropped: msg("Dropped a message"),
};

export const ROLE_CHOICES = /** @type {Role[]} */ (Object.keys(ROLES));
export const WEEKDAY_CHOICES = /** @type {Weekday[]} */ (Object.keys(WEEKDAYS));
export const HOLIDAY_CHOICES = /** @type {OnHolidays[]} */ (Object.keys(ON_HOLIDAYS));
export const OCCASION_CHOICES = /** @type {Occasion[]} */ (Object.keys(OCCASIONS));
export const AUDIT_ACTION_CHOICES = Object.keys(AUDIT_ACTIONS);

/** @param {Role} role */
export function roleWord(role) {
  return t(ROLES[role]);
}

/** @param {Weekday} day */
export function weekdayWord(day) {
  return t(WEEKDAYS[day]);
}

/** @param {OnHolidays} what */
export function onHolidaysWord(what) {
  return t(ON_HOLIDAYS[what]);
}

/** @param {Occasion} occasion */
export function occasionWord(occasion) {
  return t(OCCASIONS[occasion]);
}

/** @param {NoticeState} state */
export function noticeWord(state) {
  return t(NOTICE_STATES[state].word);
}

/** @param {NoticeState} state @returns {Tone} */
export function noticeTone(state) {
  return NOTICE_STATES[state].tone;
}

/** @param {ChainFault} fault */
export function chainFaultWord(fault) {
  return t(CHAIN_FAULTS[fault]);
}

/** @param {string} action */
export function auditWord(action) {
  return t(AUDIT_ACTIONS[action] ?? action);
}
