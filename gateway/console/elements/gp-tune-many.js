/** The analysed streams of many cameras tuned or set back at once: first looked at, then done. For administrators. */
/** @import { Job, Tuning } from "../contract.js" */
/** @import { Deed } from "../tuning.js" */
import { css, html } from "lit";
import { cancel, isOver, share } from "../job.js";
import { icon } from "../icons.js";
import { msg, t } from "../language.js";
import { base, controls, dialogs, marks } from "../styles.js";
import { encodingWord, isWorthwhile, tuneMany } from "../tuning.js";
import { refusalDetail, refusalText } from "../vocabulary.js";
import { Work } from "../work.js";
import { ConsoleElement } from "./console-element.js";
import { refusal } from "./refusal.js";
import "./gp-progress.js";

/** @type {Record<Deed, string>} */
const DONE = { preview: msg("can be tuned"), tune: msg("tuned"), restore: msg("set back") };

export class GpTuneMany extends ConsoleElement {
  static styles = [base, controls, dialogs, marks, css`
    dialog { width: min(44rem, calc(100vw - 2rem)); }
    .body { display: grid; gap: var(--s4); }
    .counts { display: flex; flex-wrap: wrap; gap: var(--s3) var(--s5); }
    .counts b { font-size: var(--large); margin-inline-end: var(--s2); }
    ul.list { max-height: 45vh; overflow: auto; border: 1px solid var(--line); border-radius: var(--radius-small); }
    ul.list li { padding: var(--s2) var(--s3); display: grid; gap: 0.1rem; }
    ul.list li + li { border-block-start: 1px solid var(--line); }
  `];
  static properties = { cameras: { attribute: false }, deed: { state: true }, job: { state: true }, refused: { state: true } };

  #work = new Work(this);

  constructor() {
    super();
    /** Ids of the cameras that are meant. @type {string[]} */
    this.cameras = [];
    /** @type {Deed} */
    this.deed = "preview";
    /** @type {Job<Tuning> | null} */
    this.job = null;
    /** @type {unknown} */
    this.refused = null;
  }

  render() {
    const { job } = this;
    const over = !job || isOver(job);
    return html`<button ?disabled=${!this.cameras.length} @click=${this.#open}>${icon("administration")}${t("Stream tuning")}</button>
      <dialog aria-labelledby="title" @close=${() => this.#work.stop()}><div class="body">
        <h2 id="title">${t("Tune the streams of {count} cameras", { count: this.cameras.length })}</h2>
        <p class="small quiet">${t("The camera sends the stream that is analysed smaller and slower: the same incidents for a fraction of network and processor. Pictures break off for some seconds. What each was is kept and can be undone.")}</p>
        ${refusal(this.refused)}
        ${job && !over ? html`<gp-progress words=${t("{done} of {total} cameras", { done: job.done, total: job.total || this.cameras.length })} .share=${share(job)} @cancel=${() => cancel(job).catch(() => {})}></gp-progress>` : null}
        ${job ? this.#found(job) : null}
        <div class="buttons">
          <button @click=${this.#close}>${t("Close")}</button>
          <button ?disabled=${!over} @click=${() => this.#run("restore", this.cameras)}>${icon("undo")}${t("Set back")}</button>
          <button class="primary" ?disabled=${!over || !this.#worthwhile.length} @click=${() => this.#run("tune", this.#worthwhile)}>${t("Tune {count} cameras", { count: this.#worthwhile.length })}</button></div>
      </div></dialog>`;
  }

  /** Those that a look found something to gain at. */
  get #worthwhile() {
    if (this.deed !== "preview") return [];
    return (this.job?.found ?? []).filter(({ change }) => change && isWorthwhile(change)).map(({ camera }) => camera);
  }

  /** @param {Job<Tuning>} job */
  #found({ found }) {
    const done = found.filter(({ change }) => change && isWorthwhile(change) !== (this.deed === "restore"));
    const failed = found.filter(({ code }) => code);
    const rate = done.reduce((sum, { change }) => sum + (change?.saved_kbps ?? 0), 0);
    return html`<ul class="counts" role="status">
        <li><b>${done.length}</b>${t(DONE[this.deed])}</li>
        <li><b>${found.length - done.length - failed.length}</b>${t("stay as they are")}</li>
        <li><b>${failed.length}</b>${t("cannot be")}</li>
        ${rate > 0 ? html`<li><b>${(rate / 1000).toFixed(1)}</b>${t("Mbit/s saved")}</li>` : null}</ul>
      ${found.length ? html`<ul class="list">${[...failed, ...done].map(row)}</ul>` : null}`;
  }

  #open() {
    /** @type {HTMLDialogElement | null} */ (this.renderRoot.querySelector("dialog"))?.showModal();
    return this.#run("preview", this.cameras);
  }

  #close() {
    this.renderRoot.querySelector("dialog")?.close();
  }

  /** @param {Deed} deed @param {string[]} cameras */
  async #run(deed, cameras) {
    const { signal } = this.#work;
    this.refused = null;
    this.job = null;
    this.deed = deed;
    try {
      await tuneMany(deed, cameras, signal, (job) => { this.job = job; });
    } catch (error) {
      if (!signal.aborted) this.refused = error;
    }
  }
}

/** @param {Tuning} outcome */
function row({ camera, name, change, code, text }) {
  return html`<li><span>${name} <span class="tiny quiet mono">${camera}</span></span>
    ${change ? html`<span class="small quiet">${encodingWord(change.before)}</span><span class="small">→ ${encodingWord(change.after)}</span>`
      : html`<span class="small refusal" title=${refusalDetail({ code, message: text })}>${refusalText({ code, message: text })}</span>`}</li>`;
}

customElements.define("gp-tune-many", GpTuneMany);
