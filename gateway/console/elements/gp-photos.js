/** Choosing and taking photos: each is shown small, and can be taken out again. A "change" event tells of it. */
import { css, html } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { base, controls } from "../styles.js";
import { ConsoleElement } from "./console-element.js";

/** @typedef {{ file: File, url: string }} Chosen url: "" of what is no picture */

export class GpPhotos extends ConsoleElement {
  static styles = [base, controls, css`
    .grid { display: grid; gap: var(--s2); grid-template-columns: repeat(auto-fill, minmax(6rem, 1fr)); }
    .one { position: relative; aspect-ratio: 1; border-radius: var(--radius); overflow: clip; background: var(--raised); border: 1px solid var(--line); display: grid; place-items: center; font-size: var(--tiny); text-align: center; overflow-wrap: anywhere; }
    .one img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: cover; }
    .one button { position: absolute; inset: var(--s1) var(--s1) auto auto; width: max(2.25rem, var(--touch)); min-height: max(2.25rem, var(--touch)); padding: 0; border-radius: 50%; background: var(--stage-cover); color: var(--stage-ink); border: 0; }
    .add { aspect-ratio: 1; display: grid; place-content: center; justify-items: center; gap: var(--s1); border: 1px dashed var(--line-strong); border-radius: var(--radius); cursor: pointer; color: var(--accent); font-size: var(--small); font-weight: 600; text-align: center; }
    .add:focus-within { outline: 2px solid var(--accent); outline-offset: 2px; }
    .add svg.icon { width: 2rem; height: 2rem; justify-self: center; }
    .add input { position: absolute; width: 1px; height: 1px; min-height: 0; opacity: 0; }
  `];
  static properties = { most: { type: Number }, papers: { type: Boolean }, chosen: { state: true } };

  constructor() {
    super();
    this.most = 6;
    /** Whether PDFs are taken too. */
    this.papers = false;
    /** @type {Chosen[]} */
    this.chosen = [];
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.clear();
  }

  /** @returns {File[]} */
  get files() {
    return this.chosen.map(({ file }) => file);
  }

  clear() {
    for (const { url } of this.chosen) if (url) URL.revokeObjectURL(url);
    this.chosen = [];
  }

  render() {
    const full = this.chosen.length >= this.most;
    const word = this.papers ? t("Add pictures or papers") : t("Take or choose photos");
    return html`<div class="grid">
      ${repeat(this.chosen, ({ file }) => file, (one) => html`<div class="one">${one.url ? html`<img src=${one.url} alt=${one.file.name}>` : one.file.name}
        <button type="button" aria-label=${t("Take {name} out", { name: one.file.name })} @click=${() => this.#remove(one)}>${icon("close")}</button></div>`)}
      ${full ? null : html`<label class="add">${icon("camera")}<span>${word}</span>
        <input type="file" multiple accept=${this.papers ? "image/jpeg,image/png,application/pdf" : "image/*"} aria-label=${word} @change=${this.#choose}></label>`}
    </div>`;
  }

  /** @param {Event} event */
  #choose({ target }) {
    const input = /** @type {HTMLInputElement} */ (target);
    const added = [...(input.files ?? [])].map((file) => ({ file, url: file.type.startsWith("image/") ? URL.createObjectURL(file) : "" }));
    this.chosen = [...this.chosen, ...added].slice(0, this.most);
    input.value = "";
    this.dispatchEvent(new Event("change"));
  }

  /** @param {Chosen} one */
  #remove(one) {
    if (one.url) URL.revokeObjectURL(one.url);
    this.chosen = this.chosen.filter((other) => other !== one);
    this.dispatchEvent(new Event("change"));
  }
}

customElements.define("gp-photos", GpPhotos);
