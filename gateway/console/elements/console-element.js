/** What all elements of the console share: shared styles, and a new rendering when their sources change. */
import { LitElement } from "lit";
import { languageChanges } from "../language.js";

export class ConsoleElement extends LitElement {
  /** @type {[EventTarget, string][]} */
  #followed = [];
  /** Stands from connection to disconnection. @type {AbortController | null} */
  #listening = null;

  constructor() {
    super();
    this.follow(languageChanges, "change");
  }

  /** Render again whenever `source` tells of one of `types`, for as long as this is on the page. @param {EventTarget} source @param {...string} types */
  follow(source, ...types) {
    for (const type of types) {
      this.#followed.push([source, type]);
      this.#listen(source, type);
    }
  }

  connectedCallback() {
    super.connectedCallback();
    this.#listening = new AbortController();
    for (const [source, type] of this.#followed) this.#listen(source, type);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#listening?.abort();
    this.#listening = null;
  }

  /** @param {EventTarget} source @param {string} type */
  #listen(source, type) {
    const signal = this.#listening?.signal;
    if (signal) source.addEventListener(type, () => this.requestUpdate(), { signal });
  }
}
