/** Below what is being rewritten: save, take back, and what was refused. */
/** @import { TemplateResult } from "lit" */
/** @import { Draft } from "../draft.js" */
/** @import { Shape } from "./gp-shapes.js" */
import { css, html } from "lit";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { crossedEdges } from "../outlines.js";
import { refusal } from "./refusal.js";

export const foot = css`
  .foot { position: sticky; inset-block-end: 0; background: var(--foot-ground, var(--panel)); padding-block: var(--s3); display: grid; gap: var(--s2); z-index: 2; }
  @media (max-width: 760px) { .foot { inset-block-end: calc(3.25rem + env(safe-area-inset-bottom)); } }
`;

/** @param {Draft<any, any>} draft @param {{ word: string, hint?: unknown, isWhole?: boolean }} look `isWhole`: it can be saved */
export function draftFoot(draft, { word, hint = null, isWhole = true }) {
  const isStill = draft.busy || !draft.isChanged;
  return html`<form class="foot" @submit=${draft.save}>${refusal(draft.unsolved)}<div class="buttons">
      <button class="primary" ?disabled=${isStill || !isWhole}>${word}</button>
      <button type="button" ?disabled=${isStill} @click=${draft.back}>${icon("undo")}${t("Undo")}</button>
      <button type="button" ?disabled=${isStill} @click=${draft.revert}>${t("Undo all")}</button>
      ${draft.isSaved ? html`<span class="mark good" role="status">${icon("check")}${t("Saved")}</span>` : null}</div>${hint}</form>`;
}

/** What to mend among drawn areas before they can be saved, null when nothing. @param {Shape[]} shapes */
export function crossedHint(shapes) {
  const crossed = shapes.filter(({ isLine, points }) => !isLine && crossedEdges(points).length > 0);
  if (!crossed.length) return null;
  return html`<p class="refusal" role="alert">${t("Lines cross in {areas}: drag a corner there until none are red.", { areas: crossed.map(({ name }) => name).join(t(", ")) })}</p>`;
}

/** In the place of what was not read yet. @param {Draft<any, any>} draft @returns {TemplateResult} */
export function notRead(draft) {
  return html`${refusal(draft.refused)}${draft.refused ? html`<button @click=${draft.read}>${t("Try again")}</button>` : html`<p class="quiet" role="status">${t("Reading…")}</p>`}`;
}
