/** How a refusal is shown: in the reader's words, with what the server adds below. */
import { html } from "lit";
import { refusalDetail, refusalText } from "../vocabulary.js";

/** @param {unknown} error nothing when falsy, but the place stays for screen readers */
export function refusal(error) {
  return html`<div role="alert">${error ? html`<p class="refusal">${refusalText(error)}</p>
    ${refusalDetail(error) ? html`<p class="tiny quiet lines">${refusalDetail(error)}</p>` : null}` : null}</div>`;
}
