/** Long work on the server: started by one request, asked after until it ends. */
/** @import { Job } from "./contract.js" */
import { ApiError, getJson, request } from "./api.js";
import { pause } from "./backoff.js";

const EVERY_MS = 700;
const ENDED = ["done", "failed", "cancelled"];

/** @param {Job<unknown>} job */
export function isOver({ state }) {
  return ENDED.includes(state);
}

/** From 0 to 1; null while nobody knows how much there is to do. @param {Job<unknown>} job */
export function share({ done, total }) {
  return total ? done / total : null;
}

/**
 * Ask after a job until it ends.
 * @template Found
 * @param {Promise<Job<Found>>} start the request that starts it
 * @param {AbortSignal} signal the page has been left; the job is cancelled
 * @param {(job: Job<Found>) => void} [onChange]
 * @returns {Promise<Job<Found>>} as it ended: done, or cancelled. Rejects with `ApiError` when it failed.
 */
export async function finished(start, signal, onChange = () => {}) {
  let job = await start;
  const path = `onboarding/jobs/${encodeURIComponent(job.id)}`;
  const leave = () => { request(path, { method: "DELETE", keepalive: true }).catch(() => {}); };
  if (signal.aborted) leave();
  signal.throwIfAborted();
  signal.addEventListener("abort", leave, { once: true });
  try {
    for (onChange(job); !isOver(job); onChange(job)) {
      await pause(EVERY_MS, signal);
      job = await getJson(path, { signal });
    }
  } finally {
    signal.removeEventListener("abort", leave);
  }
  if (job.error) throw new ApiError(0, job.error.code, job.error.message);
  return job;
}

/** Have a job end at its next step. @param {Job<unknown>} job */
export async function cancel({ id }) {
  await request(`onboarding/jobs/${encodeURIComponent(id)}`, { method: "DELETE" });
}
