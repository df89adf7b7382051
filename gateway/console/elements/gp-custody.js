/** What a case proves: handed on as an archive, compared with its seal, kept by a legal hold. */
/** @import { Hold, SealCheck } from "../administration.js" */
/** @import { User } from "../contract.js" */
import { css, html } from "lit";
import { getJson, request, sendJson } from "../api.js";
import { dayAndTime } from "../format.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { auditHref } from "../router.js";
import { saveFile } from "../save-file.js";
import { base, controls, dialogs, forms, marks } from "../styles.js";
import { text } from "./camera-fields.js";
import { ConsoleElement } from "./console-element.js";
import { facts, page } from "./page-styles.js";
import { refusal } from "./refusal.js";

export class GpCustody extends ConsoleElement {
  static styles = [base, controls, marks, forms, page, facts, dialogs, css`ul { display: grid; gap: var(--s1); } li { overflow-wrap: anywhere; }`];
  static properties = {
    incidentId: { attribute: false }, user: { attribute: false }, closed: { type: Boolean },
    hold: { state: true }, check: { state: true }, busy: { state: true }, refused: { state: true },
  };

  constructor() {
    super();
    this.incidentId = "";
    /** @type {User | null} */
    this.user = null;
    /** The case is closed, so there is a seal. */
    this.closed = false;
    /** @type {Hold | null} */
    this.hold = null;
    /** @type {SealCheck | null} */
    this.check = null;
    this.busy = false;
    /** @type {unknown} */
    this.refused = null;
  }

  willUpdate(/** @type {Map<string, unknown>} */ changed) {
    if (!changed.has("incidentId")) return;
    this.hold = null;
    this.check = null;
    this.refused = null;
    if (this.#isAdmin) this.#try(() => this.#learn(this.incidentId));
  }

  get #isAdmin() {
    return this.user?.role === "admin";
  }

  get #path() {
    return `cases/${encodeURIComponent(this.incidentId)}`;
  }

  /** @param {string} id */
  async #learn(id) {
    const { holds } = /** @type {{ holds: Hold[] }} */ (await getJson("holds"));
    if (id === this.incidentId) this.hold = holds.find((one) => one.case === id) ?? null;
  }

  render() {
    const { hold } = this;
    return html`<section class="panel" aria-label=${t("Proof")}><h2>${t("Proof")}</h2>
      ${hold ? html`<p><span class="mark busy">${icon("lock")}${t("Legal hold")}</span> ${hold.reason}<span class="small quiet"> · ${hold.by} · ${dayAndTime(hold.at)}</span></p>` : null}
      <div class="buttons"><button ?disabled=${this.busy} @click=${() => this.#dialog("export")?.showModal()}>${icon("download")}${t("Export")}</button>
        ${this.closed ? html`<button ?disabled=${this.busy} @click=${this.#compare}>${icon("check")}${t("Compare with the seal")}</button>` : null}
        ${this.#isAdmin ? html`<button ?disabled=${this.busy} @click=${() => this.#dialog("hold")?.showModal()}>${icon("lock")}${hold ? t("Lift the hold") : t("Put on hold")}</button>
          <a class="button" href=${auditHref(`case/${this.incidentId}`)}>${icon("audit")}${t("Audit log")}</a>` : null}</div>
      <div role="status">${this.check ? seal(this.check) : null}</div>${refusal(this.refused)}
      ${this.#exporting()}${this.#holding()}</section>`;
  }

  #exporting() {
    return html`<dialog id="export" aria-labelledby="as"><form @submit=${this.#export}><h2 id="as">${t("Export the case")}</h2>
      <p>${t("An archive with evidence, trail and seals, readable and provable without this program. The export is written into the audit log.")}</p>
      <label class="tick"><input type="checkbox" name="blur"><span>${t("Blur persons; clips and papers are left out")}</span></label>
      ${this.#ends("export", t("Export"))}</form></dialog>`;
  }

  #holding() {
    const { hold } = this;
    return html`<dialog id="hold" aria-labelledby="keep"><form @submit=${this.#keep}><h2 id="keep">${hold ? t("Lift the hold?") : t("Put on hold")}</h2>
      ${hold ? html`<p>${t("What is due is deleted with the next round of retention.")}</p>` : html`<p>${t("Evidence and recordings of this case are kept, whatever is due, until the hold is lifted.")}</p>`}
      <label>${t("Reason")}<input name="reason" maxlength="500" ?required=${!hold} placeholder=${t("Who asked for it, and what for")}></label>
      ${this.#ends("hold", hold ? t("Lift the hold") : t("Put on hold"))}</form></dialog>`;
  }

  /** @param {string} id @param {string} action */
  #ends(id, action) {
    return html`<div class="buttons"><button type="button" @click=${() => this.#dialog(id)?.close()}>${t("Cancel")}</button><button class="primary" ?disabled=${this.busy}>${action}</button></div>`;
  }

  /** @param {string} id */
  #dialog(id) {
    return /** @type {HTMLDialogElement | null} */ (this.renderRoot.querySelector(`#${id}`));
  }

  /** @param {SubmitEvent} event */
  #export(event) {
    event.preventDefault();
    const blur = new FormData(/** @type {HTMLFormElement} */ (event.target)).has("blur");
    this.#dialog("export")?.close();
    return this.#try(async () => {
      const body = JSON.stringify({ blur_persons: blur });
      const answer = await request(`${this.#path}/export`, { method: "POST", headers: { "Content-Type": "application/json" }, body });
      saveFile(await answer.blob(), `case-${this.incidentId}.zip`);
    });
  }

  /** @param {SubmitEvent} event */
  #keep(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const reason = text(new FormData(form), "reason");
    this.#dialog("hold")?.close();
    return this.#try(async () => {
      if (this.hold) await request(`${this.#path}/hold?${new URLSearchParams({ reason })}`, { method: "DELETE" });
      this.hold = this.hold ? null : await sendJson("PUT", `${this.#path}/hold`, { reason });
      form.reset();
    });
  }

  #compare() {
    return this.#try(async () => {
      this.check = await getJson(`${this.#path}/check`);
    });
  }

  /** @param {() => Promise<void>} deed */
  async #try(deed) {
    this.busy = true;
    this.refused = null;
    await deed().catch((error) => { this.refused = error; });
    this.busy = false;
  }
}

/** @param {SealCheck} check */
function seal({ is_sound: isSound, faults, files, sealed_at: at }) {
  const wrong = [...faults, ...files.filter(({ state }) => !["whole", "deleted"].includes(state)).map(({ path, state }) => `${path}: ${state}`)];
  return isSound ? html`<span class="mark good">${icon("check")}${t("As it was sealed, {time}", { time: dayAndTime(at) })}</span>`
    : html`<span class="mark bad">${t("Not as it was sealed, {time}", { time: dayAndTime(at) })}</span><ul>${wrong.map((one) => html`<li class="tiny mono">${one}</li>`)}</ul>`;
}

customElements.define("gp-custody", GpCustody);
