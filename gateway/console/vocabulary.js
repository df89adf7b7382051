/** Words for the codes of the API: one table each, translated when shown. */
/** @import { Camera, CameraState, EvidenceType, RoundStanding, Severity, System } from "./contract.js" */
import { msg, t } from "./language.js";
import { standingWord } from "./patrol-words.js";
import { WATER_READINGS, waterStateWord } from "./water-words.js";

/** @typedef {"good" | "busy" | "bad" | "off"} Tone */

/** @type {Record<CameraState, { word: string, tone: Tone }>} */
const STATES = {
  connecting: { word: msg("Connecting"), tone: "busy" },
  online: { word: msg("Online"), tone: "good" },
  stalled: { word: msg("Stalled"), tone: "bad" },
  unauthorized: { word: msg("Password refused"), tone: "bad" },
  unreachable: { word: msg("Unreachable"), tone: "bad" },
  not_video: { word: msg("No video"), tone: "bad" },
  quarantined: { word: msg("Quarantined"), tone: "bad" },
  disabled: { word: msg("Switched off"), tone: "off" },
};

/** @type {Record<CameraState, string>} */
const STATE_ADVICE = {
  connecting: msg("The camera is being dialled."),
  online: msg("Pictures are coming in."),
  stalled: msg("The connection stands, but no new picture comes. It is dialled again by itself."),
  unauthorized: msg("The camera refuses the user or password. Correct them in the inventory."),
  unreachable: msg("Nothing answers at the camera's address. Check its power and network."),
  not_video: msg("Something answers at the address, but not with video."),
  quarantined: msg("This camera's video crashed the program that watches it. It is left alone for a while, then tried again by itself."),
  disabled: msg("This camera is switched off in the inventory and is not watched."),
};

/** @type {Record<string, string>} */
const CODE_ADVICE = {
  bad_config: msg("The zones or rules of this camera cannot be used, so it is not watched. Correct them in the inventory."),
  undecodable: msg("The camera sends pictures that cannot be decoded. Set its stream to H.264 or H.265."),
  worker_silent: msg("The process that watches this camera does not report. It is started again by itself."),
  storage: msg("The disk or database of the server refuses. See `gridpatrol doctor`."),
  error: msg("This camera could not be put to work. The log of its worker says why."),
};

/** @type {Record<Severity, { word: string, meaning: string }>} */
const SEVERITY_WORDS = {
  red: { word: msg("Red"), meaning: msg("act now") },
  yellow: { word: msg("Yellow"), meaning: msg("today") },
  green: { word: msg("Green"), meaning: msg("record") },
};

/** @type {Record<string, string>} */
const KINDS = {
  person_presence: msg("Person present"),
  vehicle_presence: msg("Vehicle present"),
  person_loitering: msg("Person loitering"),
  vehicle_loitering: msg("Vehicle loitering"),
  vehicle_stopped: msg("Illegal stop"),
  person_crossing: msg("Person crossed the line"),
  vehicle_crossing: msg("Vehicle crossed the line"),
  person_wrong_way: msg("Person going the wrong way"),
  vehicle_wrong_way: msg("Vehicle going the wrong way"),
  crowd: msg("Crowd"),
  vehicle_checkpoint: msg("Vehicle passed in restricted hours"),
  camera_offline: msg("Camera offline"),
  camera_stalled: msg("Camera stalled"),
  camera_unauthorized: msg("Camera refuses the password"),
  camera_no_video: msg("Camera gives no video"),
  camera_unwatched: msg("Camera not watched"),
  unit_offline: msg("Many cameras offline"),
  worker_silent: msg("Cameras unwatched: a process is silent"),
  disk_low: msg("Disk nearly full"),
  camera_dark: msg("Picture dark"),
  camera_covered: msg("Lens covered"),
  camera_blurred: msg("Picture blurred"),
  camera_fouled: msg("Lens dirty"),
  camera_moved: msg("View moved"),
  camera_frozen: msg("Picture frozen"),
  clock_wrong: msg("Camera clock wrong"),
  gop_absurd: msg("Key frames too far apart"),
  decode_errors: msg("Pictures damaged on the way"),
  alarm_motion: msg("Camera alarm: motion"),
  alarm_tamper: msg("Camera alarm: tampering"),
  alarm_line: msg("Camera alarm: line crossed"),
  alarm_digital_input: msg("Camera alarm: input"),
  alarm_other: msg("Camera alarm"),
  waterlogging: msg("Water on the road"),
  water_unseen: msg("Water point cannot be seen"),
  scene_moved: msg("Slope moved"),
  fire_smoke: msg("Fire or smoke"),
  rubbish: msg("Rubbish"),
  straw_burning: msg("Straw burning"),
  road_damage: msg("Road damaged"),
  road_blocked: msg("Road blocked"),
  illegal_building: msg("Illegal building"),
  illegal_parking: msg("Illegal parking"),
  water_pollution: msg("Water polluted"),
  facility_damage: msg("Public facility damaged"),
  safety_hazard: msg("Danger to safety"),
  dispute: msg("Dispute"),
  other: msg("Something else"),
  round_missed: msg("Patrol round not done"),
};

/** Icons of incidents without a picture, by kind; a camera stands for all others. @type {Record<string, string>} */
const KIND_ICONS = {
  camera_offline: "cameraOff",
  camera_stalled: "cameraOff",
  camera_unauthorized: "key",
  camera_no_video: "cameraOff",
  camera_unwatched: "cameraOff",
  unit_offline: "network",
  worker_silent: "pause",
  disk_low: "disk",
};

/** @type {Record<EvidenceType, string>} */
const EVIDENCE = {
  marked: msg("Marked picture"),
  raw: msg("Raw picture"),
  before: msg("Before"),
  curve: msg("Course"),
  clip: msg("Clip"),
  photo: msg("Photo"),
  file: msg("Paper"),
};

/** @type {Record<string, string>} */
const READINGS = {
  standing: msg("Standing"),
  missed: msg("Rounds missed"),
  rounds: msg("Rounds not done"),
  count: msg("In view"),
  peak_count: msg("Most at once"),
  dwell_s: msg("Longest stay (s)"),
  stood_s: msg("Stood for (s)"),
  direction: msg("Direction"),
  state: msg("State"),
  passability: msg("Passage"),
  reason: msg("Reason"),
  rain: msg("Rain"),
  area_ratio: msg("Part of the zones"),
  peak_area_ratio: msg("Largest part of the zones"),
  depth_cm: msg("Depth"),
  peak_depth_cm: msg("Greatest depth"),
  error_cm: msg("Error of the depth"),
  depth_by: msg("Depth known"),
  wading: msg("Depth, by those who wade"),
  trend_ratio_per_h: msg("Trend of the extent"),
  trend_cm_per_h: msg("Trend of the depth"),
  reference: msg("Compared with"),
  basis: msg("Judged by"),
  unseen: msg("Cannot be seen"),
  blind_s: msg("Unseen for"),
  cause: msg("Cause"),
  lost: msg("Cameras lost"),
  peak_lost: msg("Most cameras lost"),
  cameras: msg("Cameras in all"),
  names: msg("Cameras concerned"),
  free_mb: msg("Free disk (MB)"),
  brightness: msg("Brightness (0 to 255)"),
  structure_ratio: msg("Detail left (usual: 1)"),
  sharpness_ratio: msg("Sharpness left (usual: 1)"),
  fouled_ratio: msg("Part of the lens (whole: 1)"),
  match: msg("Agreement with the usual view (same: 1)"),
  shift_ratio: msg("Moved by (picture width: 1)"),
  still_s: msg("Unchanged for (s)"),
  offset_s: msg("Clock off by (s)"),
  gop_s: msg("Key frame every (s)"),
  lost_ratio: msg("Part of the pictures lost (all: 1)"),
  topic: msg("Alarm topic"),
  source: msg("Alarm source"),
};

/** What objects are called: of the model that comes along, and those towns often add. @type {Record<string, string>} */
const OBJECTS = {
  person: msg("Person"),
  vehicle: msg("Vehicle"),
  bicycle: msg("Bicycle"),
  boat: msg("Boat"),
  construction_machine: msg("Construction machine"),
  dog: msg("Dog"),
  excavator: msg("Excavator"),
  fire: msg("Fire"),
  floating_rubbish: msg("Floating rubbish"),
  rubbish: msg("Rubbish"),
  smoke: msg("Smoke"),
  straw_burning: msg("Straw burning"),
};

/** How incidents of objects are called that have no name of their own. @type {Record<string, string>} */
const HAPPENINGS = {
  presence: msg("{object} present"),
  loitering: msg("{object} loitering"),
  stopped: msg("{object} stopped"),
  crossing: msg("{object} crossed the line"),
  wrong_way: msg("{object} going the wrong way"),
  checkpoint: msg("{object} passed in restricted hours"),
};

/** Sides are letters in every language. @type {Record<string, string>} */
const DIRECTIONS = {
  a_to_b: "A → B",
  b_to_a: "B → A",
};

/** @type {Record<string, string>} */
const CLOCKS = {
  rtcp: msg("camera clock"),
  arrival: msg("time of arrival"),
  file: msg("file"),
};

/** Names, not words: the same in every language. @type {Record<string, string>} */
const CODECS = { h264: "H.264", hevc: "H.265", mpeg4: "MPEG-4", mjpeg: "Motion JPEG" };

/** Why a stream is not shown as the camera sends it. @type {Record<string, string>} */
const HINDRANCES = {
  codec: msg("browsers cannot play {codec}"),
  order: msg("its pictures come out of order (B-frames)"),
  profile: msg("browsers do not know its H.264 profile"),
  size: msg("the camera has no small stream"),
};

/** @type {Record<System["queue"]["state"], { word: string, tone: Tone }>} */
const QUEUE_STATES = {
  connecting: { word: msg("Queue being reached"), tone: "busy" },
  connected: { word: msg("Queue in order"), tone: "good" },
  down: { word: msg("Queue unreachable"), tone: "bad" },
};

/** @type {Record<string, string>} */
const REFUSALS = {
  offline: msg("The server does not answer. Check the network."),
  unauthenticated: msg("The session has ended. Sign in again."),
  bad_credentials: msg("The user name or password is wrong."),
  bad_origin: msg("The server does not accept this page's address. Add it to allowed_origins."),
  too_many_attempts: msg("Too many attempts. Wait a little and try again."),
  storage: msg("The disk or database of the server refuses. See `gridpatrol doctor`."),
  not_found: msg("There is no such entry, or it is no longer kept."),
  password_change_required: msg("Choose a password of your own first."),
  unreachable: msg("Nothing answers at this address. Check the address, the cable and the power."),
  unauthorized: msg("The camera refuses the user or password. Type them again; some cameras lock after a few tries."),
  not_video: msg("Something answers at this address, but it gives no video."),
  stream_lost: msg("The camera broke the connection off. Try again in a moment."),
  stalled: msg("The camera took the connection but sends no picture."),
  onvif_fault: msg("The camera answers, but cannot do this."),
  busy: msg("Too much is going on at once. Try again in a moment."),
  stream_shared: msg("This stream is also recorded all the time, or is the only one; tune it on its own page if you want that."),
  no_talk: msg("This camera cannot be spoken through."),
  talk_busy: msg("Somebody else is speaking through this camera."),
  worker_unreachable: msg("The process that watches this camera does not answer. Try again in some seconds."),
  no_picture: msg("There is no picture of this camera now."),
  ground_unseen: msg("Not noted: the camera has not seen the ground for 90 seconds, and cannot learn what it does not see. Press again once it sees the ground. If you know that there is no water, dismiss the case as a false alarm meanwhile."),
  not_sending: msg("There is no picture of this camera now."),
  cancelled: msg("This was cancelled."),
  bad_config: msg("What was given cannot be used."),
  bad_request: msg("What was given cannot be used."),
  bad_rules: msg("The zones or rules have mistakes; nothing was changed."),
  unsupported_media_type: msg("This is no CSV or YAML file."),
  too_large: msg("The file is too large. Import it in parts."),
  span_too_long: msg("So much was counted in this time that it cannot be told at once. Ask for a shorter time."),
  bad_upload: msg("A file cannot be taken: too large, damaged, or of another kind."),
  not_exportable: msg("This span cannot be made into one film: the picture changed within it. Choose a shorter one."),
};

/** Refusals whose cause only the server's own words tell. */
const TOLD_BY_SERVER = ["bad_config", "bad_request", "bad_rules", "onvif_fault", "unreachable", "not_video", "not_found", "not_exportable", "bad_upload"];

/** @param {CameraState} state */
export function stateWord(state) {
  return t(STATES[state]?.word ?? state);
}

/** @param {CameraState} state @returns {Tone} */
export function stateTone(state) {
  return STATES[state]?.tone ?? "bad";
}

/** What to make of a camera's state, by its code where that says more. @param {Camera} camera */
export function stateAdvice({ state, code }) {
  return t(CODE_ADVICE[code] ?? STATE_ADVICE[state] ?? "");
}

/** @param {Severity} severity */
export function severityWord(severity) {
  return t(SEVERITY_WORDS[severity].word);
}

/** @param {Severity} severity */
export function severityMeaning(severity) {
  return t(SEVERITY_WORDS[severity].meaning);
}

export const KNOWN_KINDS = Object.keys(KINDS);

/** What an incident is called: by its own name, else after its object and what that did, else by its code. @param {string} kind */
export function kindWord(kind) {
  if (KINDS[kind]) return t(KINDS[kind]);
  const happening = Object.keys(HAPPENINGS).find((one) => kind.endsWith(`_${one}`));
  if (!happening) return kind.replaceAll("_", " ");
  return t(HAPPENINGS[happening] ?? "", { object: objectWord(kind.slice(0, -happening.length - 1)) });
}

/** What an object is called; one that only a site's own model knows, by its own name. @param {string} kind */
export function objectWord(kind) {
  return OBJECTS[kind] ? t(OBJECTS[kind]) : kind.replaceAll("_", " ");
}

/** @param {string} direction */
export function directionWord(direction) {
  return DIRECTIONS[direction] ?? direction;
}

/** @param {string} kind */
export function kindIcon(kind) {
  return KIND_ICONS[kind] ?? "camera";
}

/** @param {string} name @param {string | number} value A reading as people read it */
export function readingText(name, value) {
  if (name === "standing") return standingWord(/** @type {RoundStanding} */ (value));
  if (name === "state") return waterStateWord(value) || stateWord(/** @type {CameraState} */ (value));
  if (WATER_READINGS[name]) return WATER_READINGS[name](String(value));
  return name === "direction" ? directionWord(String(value)) : value;
}

/** @param {EvidenceType} type */
export function evidenceWord(type) {
  return t(EVIDENCE[type]);
}

/** What was measured, as its words stand above: what says most comes first. @param {Record<string, string | number>} measured */
export function inOrder(measured) {
  const names = Object.keys(READINGS);
  const place = (/** @type {string} */ name) => (name in READINGS ? names.indexOf(name) : names.length);
  return Object.entries(measured).sort(([one], [other]) => place(one) - place(other));
}

/** @param {string} name */
export function readingWord(name) {
  return t(READINGS[name] ?? name);
}

/** @param {string} clock */
export function clockWord(clock) {
  return t(CLOCKS[clock] ?? clock);
}

/** @param {string} codec FFmpeg's short name */
export function codecWord(codec) {
  return CODECS[codec] ?? codec;
}

/** Why a camera's stream is transcoded, for people. @param {string} why @param {Camera} camera */
export function hindranceWord(why, { stream }) {
  return t(HINDRANCES[why] ?? "", { codec: codecWord(stream?.codec ?? "") });
}

/** @param {System["queue"]} queue @returns {{ word: string, tone: Tone }} */
export function queueWord({ state, waiting }) {
  const { word, tone } = QUEUE_STATES[state];
  if (!waiting) return { word: t(word), tone };
  const backlog = t("{waiting} waiting", { waiting });
  return { word: `${t(word)} · ${backlog}`, tone: tone === "good" ? "busy" : tone };
}

/** A refusal in the reader's language where its code is known, else in the server's words. @param {unknown} error */
export function refusalText(error) {
  const { code = "", message = String(error) } = /** @type {{ code?: string, message?: string }} */ (error);
  return REFUSALS[code] ? t(REFUSALS[code]) : message;
}

/** What the server adds to a refusal, in the reader's language; "" where the words above say it all. @param {unknown} error */
export function refusalDetail(error) {
  const { code = "", message = "" } = /** @type {{ code?: string, message?: string }} */ (error);
  return TOLD_BY_SERVER.includes(code) ? message : "";
}
