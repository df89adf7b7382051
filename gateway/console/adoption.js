/** Taking a camera in: look at an address, test what is found, save it. Each step is the server's work. */
/** @import { AddedCamera, CameraSettings, Draft, Job, Tested, Transport } from "./contract.js" */
import { ApiError, postJson } from "./api.js";
import { finished } from "./job.js";

/** @typedef {{ username: string, password?: string, camera?: string }} Who camera: one whose kept password may be used */
/**
 * @typedef {{ address: string, brand?: string, channel?: number, rtsp_port?: number,
 *   main_profile?: string, sub_profile?: string }} Target
 */
/** @typedef {{ address: string, main_uri: string, sub_uri: string | null, transport?: Transport, look?: string }} Streams look: the id of what found them */
/** @typedef {{ id: string, draft: Draft }} Look */
/** @typedef {{ id: string, tested: Tested }} Proof a test that went well */
/** @typedef {Partial<Omit<CameraSettings, "id">> & { password?: string, tune?: boolean }} Fields tune: consent to a cheaper stream */

/** What an address turns out to be. @param {Target} target @param {Who} who @param {AbortSignal} signal @returns {Promise<Look>} */
export async function look(target, who, signal) {
  /** @type {Job<Draft>} */
  const job = await finished(postJson("onboarding/looks", { ...target, ...who }), signal);
  return { id: job.id, draft: only(job) };
}

/** Measure streams as they would be kept. @param {Streams} streams @param {Who} who @param {AbortSignal} signal @returns {Promise<Proof>} */
export async function test(streams, who, signal) {
  /** @type {Job<Tested>} */
  const job = await finished(postJson("onboarding/tests", { ...streams, ...who }), signal);
  return { id: job.id, tested: only(job) };
}

/** Where the streams are that a look found. @param {Look} look @returns {Streams} */
export function streamsOf({ draft: { address, main_uri: main, sub_uri: sub } }) {
  if (!main) throw new ApiError(0, "not_video", "The device names no stream.");
  return { address, main_uri: main, sub_uri: sub };
}

/** @param {Fields} fields @param {Proof | null} proof none keeps the camera untried @returns {Promise<AddedCamera>} */
export function save(fields, proof) {
  return postJson("cameras", { ...fields, ...(proof ? { test: proof.id } : { skip_test: true }) });
}

/** @template Found @param {Job<Found>} job @returns {Found} */
function only({ found: [first] }) {
  if (!first) throw new ApiError(0, "cancelled", "This was cancelled.");
  return first;
}
