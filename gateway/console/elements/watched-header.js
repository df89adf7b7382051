/** Above what is watched at a camera: the way back, and its two pages, rules and water. */
/** @import { Camera } from "../contract.js" */
import { css, html } from "lit";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { cameraHref, rulesHref, waterHref } from "../router.js";

export const watched = css`
  header .segments { margin-inline-start: auto; }
  .segments a { display: inline-flex; align-items: center; min-height: max(2rem, var(--touch)); padding-inline: var(--s3); }
  .segments a + a { border-inline-start: 1px solid var(--line); }
  .segments a:hover { background: var(--raised); }
  .segments a[aria-current="page"] { background: var(--accent-soft); color: var(--accent); font-weight: 600; }
`;

/** @param {string} id @param {Camera | undefined} camera @param {"rules" | "water"} about @param {boolean} isAdmin others have no page of rules */
export function watchedHeader(id, camera, about, isAdmin) {
  const name = camera?.name ?? t("Camera");
  const page = (/** @type {"rules" | "water"} */ what, /** @type {string} */ href, /** @type {string} */ word) => html`<a href=${href} aria-current=${what === about ? "page" : "false"}>${word}</a>`;
  return html`<nav><a class="button plain" href=${cameraHref(id)}>${icon("back")}<span class="cut">${camera?.name ?? t("Camera")}</span></a></nav>
    <header><h1 tabindex="-1">${about === "rules" ? t("Rules of {camera}", { camera: name }) : t("Water at {camera}", { camera: name })}</h1>
      ${isAdmin ? html`<div class="segments" role="navigation" aria-label=${t("What is watched")}>${page("rules", rulesHref(id), t("Rules"))}${page("water", waterHref(id), t("Water areas"))}</div>` : null}</header>`;
}
