/** A span of recordings as one film: what it will hold, then the download with its progress. */
/** @import { Span } from "../contract.js" */
import { css, html } from "lit";
import { request } from "../api.js";
import { clockTime, duration, fileSize, momentOf } from "../format.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { spanOf } from "../recordings.js";
import { saveFile } from "../save-file.js";
import { base, controls, forms } from "../styles.js";
import { text } from "./camera-fields.js";
import { ConsoleElement } from "./console-element.js";
import { refusal } from "./refusal.js";
import "./gp-progress.js";

/** Beyond this the browser itself takes the film to the disk: a page would have to hold it in memory. */
const MOST_BYTES = 400_000_000;

export class GpSpanExport extends ConsoleElement {
  static styles = [base, controls, forms, css`
    form { display: flex; flex-wrap: wrap; gap: var(--s3); align-items: end; }
    form label { flex: 1 1 8rem; }
    .told { display: grid; gap: var(--s2); padding-block-start: var(--s3); }
  `];
  static properties = {
    cameraId: { attribute: false }, day: {}, from: {}, to: {},
    span: { state: true }, refused: { state: true }, share: { state: true }, done: { state: true },
  };

  /** @type {AbortController | null} */
  #loading = null;

  constructor() {
    super();
    this.cameraId = "";
    this.day = "";
    /** Times of day to begin with. */
    this.from = "";
    this.to = "";
    /** @type {Span | null} */
    this.span = null;
    /** @type {unknown} */
    this.refused = null;
    /** How much has come, from 0 to 1; null while nothing is loading. @type {number | null} */
    this.share = null;
    this.done = false;
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#loading?.abort();
  }

  willUpdate(/** @type {Map<string, unknown>} */ changed) {
    if (["cameraId", "day", "from", "to"].some((name) => changed.has(name))) this.#forget();
  }

  #forget() {
    this.span = this.refused = null;
    this.done = false;
  }

  render() {
    const { span, share } = this;
    return html`<form @submit=${this.#submit} @input=${this.#forget}>
        <label>${t("From")}<input name="from" type="time" step="1" required .value=${this.from}></label>
        <label>${t("To")}<input name="to" type="time" step="1" required .value=${this.to}></label>
        <button class="primary" ?disabled=${share !== null}>${icon("download")}${t("Export film")}</button>
      </form>
      <div class="told">${refusal(this.refused)}
        ${span ? gaps(span) : null}
        ${share === null ? null : html`<gp-progress words=${t("Being made and loaded")} .share=${share} @cancel=${() => this.#loading?.abort()}></gp-progress>`}
        ${this.done ? html`<p role="status" class="row">${icon("check")}${t("The film is in your downloads.")}</p>` : null}</div>`;
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const [start, end] = [momentOf(this.day, text(fields, "from")), momentOf(this.day, text(fields, "to"))];
    const name = `${this.cameraId}-${this.day}-${text(fields, "from").replaceAll(":", "")}.mp4`;
    this.#forget();
    try {
      if (end <= start) throw new RangeError(t("The end must be later than the beginning."));
      const span = await spanOf(this.cameraId, start, end);
      this.span = span;
      if (span.bytes > MOST_BYTES) download(span.url, name);
      else await this.#load(span, name);
      this.done = this.share === null;
    } catch (error) {
      this.refused = error instanceof RangeError ? error.message : error;
    }
  }

  /** @param {Span} span @param {string} name */
  async #load(span, name) {
    const loading = new AbortController();
    this.#loading = loading;
    this.share = 0;
    try {
      const answer = await request(span.url, { signal: loading.signal });
      const film = await this.#received(answer, span.bytes);
      saveFile(film, name);
    } finally {
      this.share = null;
      this.#loading = null;
    }
  }

  /** @param {Response} answer @param {number} total bytes, about */
  async #received(answer, total) {
    /** @type {BlobPart[]} */
    const parts = [];
    const reader = answer.body?.getReader();
    for (let come = 0, part = await reader?.read(); part?.value; part = await reader?.read()) {
      parts.push(part.value);
      come += part.value.length;
      this.share = Math.min(1, come / total);
    }
    return new Blob(parts, { type: "video/mp4" });
  }
}

/** @param {string} url @param {string} name */
function download(url, name) {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
}

/** @param {Span} span */
function gaps({ gaps: missing, bytes }) {
  const lost = missing.reduce((sum, { start, end }) => sum + Date.parse(end) - Date.parse(start), 0);
  return html`<p class="small quiet">${t("About {size}.", { size: fileSize(bytes) })}
    ${missing.length ? t("{length} of it were not recorded and are left out: {gaps}", {
      length: duration(lost / 1000), gaps: missing.map(({ start, end }) => `${clockTime(start)}–${clockTime(end)}`).join(", "),
    }) : null}</p>`;
}

customElements.define("gp-span-export", GpSpanExport);
