/** What a camera lost of what it had learnt of its place, and what happens now; on its card and on its water page. */
/** @import { Water } from "../contract.js" */
import { css, html } from "lit";
import { since } from "../format.js";
import { t } from "../language.js";
import { lossWords } from "../water-words.js";

export const loss = css`
  .whole { white-space: nowrap; }
  .loss { display: grid; gap: var(--s1); padding: var(--s2) var(--s3); border-radius: var(--radius-small); background: var(--yellow-soft); }
`;

/** @param {Water | null} water @param {Date} now nothing where nothing was lost */
export function lossNote(water, now) {
  const words = water && lossWords(water);
  if (!water?.lost || !words) return null;
  return html`<div class="loss" role="note"><p>${words.what} <span class="quiet small whole">${t("since {time}", { time: since(water.lost.at, now) })}</span></p><p class="small">${words.now}</p></div>`;
}
