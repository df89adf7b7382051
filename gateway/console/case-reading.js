/** A case, or what belongs to it, as its page shows it: read when it changes, changed step by step. */
import { getJson } from "./api.js";

/** @template Found */
export class CaseReading {
  /** What was read last; null while nothing was. @type {Found | null} */
  found = null;
  busy = false;
  /** Why the last reading or step failed; null when it did not. @type {unknown} */
  refused = null;
  #path = "";
  #revision = -1;

  /** @param {import("lit").ReactiveControllerHost} host @param {"" | "/related"} part what of the case is read */
  constructor(host, part) {
    this.host = host;
    this.part = part;
  }

  /** The case itself in the API; "" before there is one. */
  get path() {
    return this.#path;
  }

  /** Have this case be shown, which changes with every revision; says whether it is another one than before. @param {string} id @param {number} revision */
  show(id, revision) {
    const path = `cases/${encodeURIComponent(id)}`;
    const isOther = path !== this.#path;
    if (isOther) {
      this.found = null;
      this.refused = null;
    }
    if (isOther || revision > this.#revision) {
      this.#path = path;
      this.#revision = revision;
      void this.read();
    }
    return isOther;
  }

  /** An answer about a case that is no longer shown is dropped. */
  async read() {
    const path = this.#path;
    try {
      const found = await getJson(`${path}${this.part}`);
      if (path === this.#path) this.found = found;
    } catch (error) {
      if (path === this.#path) this.refused = error;
    }
    this.host.requestUpdate();
  }

  /** What is known without reading it: the answer to a step. @param {Found & { revision: number }} found */
  take(found) {
    this.found = found;
    this.#revision = Math.max(this.#revision, found.revision);
    this.host.requestUpdate();
  }

  /** Do something to a case, then read anew; says whether it was done. @param {() => Promise<unknown>} deed */
  async try(deed) {
    this.busy = true;
    this.refused = null;
    this.host.requestUpdate();
    /** @type {unknown} */
    let refused = null;
    await deed().catch((error) => { refused = error; });
    if (refused || this.part) await this.read();
    this.refused = refused ?? this.refused;
    this.busy = false;
    this.host.requestUpdate();
    return !refused;
  }
}
