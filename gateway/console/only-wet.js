/** "Only wet, no water", or that a slope may look so: asked once more, since what the camera then sees is never told again. */
/** @import { GpConfirm } from "./elements/gp-confirm.js" */
import { postJson } from "./api.js";
import { t } from "./language.js";

/** Whether a slope's look really is harmless. @param {GpConfirm} dialog */
export function isHarmless(dialog) {
  return dialog.ask({ title: t("Harmless, as it is now?"), text: t("What the slope looks like now will not be told as moved any more. Has somebody been there and looked?"), action: t("Harmless, as it is now"), mild: true });
}

/** Whether there really is no water. @param {GpConfirm} dialog */
export function isOnlyWet(dialog) {
  return dialog.ask({ title: t("Only wet, no water?"), text: t("What the camera sees now will not be told as water any more. Is there really none?"), action: t("Only wet, no water"), mild: true });
}

/** Have a camera keep it. @param {string} camera its id @returns {Promise<string>} what follows from it */
export async function keepOnlyWet(camera) {
  await postJson(`cameras/${encodeURIComponent(camera)}/water/only-wet`, {});
  return t("Noted. What looks like this alerts no more; the incident closes when it has stayed so for some minutes.");
}
