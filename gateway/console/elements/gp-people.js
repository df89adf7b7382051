/** Who may sign in: added with a password that is shown once, moved, given another role or password, shut out. */
/** @import { MadeUp, Person, Unit } from "../administration.js" */
import { css, html } from "lit";
import { live } from "lit/directives/live.js";
import { repeat } from "lit/directives/repeat.js";
import { getJson, sendJson } from "../api.js";
import { ROLE_CHOICES, roleWord } from "../administration-words.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { pointOut } from "../mistakes.js";
import { base, controls, dialogs, forms, marks, tables } from "../styles.js";
import { text } from "./camera-fields.js";
import { ConsoleElement } from "./console-element.js";
import { refusal } from "./refusal.js";
import "./gp-confirm.js";

/** Tells of a change by a "changed" event with everybody in it. */
export class GpPeople extends ConsoleElement {
  static styles = [base, controls, forms, marks, tables, dialogs, css`
    .head { display: flex; flex-wrap: wrap; gap: var(--s2); align-items: center; padding-block-end: var(--s3); }
    .head h2 { flex: 1; }
    td .buttons { justify-content: flex-end; }
    td.small select { width: 100%; }
    @media (pointer: coarse) { td.small select { font-size: var(--body); } }
    output { font: 600 var(--title) var(--mono); overflow-wrap: anywhere; user-select: all; }
    .none { padding: var(--s4); color: var(--ink-2); }
    @media (max-width: 900px) { td .buttons { justify-content: flex-start; padding-block: var(--s1); } }
  `];
  static properties = {
    people: { attribute: false }, units: { attribute: false }, unit: { attribute: false }, me: {},
    made: { state: true }, refused: { state: true }, busy: { state: true },
  };

  constructor() {
    super();
    /** @type {Person[]} */
    this.people = [];
    /** @type {Unit[]} */
    this.units = [];
    /** Whose people are shown, "" for all. */
    this.unit = "";
    /** Whoever is signed in. */
    this.me = "";
    /** @type {MadeUp | null} */
    this.made = null;
    /** @type {unknown} */
    this.refused = null;
    this.busy = false;
  }

  render() {
    const shown = this.people.filter(({ unit }) => !this.unit || unit === this.unit);
    return html`<section aria-label=${t("People")}>
      <div class="head"><h2>${t("People")}</h2><button class="primary" @click=${() => this.#dialog("add")?.showModal()}>${icon("add")}${t("Add a person")}</button></div>
      ${refusal(this.refused)}
      <div class="panel">${shown.length ? html`<table>
        <thead><tr><th>${t("Name")}</th><th>${t("Role")}</th><th>${t("Unit")}</th><th>${t("State")}</th><th><span class="unseen">${t("Actions")}</span></th></tr></thead>
        <tbody>${repeat(shown, ({ username }) => username, (one) => this.#row(one))}</tbody></table>` : html`<p class="none">${t("Nobody belongs to this unit.")}</p>`}</div>
      ${this.#adding()}${this.#told()}<gp-confirm></gp-confirm></section>`;
  }

  /** @param {Person} person */
  #row(person) {
    const { username, role, unit, is_disabled: isOut, must_change_password: mustChange } = person;
    const move = (/** @type {Event} */ event) => this.#change("PUT", username, "unit", { unit: /** @type {HTMLSelectElement} */ (event.target).value || null });
    const change = (/** @type {Event} */ event) => this.#change("PUT", username, "role", { role: /** @type {HTMLSelectElement} */ (event.target).value });
    return html`<tr><td><b>${username}</b></td>
      <td data-label=${t("Role")} class="small"><select aria-label=${t("Role of {person}", { person: username })} ?disabled=${this.busy || username === this.me} .value=${live(role)} @change=${change}>${roleChoices(role)}</select></td>
      <td data-label=${t("Unit")} class="small"><select aria-label=${t("Unit of {person}", { person: username })} ?disabled=${this.busy} .value=${live(unit ?? "")} @change=${move}>${this.#choices(unit)}</select></td>
      <td data-label=${t("State")}><span>${isOut ? html`<span class="mark bad">${t("Shut out")}</span>` : mustChange ? html`<span class="mark busy">${t("Has to choose a password")}</span>` : html`<span class="mark good">${t("May sign in")}</span>`}</span></td>
      <td><div class="buttons"><button ?disabled=${this.busy} aria-label=${t("New password for {person}", { person: username })} @click=${() => this.#reset(person)}>${icon("key")}${t("New password")}</button>
        <button ?disabled=${this.busy || isOut || username === this.me} aria-label=${t("Shut {person} out", { person: username })} @click=${() => this.#shutOut(person)}>${icon("lock")}${t("Shut out")}</button></div></td></tr>`;
  }

  /** @param {string | null} unit */
  #choices(unit) {
    return html`<option value="" ?selected=${!unit}>${t("Whole site")}</option>
      ${this.units.map(({ id, name }) => html`<option value=${id} ?selected=${id === unit}>${name}</option>`)}`;
  }

  #adding() {
    return html`<dialog id="add" aria-labelledby="title"><form @submit=${this.#add}><h2 id="title">${t("Add a person")}</h2>
      <label>${t("User name")}<input name="username" required maxlength="64" autocomplete="off" autocapitalize="none" spellcheck="false"></label>
      <label>${t("Role")}<select name="role">${roleChoices("operator")}</select></label>
      <label>${t("Unit")}<select name="unit">${this.#choices(this.unit || null)}</select></label>
      <p class="hint">${t("Operators see their unit and all below it; reporters send findings and see nothing of the site.")}</p>
      ${refusal(this.refused)}
      <div class="buttons"><button type="button" @click=${() => this.#dialog("add")?.close()}>${t("Cancel")}</button><button class="primary" ?disabled=${this.busy}>${t("Add")}</button></div></form></dialog>`;
  }

  #told() {
    return html`<dialog id="told" aria-labelledby="once" @close=${() => { this.made = null; }}><form method="dialog"><h2 id="once">${t("Password of {person}", { person: this.made?.username ?? "" })}</h2>
      <output>${this.made?.password}</output><p>${t("Shown this once. Whoever signs in with it has to choose one of their own.")}</p>
      <div class="buttons"><button class="primary">${t("I have noted it")}</button></div></form></dialog>`;
  }

  /** @param {string} id */
  #dialog(id) {
    return /** @type {HTMLDialogElement | null} */ (this.renderRoot.querySelector(`#${id}`));
  }

  /** @param {SubmitEvent} event */
  async #add(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const fields = new FormData(form);
    const person = { username: text(fields, "username"), role: text(fields, "role"), unit: text(fields, "unit") || null };
    if (!await this.#makeUp("users", person)) {
      pointOut(form, this.refused);
      return;
    }
    form.reset();
    this.#dialog("add")?.close();
    this.#dialog("told")?.showModal();
  }

  /** @param {Person} person */
  async #reset({ username }) {
    const agreed = await this.#ask(t("New password for {person}?", { person: username }), t("The old one no longer works, and all their sessions end."), t("New password"));
    if (agreed && await this.#makeUp(`users/${encodeURIComponent(username)}/reset`, {})) this.#dialog("told")?.showModal();
  }

  /** @param {Person} person */
  async #shutOut({ username }) {
    const agreed = await this.#ask(t("Shut {person} out?", { person: username }), t("All their sessions end now. A new password lets them in again."), t("Shut out"));
    if (agreed) await this.#change("POST", username, "disable");
  }

  /** @param {string} title @param {string} words @param {string} action */
  #ask(title, words, action) {
    return /** @type {import("./gp-confirm.js").GpConfirm | null} */ (this.renderRoot.querySelector("gp-confirm"))?.ask({ title, text: words, action });
  }

  /** @param {string} path @param {object} body */
  #makeUp(path, body) {
    return this.#try(async () => {
      this.made = await sendJson("POST", path, body);
      return (await getJson("users")).users;
    });
  }

  /** @param {"PUT" | "POST"} method @param {string} username @param {string} what @param {object} [body] */
  #change(method, username, what, body) {
    return this.#try(async () => (await sendJson(method, `users/${encodeURIComponent(username)}/${what}`, body)).users);
  }

  /** @param {() => Promise<Person[]>} deed which gives everybody as they are then */
  async #try(deed) {
    this.busy = true;
    this.refused = null;
    try {
      this.dispatchEvent(new CustomEvent("changed", { detail: await deed() }));
      return true;
    } catch (error) {
      this.refused = error;
      return false;
    } finally {
      this.busy = false;
    }
  }
}

/** @param {string} chosen */
function roleChoices(chosen) {
  return ROLE_CHOICES.map((role) => html`<option value=${role} ?selected=${role === chosen}>${roleWord(role)}</option>`);
}

customElements.define("gp-people", GpPeople);
