/** Times, durations and sizes as people read them, in the site's time zone and the chosen language. */
import { language, t } from "./language.js";

let timeZone = "UTC";

/** @param {string} zone IANA name */
export function useTimeZone(zone) {
  timeZone = zone;
}

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/** @param {Intl.DateTimeFormatOptions} options @returns {Intl.DateTimeFormat} */
function format(options) {
  const key = JSON.stringify([language(), timeZone, options]);
  const known = formats.get(key);
  if (known) return known;
  const made = new Intl.DateTimeFormat(language(), { hourCycle: "h23", timeZone, ...options });
  formats.set(key, made);
  return made;
}

/** @type {Intl.DateTimeFormatOptions} */
const HMS = { hour: "2-digit", minute: "2-digit", second: "2-digit" };

/** "10:02:03" @param {string | Date} moment */
export function clockTime(moment) {
  return format(HMS).format(new Date(moment));
}

/** "14:02" @param {string | Date} moment */
export function shortTime(moment) {
  return format({ hour: "2-digit", minute: "2-digit" }).format(new Date(moment));
}

/** "10:02:03.412" @param {string | Date} moment */
export function preciseTime(moment) {
  return format({ ...HMS, fractionalSecondDigits: 3 }).format(new Date(moment));
}

/** "11月22日 周日" @param {string | Date} moment */
export function dayName(moment) {
  return format({ month: "long", day: "numeric", weekday: "short" }).format(new Date(moment));
}

/** The day as "2026-11-22", to compare and to show. @param {string | Date} moment */
export function isoDay(moment) {
  const parts = format({ year: "numeric", month: "2-digit", day: "2-digit" }).formatToParts(new Date(moment));
  const part = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
  return `${part["year"]}-${part["month"]}-${part["day"]}`;
}

/** "2026年5月" @param {string} month "2026-05" */
export function monthName(month) {
  return new Intl.DateTimeFormat(language(), { timeZone: "UTC", year: "numeric", month: "long" }).format(new Date(`${month}-01`));
}

/** Monday to Sunday, as short as the language has them. */
export function weekdays() {
  const name = new Intl.DateTimeFormat(language(), { timeZone: "UTC", weekday: "narrow" });
  return Array.from({ length: 7 }, (_, number) => name.format(Date.UTC(2024, 0, 1 + number)));
}

/** @param {string} day "2026-05-01" @returns {string} */
export function nextDay(day) {
  return new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);
}

/**
 * A time of day of the site as a moment; one that clocks skip is taken an hour on.
 * @param {string} day "2026-05-01"
 * @param {string} time "14:02" or "14:02:03"
 */
export function momentOf(day, time) {
  const wanted = Date.parse(`${day}T${time}Z`);
  const shown = (/** @type {number} */ at) => Date.parse(`${isoDay(new Date(at))}T${clockTime(new Date(at))}Z`);
  const near = wanted - (shown(wanted) - wanted);
  return new Date(near + (wanted - shown(near)));
}

/** The time alone when it is of today, else with its day. @param {string} moment @param {Date} now */
export function whenSeen(moment, now) {
  const day = isoDay(moment);
  return day === isoDay(now) ? clockTime(moment) : `${day.slice(5)} ${clockTime(moment)}`;
}

/** Likewise to the minute: "14:02", "11-21 14:02". @param {string} moment @param {Date} now */
export function since(moment, now) {
  const day = isoDay(moment);
  return day === isoDay(now) ? shortTime(moment) : `${day.slice(5)} ${shortTime(moment)}`;
}

/** "2026-11-22 10:02:03" @param {string} moment */
export function dayAndTime(moment) {
  return `${isoDay(moment)} ${clockTime(moment)}`;
}

/** From so many hours on, nobody counts in hours. */
const DAYS_FROM_H = 48;

/** "0:12", "1:02:03", "3 days 4 h" @param {number} seconds */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (hours >= DAYS_FROM_H) return `${t("{count} days", { count: Math.floor(hours / 24) })} ${t("{count} h", { count: hours % 24 })}`;
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** "1.4 MB" @param {number} bytes */
export function fileSize(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = bytes > 0 ? Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3)) : 0;
  return `${decimal(bytes / 1000 ** power)} ${units[power]}`;
}

/** At most two digits after the point. @param {number} value */
export function hundredths(value) {
  return new Intl.NumberFormat(language(), { maximumFractionDigits: 2 }).format(value);
}

/** At most one digit after the point. @param {number} value */
export function decimal(value) {
  return new Intl.NumberFormat(language(), { maximumFractionDigits: 1 }).format(value);
}
