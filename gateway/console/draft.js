/** What the server keeps and is being rewritten on a page: read, changed, taken back step by step, saved. */
/** @import { ReactiveController, ReactiveControllerHost } from "lit" */
import { mistakesOf } from "./mistakes.js";

/** So many steps can be taken back one by one. */
const MOST_STEPS = 100;
const FIELDS = "input, select, textarea";
/** Those on the page now. @type {Set<Draft<any, any>>} */
const drafts = new Set();

/** Whether leaving the page would lose what was written. */
export function isUnsaved() {
  return [...drafts].some(({ isChanged }) => isChanged);
}

/**
 * Renders its host anew with each change. `read` and `write` resolve to what holds then; `part`: what of it is rewritten here;
 * `refused`: called after a refusal.
 * @template Kept, Part
 * @implements {ReactiveController}
 */
export class Draft {
  /** As it holds, null until it was read. @type {Kept | null} */
  kept = null;
  /** As it is being written. @type {Part | null} */
  value = null;
  isSaved = false;
  busy = false;
  /** @type {unknown} */
  refused = null;

  #host;
  #means;
  /** What it was before each change. @type {Part[]} */
  #steps = [];
  /** What was refused. @type {Part | null} */
  #refusedValue = null;

  /** @param {ReactiveControllerHost} host @param {{ read: () => Promise<Kept>, write: (value: Part) => Promise<Kept>, part: (kept: Kept) => Part, refused?: () => void }} means */
  constructor(host, means) {
    this.#host = host;
    this.#means = means;
    host.addController(this);
  }

  hostConnected() {
    drafts.add(this);
    addEventListener("keydown", this.#key);
  }

  hostDisconnected() {
    drafts.delete(this);
    removeEventListener("keydown", this.#key);
  }

  get isChanged() {
    return this.#steps.length > 0;
  }

  /** What was found wrong, and was not changed since. */
  get mistakes() {
    return mistakesOf(this.refused).filter(({ location }) => valueAt(this.#refusedValue, location) === valueAt(this.value, location));
  }

  /** What was refused, unless each mistake in it was changed since. @returns {unknown} */
  get unsolved() {
    return mistakesOf(this.refused).length && !this.mistakes.length ? null : this.refused;
  }

  read = () => this.#try(async () => this.hold(await this.#means.read()));

  /** @param {Event} [event] of a form */
  save = (event) => {
    event?.preventDefault();
    return this.#try(async () => {
      this.hold(await this.#means.write(/** @type {Part} */ (this.value)));
      this.isSaved = true;
    });
  };

  /** Go on from what holds. @param {Kept} kept */
  hold(kept) {
    this.kept = kept;
    this.value = this.#means.part(kept);
    this.#steps = [];
    this.isSaved = false;
    this.#host.requestUpdate();
  }

  /** @param {Part} value */
  change(value) {
    if (this.value !== null) this.#steps = [...this.#steps.slice(1 - MOST_STEPS), this.value];
    this.value = value;
    this.isSaved = false;
    this.#host.requestUpdate();
  }

  /** Take the last change back. */
  back = () => {
    this.value = this.#steps.at(-1) ?? this.value;
    this.#steps = this.#steps.slice(0, -1);
    this.#host.requestUpdate();
  };

  /** Take everything back. */
  revert = () => {
    this.refused = null;
    if (this.kept !== null) this.hold(this.kept);
  };

  /** In a field, the browser takes back what was typed. @param {KeyboardEvent} event */
  #key = (event) => {
    const [at] = event.composedPath();
    const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z";
    if (!isUndo || !this.isChanged || (at instanceof Element && at.matches(FIELDS))) return;
    event.preventDefault();
    this.back();
  };

  /** @param {() => Promise<void>} deed */
  async #try(deed) {
    this.busy = true;
    this.refused = null;
    this.#host.requestUpdate();
    try {
      await deed();
    } catch (error) {
      this.refused = error;
      this.#refusedValue = this.value;
      this.#means.refused?.();
    } finally {
      this.busy = false;
      this.#host.requestUpdate();
    }
  }
}

/** @param {unknown} value @param {string} location such as "rules.0.confirm_s" */
function valueAt(value, location) {
  return location.split(".").reduce((/** @type {any} */ part, key) => part?.[key], value);
}
