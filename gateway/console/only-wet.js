/** "Only wet, no water": asked once more, since what the camera then sees is never told as water again. */
/** @import { GpConfirm } from "./elements/gp-confirm.js" */
import { postJson } from "./api.js";
import { t } from "./language.js";

/** @param {GpConfirm} dialog whether there really is no water */
export function isOnlyWet(dialog) {
  return dialog.ask({ title: t("Only wet, no water?"), text: t("What the camera sees now will not be told as water any more. Is there really none?"), action: t("Only wet, no water"), mild: true });
}

/** Have a camera keep it. @param {string} camera its id @returns {Promise<string>} what follows from it */
export async function keepOnlyWet(camera) {
  await postJson(`cameras/${encodeURIComponent(camera)}/water/only-wet`, {});
  return t("Noted. What looks like this alerts no more; the incident closes when it has stayed so for some minutes.");
}
