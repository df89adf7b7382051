/** Words for what is set, found and measured of cameras: one table each, translated when shown. */
/** @import { Alarms, Camera, Device, Interest, PlanAction, RecordMode, Rung, StreamReport, Transport } from "./contract.js" */
import { decimal } from "./format.js";
import { msg, t } from "./language.js";
import { codecWord } from "./vocabulary.js";

/** @type {Record<RecordMode, string>} */
const RECORD_MODES = {
  incidents: msg("Incidents only"),
  continuous: msg("All the time"),
  off: msg("No recording"),
};

/** @type {Record<Transport, string>} */
const TRANSPORTS = {
  auto: msg("By itself"),
  tcp: "TCP",
  udp: "UDP",
};

/** @type {Record<PlanAction, string>} */
const ACTIONS = {
  add: msg("New"),
  change: msg("Changed"),
  keep: msg("As it is"),
};

/** Columns of inventory files. @type {Record<string, string>} */
const COLUMNS = {
  id: msg("Id"),
  name: msg("Name"),
  channel_code: msg("Channel code"),
  unit: msg("Unit"),
  grid: msg("Grid"),
  latitude: msg("Latitude"),
  longitude: msg("Longitude"),
  address: msg("Address"),
  username: msg("User name"),
  password: msg("Password"),
  main_uri: msg("Main stream"),
  sub_uri: msg("Sub stream"),
  record: msg("Recording"),
  transport: msg("Transport"),
  enabled: msg("In use"),
  zones: msg("Zones"),
  rules: msg("Rules"),
  water: msg("Waterlogging"),
};

/** What to do about each kind of mistake in a file. @type {Record<string, string>} */
const MISTAKES = {
  id: msg("Use small letters, digits and dashes, beginning with a letter or digit, 48 at most."),
  no_id: msg("Give the camera a name or an id."),
  long: msg("Shorten it to 200 characters."),
  control: msg("Remove line breaks and invisible characters."),
  rounded: msg("Excel has rounded this number: format the column as text and type it again."),
  number: msg("Give degrees as a number, such as 30.2741."),
  latitude: msg("Give a latitude between -90 and 90."),
  longitude: msg("Give a longitude between -180 and 180."),
  place: msg("Give latitude and longitude together, or neither."),
  address: msg("Give host, host:port, onvif://host:port or the address of a stream."),
  uri: msg("Give an address that begins with rtsp:// or another kind of stream."),
  record: msg("Write incidents, continuous or off."),
  transport: msg("Write auto, tcp or udp."),
  yes_no: msg("Write yes or no."),
  no_streams: msg("Give an address or a main stream."),
  zones: msg("Correct the zones and rules; the rules how-to shows their form."),
  water: msg("Correct where water is watched; the waterlogging how-to shows its form."),
  quotes: msg("A quotation mark is not closed: check this row and the one before."),
  cells: msg("This row has more cells than there are headings."),
  heading: msg("Delete this column or correct its heading."),
  twice: msg("Delete the second column of this name."),
  shape: msg("Write each camera as `- id: …` with one `key: value` a line below it."),
  nested: msg("Write a single value here."),
  same_id: msg("Another row of this file has the same id: keep one of them."),
  same_channel_code: msg("Another camera has this channel code: correct one of them."),
  same_main_uri: msg("Another camera has this main stream: remove the row or give it that id."),
  same_address: msg("Another camera has this address: remove the row or give it that id."),
};

/** @type {Record<string, string>} */
const READERS = {
  rtsp: "RTSP",
  ffmpeg: "FFmpeg",
  file: msg("file"),
};

/** @type {Record<string, string>} */
const KNOBS = {
  brightness: msg("Brightness"),
  saturation: msg("Colour"),
  contrast: msg("Contrast"),
  sharpness: msg("Sharpness"),
};

/** The filter that keeps infrared out: on by day. @type {Record<string, string>} */
const IR_CUT_MODES = {
  ON: msg("Day"),
  OFF: msg("Night"),
  AUTO: msg("By itself"),
};

/** @type {Record<Exclude<Interest, "">, string>} */
const INTERESTS = {
  quiet: msg("Quiet"),
  settled: msg("Something rests there"),
  restless: msg("Restless, no object seen"),
  known: msg("An incident goes on"),
  stirred: msg("Stirring: {why}"),
};

/** What stirs a camera. @type {Record<string, string>} */
const REASONS = {
  motion: msg("the picture changes"),
  camera: msg("the camera alarms"),
  object: msg("something moves"),
  packets: msg("the stream grows"),
};

/** @type {Record<Exclude<Rung, "">, string>} */
const RUNGS = {
  keys: msg("Key frames only"),
  full: msg("All pictures"),
};

/** @type {Record<string, string>} */
const SOUNDS = { pcm_alaw: "G.711A", pcm_mulaw: "G.711U", aac: "AAC", opus: "Opus", g726: "G.726" };

export const RECORD_CHOICES = /** @type {RecordMode[]} */ (Object.keys(RECORD_MODES));
export const TRANSPORT_CHOICES = /** @type {Transport[]} */ (Object.keys(TRANSPORTS));

/** @param {RecordMode} mode */
export function recordWord(mode) {
  return t(RECORD_MODES[mode]);
}

/** @param {Transport} transport */
export function transportWord(transport) {
  return t(TRANSPORTS[transport]);
}

/** @param {PlanAction} action */
export function actionWord(action) {
  return t(ACTIONS[action]);
}

/** @param {string} column "" for the whole row */
export function columnWord(column) {
  return column ? t(COLUMNS[column] ?? column) : t("Whole row");
}

/** @param {{ code: string, advice: string }} mistake */
export function mistakeAdvice({ code, advice }) {
  return MISTAKES[code] ? t(MISTAKES[code]) : advice;
}

/** "RTSP · TCP": who reads a stream, and how. @param {{ reader: string, transport: string | null }} stream */
export function readerWord({ reader, transport }) {
  const how = transport && transport !== reader ? transport.toUpperCase() : "";
  return [t(READERS[reader] ?? reader), how].filter(Boolean).join(" · ");
}

/** @param {string} name */
export function knobWord(name) {
  return t(KNOBS[name] ?? name);
}

/** @param {string} mode */
export function irCutWord(mode) {
  return t(IR_CUT_MODES[mode] ?? mode);
}

/** @param {StreamReport} stream */
export function soundWord({ audio_codec: codec }) {
  return codec ? (SOUNDS[codec] ?? codec) : t("none");
}

/** "H.264 · 1280×720 · 25 fps" @param {{ codec: string, width: number, height: number, fps: number | null }} stream */
export function streamWord({ codec, width, height, fps }) {
  return [codecWord(codec.toLowerCase()), `${width}×${height}`, fps === null ? "" : `${decimal(fps)} fps`].filter(Boolean).join(" · ");
}

/** How far a camera's clock is off, in words. @param {number | null} seconds its clock minus ours */
export function skewWord(seconds) {
  if (seconds === null) return t("not told");
  const off = Math.abs(seconds);
  if (off < 1) return t("right");
  const much = off < 120 ? t("{count} s", { count: decimal(off) }) : off < 7200 ? t("{count} min", { count: Math.round(off / 60) })
    : off < 172_800 ? t("{count} h", { count: Math.round(off / 3600) }) : t("{count} days", { count: Math.round(off / 86_400) });
  return seconds > 0 ? t("{much} fast", { much }) : t("{much} slow", { much });
}

/** How a camera fares with the machine's attention: "Quiet", "Stirring: the camera alarms". @param {Camera} camera */
export function interestWord({ interest, why }) {
  return interest ? t(INTERESTS[interest], { why: t(REASONS[why] ?? why) }) : "–";
}

/** @param {Rung} rung */
export function rungWord(rung) {
  return rung ? t(RUNGS[rung]) : "–";
}

/** "5 times a second", "every 30 s". @param {number | null} seconds from one to the next */
export function oftenWord(seconds) {
  if (seconds === null) return "–";
  if (seconds <= 0.9) return t("{rate} times a second", { rate: decimal(seconds < 0.15 ? Math.round(1 / seconds) : 1 / seconds) });
  return t("every {count} s", { count: seconds < 10 ? decimal(seconds) : Math.round(seconds) });
}

/** How often the detector looks at a camera. @param {Camera} camera */
export function looksWord({ analysed_fps: looks }) {
  return oftenWord(looks ? 1 / looks : null);
}

/** How far a camera's own motion alarm is to be believed: "agrees with ours: 92 % of 40 · 85 % of alarms true". @param {Alarms} alarms */
export function alarmsWord({ told_ratio: told, occasions, true_ratio: right, wakes }) {
  const percent = (/** @type {number} */ ratio) => Math.round(100 * ratio);
  const words = [
    told === null ? t("too few motions to compare yet: {count}", { count: occasions }) : t("agrees with ours: {percent} % of {count}", { percent: percent(told), count: occasions }),
    right === null ? "" : t("{percent} % of its alarms were motion", { percent: percent(right) }),
    wakes ? "" : t("wakes the analysis no more"),
  ];
  return words.filter(Boolean).join(" · ");
}

/** @param {Device} device */
export function deviceName({ name, hardware, address }) {
  return name || hardware || address;
}
