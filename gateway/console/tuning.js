/** The analysed streams of cameras made cheaper: what the server's work is asked by, and its words. */
/** @import { Encoding, Job, Tuning, TuningChange } from "./contract.js" */
import { getJson, postJson } from "./api.js";
import { decimal } from "./format.js";
import { finished } from "./job.js";
import { t } from "./language.js";
import { codecWord, refusalText } from "./vocabulary.js";

/** @typedef {"preview" | "tune" | "restore"} Deed */

/** Do something to many cameras. @param {Deed} deed @param {string[]} cameras @param {AbortSignal} signal @param {(job: Job<Tuning>) => void} onChange */
export function tuneMany(deed, cameras, signal, onChange) {
  return finished(postJson("onboarding/tunings", { do: deed, cameras }), signal, onChange);
}

/**
 * What became of the stream of a camera that was taken in with consent to tune it.
 * @param {string} job the id that taking it in gave, "" without consent
 * @param {AbortSignal} signal
 * @returns {Promise<Tuning | null>}
 */
export async function tunedWith(job, signal) {
  if (!job) return null;
  /** @type {Job<Tuning>} */
  const { found: [outcome] } = await finished(getJson(`onboarding/jobs/${encodeURIComponent(job)}`), signal);
  return outcome ?? null;
}

/** A stream in a line: "640×360 · 6 fps · …". @param {Encoding} encoding */
export function encodingWord({ codec, width, height, fps, gop, bit_rate_kbps: rate, mode }) {
  const size = width && height ? `${width}×${height}` : "";
  const key = gop ? t("key frame every {gop} s", { gop: decimal(gop / fps) }) : "";
  const limit = mode === "cbr" ? t("always {rate} kbit/s", { rate }) : t("at most {rate} kbit/s", { rate });
  return [`${codecWord(codec)} ${size}`.trim(), `${decimal(fps)} fps`, key, limit].filter(Boolean).join(" · ");
}

/** @param {TuningChange} change */
export function savedWord({ saved_kbps: rate, saved_ratio: share }) {
  if (rate <= 0 && share <= 0) return t("nothing: it is cheap already");
  return t("{rate} kbit/s of the network, {share}% of the pixels to decode", { rate: Math.max(0, rate), share: Math.round(share * 100) });
}

/** Whether there is anything to gain. @param {TuningChange} change */
export function isWorthwhile({ saved_kbps: rate, saved_ratio: share }) {
  return rate > 0 || share > 0;
}

/** What became of a camera's stream. @param {Tuning} outcome */
export function tuningWord({ change, code, text }) {
  if (!change) return t("Its stream is not tuned: {why}", { why: refusalText({ code, message: text }) });
  return isWorthwhile(change) ? t("Its stream is tuned; saved: {saved}", { saved: savedWord(change) }) : t("Its stream is cheap already.");
}
