/** The server's HTTP API. Addresses are relative to this module, so any path prefix works. */

/** @typedef {{ location: string, text: string }} Mistake location: such as "rules.0.confirm_s"; text: in the language of the page */

const ROOT = new URL("../api/", import.meta.url);

/** The API refused or could not be reached; `code` is the server's word, "offline" when none came. */
export class ApiError extends Error {
  /** @param {number} status @param {string} code @param {string} message @param {Mistake[]} [mistakes] single places of what was sent */
  constructor(status, code, message, mistakes = []) {
    super(message);
    this.status = status;
    this.code = code;
    this.mistakes = mistakes;
  }
}

/** Tells of an ended session by a "signed-out" event, whichever request found out. */
export const sessionChanges = new EventTarget();

/** @param {string} path relative to /api/ @returns {string} */
export function apiUrl(path) {
  return new URL(path, ROOT).href;
}

/** The address of the event channel. @returns {string} */
export function eventsUrl() {
  const url = new URL("events", ROOT);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

/** @param {string} id @returns {string} */
export function evidenceUrl(id) {
  return apiUrl(`evidence/${encodeURIComponent(id)}`);
}

/** @param {string} id @param {number} width pixels @returns {string} */
export function snapshotUrl(id, width) {
  return apiUrl(`cameras/${encodeURIComponent(id)}/snapshot.jpg?width=${width}`);
}

/**
 * One request; anything but success throws `ApiError`, whose words are in the language of the page.
 * @param {string} path
 * @param {RequestInit} [init]
 */
export async function request(path, init = {}) {
  const headers = new Headers(init.headers);
  if (!headers.has("Accept-Language")) headers.set("Accept-Language", document.documentElement.lang);
  let answer;
  try {
    answer = await fetch(apiUrl(path), { credentials: "same-origin", ...init, headers });
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    throw new ApiError(0, "offline", String(cause));
  }
  if (answer.ok) return answer;
  if (answer.status === 401 && path !== "session") {
    sessionChanges.dispatchEvent(new Event("signed-out"));
  }
  throw await refusal(answer);
}

/** @param {Response} answer */
async function refusal(answer) {
  const body = await answer.json().catch(() => null);
  const { code = `http_${answer.status}`, message = answer.statusText, mistakes } = body?.error ?? {};
  return new ApiError(answer.status, code, message, mistakes);
}

/** @param {string} path @param {RequestInit} [init] @returns {Promise<any>} parsed JSON */
export async function getJson(path, init) {
  return (await request(path, init)).json();
}

/** @param {string} path @param {object} body @returns {Promise<any>} parsed JSON, null when empty */
export function postJson(path, body) {
  return sendJson("POST", path, body);
}

/**
 * @param {"POST" | "PUT" | "PATCH" | "DELETE"} method
 * @param {string} path
 * @param {object} [body]
 * @returns {Promise<any>} parsed JSON, null when empty
 */
export async function sendJson(method, path, body) {
  const sent = body && { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const answer = await request(path, { method, ...sent });
  const text = await answer.text();
  return text ? JSON.parse(text) : null;
}
