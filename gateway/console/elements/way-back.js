/** The way back from a page of administration. */
import { html } from "lit";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { ADMINISTRATION } from "../router.js";

export function wayBack() {
  return html`<nav><a class="button plain" href=${ADMINISTRATION}>${icon("back")}${t("Administration")}</a></nav>`;
}
