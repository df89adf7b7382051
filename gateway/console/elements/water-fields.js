/** What is said of a mark and of a river, as fields below its name. */
/** @import { Mistake } from "../api.js" */
/** @import { StreamFacts } from "../contract.js" */
/** @import { MarkKind, PermanentWater, WaterMark, WaterUsual } from "../water.js" */
import { html } from "lit";
import { decimal } from "../format.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { MARK_CHOICES, markHint, markWord } from "../water-words.js";
import { fault } from "./calendar-fields.js";
import "./gp-mark-picture.js";

export const MARK_FIELDS = ["kind", "height_cm", "zero_cm"];

/** @param {WaterMark} mark @param {{ usual: WaterUsual | null, stream: StreamFacts | null, mistakes: Mistake[], fixed: boolean, change: (part: Partial<WaterMark>) => void }} around */
export function markFields(mark, { usual, stream, mistakes, fixed, change }) {
  const number = (/** @type {Event} */ event) => {
    const { value } = /** @type {HTMLInputElement} */ (event.target);
    return value === "" ? null : Number(value);
  };
  return html`<label>${t("Kind of mark")}<select ?disabled=${fixed} @change=${(/** @type {Event} */ event) => change({ kind: /** @type {MarkKind} */ (/** @type {HTMLSelectElement} */ (event.target).value) })}>
        ${MARK_CHOICES.map((one) => html`<option value=${one} ?selected=${one === mark.kind}>${markWord(one)}</option>`)}</select>${fault(mistakes, "kind")}</label>
    <div class="fields numbers"><label>${t("From foot to top (cm)")}<input type="number" inputmode="decimal" min="1" max="1000" step="any" .value=${String(mark.height_cm ?? "")} placeholder=${t("measure it")} ?disabled=${fixed} @change=${(/** @type {Event} */ event) => change({ height_cm: number(event) })}>${fault(mistakes, "height_cm")}</label>
      <label>${t("Foot above the lowest ground (cm)")}<input type="number" inputmode="decimal" min="-1000" max="1000" step="any" .value=${mark.zero_cm ? String(mark.zero_cm) : ""} placeholder="0" ?disabled=${fixed} @change=${(/** @type {Event} */ event) => change({ zero_cm: number(event) ?? 0 })}>${fault(mistakes, "zero_cm")}</label>
    </div>
    <div class="meant"><gp-mark-picture kind=${mark.kind}></gp-mark-picture><div><p class="hint">${markHint(mark.kind)}</p>${reach(mark, usual, stream)}</div></div>`;
}

/** How well a mark of this length in the picture is read. @param {WaterMark} mark @param {WaterUsual | null} usual @param {StreamFacts | null} stream */
function reach({ kind, foot, top, height_cm: height }, usual, stream) {
  const errors = usual?.marks[kind];
  const least = errors?.[0];
  if (!stream || !errors || !least) return null;
  const length = Math.hypot((foot[0] - top[0]) * stream.width, (foot[1] - top[1]) * stream.height);
  const px = Math.round(length);
  if (length < least.from_px) return html`<p class="refusal">${t("{px} pixels long in the picture: too short to be read. It takes {least}; choose a higher mark, or let the camera look closer.", { px, least: least.from_px })}</p>`;
  const part = errorPart(errors, length);
  return html`<p class="hint">${height ? t("{px} pixels long in the picture: read to about {error} cm.", { px, error: decimal(part * height) }) : t("{px} pixels long in the picture: long enough to be read.", { px })}</p>`;
}

/** In between it changes evenly, beyond the last it stays. @param {{ from_px: number, error_part: number }[]} errors @param {number} length pixels */
export function errorPart(errors, length) {
  const high = errors.find(({ from_px: px }) => px > length);
  const low = errors.findLast(({ from_px: px }) => px <= length);
  if (!low) return NaN;
  if (!high) return low.error_part;
  return low.error_part + ((high.error_part - low.error_part) * (length - low.from_px)) / (high.from_px - low.from_px);
}

/** @param {PermanentWater} water @param {{ fixed: boolean, draw: () => void, remove: () => void }} deeds of its usual edge */
export function riverFields({ normal }, { fixed, draw, remove }) {
  const said = normal ? t("Up to its usual edge it is ignored; what is beyond that is ground like any other.") : t("All of it is ignored.");
  const buttons = normal ? html`<button @click=${remove}>${icon("remove")}${t("Remove its edge")}</button>` : html`<button @click=${draw}>${icon("edit")}${t("Draw its usual edge")}</button>`;
  return html`<p class="hint">${said}</p>${fixed ? null : html`<div class="buttons">${buttons}</div>`}`;
}
