/** The whole console: signed out it is the sign-in page, signed in the bar and the page of the address. */
/** @import { TemplateResult } from "lit" */
/** @import { Incident, User } from "../contract.js" */
/** @import { PageName } from "../router.js" */
/** @import { GpConfirm } from "./gp-confirm.js" */
import { css, html } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { ApiError, getJson, request, sessionChanges } from "../api.js";
import { isUnsaved } from "../draft.js";
import { EventChannel } from "../events.js";
import { useTimeZone } from "../format.js";
import { t } from "../language.js";
import { pageTitle } from "../page-titles.js";
import { routeOf } from "../router.js";
import { Site } from "../site.js";
import { base, controls } from "../styles.js";
import { kindWord, refusalText, severityWord } from "../vocabulary.js";
import { ConsoleElement } from "./console-element.js";
import "./gp-add-page.js";
import "./gp-busy.js";
import "./gp-camera-page.js";
import "./gp-camera-settings-page.js";
import "./gp-cameras-page.js";
import "./gp-confirm.js";
import "./gp-import-page.js";
import "./gp-incident-list.js";
import "./gp-incident-page.js";
import "./gp-password-dialog.js";
import "./gp-proposals.js";
import "./gp-patrol-page.js";
import "./gp-recordings-page.js";
import "./gp-report-page.js";
import "./gp-reporter.js";
import "./gp-round-page.js";
import "./gp-sign-in.js";
import "./gp-top-bar.js";
import "./gp-wall.js";

/** @typedef {{ site: Site, user: User, id: string }} Turn what a page is given */

/** @type {Record<PageName, (turn: Turn) => TemplateResult>} */
const PAGES = {
  wall: ({ site, user }) => html`<gp-wall .site=${site} .user=${user}></gp-wall>`,
  incidents: ({ site }) => html`<div class="list"><gp-proposals></gp-proposals><gp-incident-list whole .site=${site}></gp-incident-list></div>`,
  incident: ({ site, user, id }) => html`<gp-incident-page .site=${site} .user=${user} .incidentId=${id}></gp-incident-page>`,
  camera: ({ site, user, id }) => html`<gp-camera-page .site=${site} .user=${user} .cameraId=${id}></gp-camera-page>`,
  cameras: ({ site, user }) => html`<gp-cameras-page .site=${site} .user=${user}></gp-cameras-page>`,
  "camera-settings": ({ site, id }) => html`<gp-camera-settings-page .site=${site} .cameraId=${id}></gp-camera-settings-page>`,
  recordings: ({ site, id }) => html`<gp-recordings-page .site=${site} .cameraId=${id}></gp-recordings-page>`,
  patrol: ({ site }) => html`<gp-patrol-page .site=${site}></gp-patrol-page>`,
  round: ({ site, id }) => html`<gp-round-page .site=${site} .roundId=${id}></gp-round-page>`,
  report: ({ site, id }) => html`${keyed(id, html`<gp-report-page .site=${site} .cameraId=${id}></gp-report-page>`)}`,
  add: ({ site }) => html`<gp-add-page .site=${site}></gp-add-page>`,
  import: () => html`<gp-import-page></gp-import-page>`,
  rules: ({ site, id }) => html`${keyed(id, html`<gp-rules-page .site=${site} .cameraId=${id}></gp-rules-page>`)}`,
  water: ({ site, user, id }) => html`${keyed(id, html`<gp-water-page .site=${site} .user=${user} .cameraId=${id}></gp-water-page>`)}`,
  administration: ({ user }) => html`<gp-administration-page .user=${user}></gp-administration-page>`,
  units: ({ site, user }) => html`<gp-units-page .site=${site} .user=${user}></gp-units-page>`,
  told: () => html`<gp-told-page></gp-told-page>`,
  audit: ({ site, id }) => html`${keyed(id, html`<gp-audit-page .site=${site} thing=${id}></gp-audit-page>`)}`,
  plan: ({ site, user }) => html`<gp-plan-page .site=${site} .user=${user}></gp-plan-page>`,
  deliveries: ({ user }) => html`<gp-deliveries-page .user=${user}></gp-deliveries-page>`,
};
/** Pages that few open come when they are asked for; until then their place is empty. @type {Partial<Record<PageName, () => Promise<unknown>>>} */
const BROUGHT = {
  rules: () => import("./gp-rules-page.js"),
  water: () => import("./gp-water-page.js"),
  administration: () => import("./gp-administration-page.js"),
  units: () => import("./gp-units-page.js"),
  told: () => import("./gp-told-page.js"),
  audit: () => import("./gp-audit-page.js"),
  plan: () => import("./gp-plan-page.js"),
  deliveries: () => import("./gp-deliveries-page.js"),
};
/** @type {readonly PageName[]} */
const FOR_ADMINISTRATORS = ["camera-settings", "add", "import", "rules", "told", "audit"];

export class GpApp extends ConsoleElement {
  static styles = [base, controls, css`
    .skip { position: fixed; inset: var(--s2) auto auto var(--s2); z-index: 9; transform: translateY(-200%); }
    .skip:focus { transform: none; }
    :host { --notice: 0rem; }
    :host([busy]) { --notice: 2.75rem; }
    main { outline: none; }
    .list { max-width: 90rem; margin-inline: auto; padding: var(--s4); }
    .hollow { min-height: calc(100dvh - 2 * var(--bar)); display: grid; place-content: center; justify-items: center; gap: var(--s3); color: var(--ink-2); }
    @media (max-width: 760px) { main { padding-block-end: calc(3.5rem + env(safe-area-inset-bottom)); } .list { padding: var(--s3); } }
  `];
  static properties = { user: { state: true }, site: { state: true }, route: { state: true }, news: { state: true }, refusal: { state: true }, unbrought: { state: true } };

  /** @type {EventChannel | null} */
  #channel = null;
  #listening = new AbortController();
  /** The address of the page that is shown. */
  #address = location.hash;
  /** A person is being asked whether to leave it. */
  #asking = false;

  constructor() {
    super();
    /** Who is signed in; null when nobody is, undefined until the server has said. @type {User | null | undefined} */
    this.user = undefined;
    /** @type {Site | null} */
    this.site = null;
    this.route = routeOf(location.hash);
    /** What a screen reader is told of the newest incident. */
    this.news = "";
    /** @type {unknown} */
    this.refusal = null;
    /** Why the page of the address did not come. @type {unknown} */
    this.unbrought = null;
  }

  connectedCallback() {
    super.connectedCallback();
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    addEventListener("hashchange", () => this.#turn(), { signal });
    addEventListener("beforeunload", (event) => { if (isUnsaved()) event.preventDefault(); }, { signal });
    sessionChanges.addEventListener("signed-out", () => this.#beginAnew(), { signal });
    this.#resume();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#listening.abort();
    this.#leave();
  }

  willUpdate(/** @type {Map<string, unknown>} */ changed) {
    if (changed.has("route")) void this.#bring();
  }

  /** The session has ended, or allows something else from now on. */
  #beginAnew() {
    this.#leave();
    void this.#resume();
  }

  /** Have the page of the address brought where it was not yet: what is around it goes on. */
  async #bring() {
    this.unbrought = null;
    await BROUGHT[this.route.page]?.().catch((error) => { this.unbrought = new ApiError(0, "offline", String(error)); });
  }

  updated() {
    document.title = pageTitle(this.route, this.site);
  }

  /** Take up a session that the browser still has. */
  async #resume() {
    this.refusal = null;
    try {
      const { user } = await getJson("session");
      this.#enter(user);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) this.user = null;
      else this.refusal = error;
    }
  }

  /** @param {User} user */
  #enter(user) {
    this.user = user;
    if (user.must_change_password) void this.#changePassword();
    if (user.must_change_password || user.role === "reporter") return;
    const site = new Site();
    site.addEventListener("system", () => this.#aboutSite(site));
    site.addEventListener("opening", (event) => this.#announce(/** @type {CustomEvent<Incident>} */ (event).detail));
    this.site = site;
    this.#channel = new EventChannel((message) => site.receive(message), (state) => site.setLink(state));
  }

  /** @param {CustomEvent<User>} event */
  #signedInNow({ detail: user }) {
    this.#enter(user);
  }

  #leave() {
    this.#channel?.close();
    this.#channel = null;
    this.site = null;
    this.user = null;
    this.toggleAttribute("busy", false);
  }

  async #signOut() {
    if (!(await this.#mayLeave())) return;
    await request("session", { method: "DELETE" }).catch(() => {});
    this.#leave();
  }

  async #changePassword() {
    await this.updateComplete;
    const dialog = this.renderRoot.querySelector("gp-password-dialog");
    await /** @type {import("./gp-password-dialog.js").GpPasswordDialog | null} */ (dialog)?.show();
  }

  /** @param {Site} site */
  #aboutSite(site) {
    if (!site.system) return;
    useTimeZone(site.system.time_zone);
    this.toggleAttribute("busy", Boolean(site.system.load?.overloaded_since));
    this.requestUpdate();
  }

  /** @param {Incident} incident */
  #announce(incident) {
    this.news = t("New incident, {severity}: {kind}, {camera}", {
      severity: severityWord(incident.severity), kind: kindWord(incident.kind), camera: incident.camera.name,
    });
  }

  /** Ask before what was written and not saved is lost. @returns {Promise<boolean>} */
  async #mayLeave() {
    if (!isUnsaved()) return true;
    const dialog = /** @type {GpConfirm} */ (this.renderRoot.querySelector("gp-confirm"));
    return dialog.ask({ title: t("Leave without saving?"), text: t("What you changed on this page is not saved yet."), action: t("Leave without saving"), stay: t("Stay here") });
  }

  async #turn() {
    if (this.#asking) return;
    this.#asking = true;
    const agreed = await this.#mayLeave();
    this.#asking = false;
    if (!agreed) {
      if (location.hash !== this.#address) history.pushState(null, "", this.#address || "#/");
      return;
    }
    this.#address = location.hash;
    this.route = routeOf(location.hash);
    await this.updateComplete;
    scrollTo({ top: 0 });
    this.renderRoot.querySelector("main")?.focus({ preventScroll: true });
  }

  render() {
    if (this.refusal) return hollow(this.refusal, () => this.#resume());
    if (this.user === undefined) return html`<div class="hollow waiting-late" role="status">${t("Reading…")}</div>`;
    if (this.user?.must_change_password) return this.#choosingPassword(this.user);
    if (this.user?.role === "reporter") return this.#reporting(this.user);
    if (!this.user || !this.site) return html`<gp-sign-in @signed-in=${this.#signedInNow}></gp-sign-in>`;
    return this.#pages(this.user, this.site);
  }

  /** A password that was made up for somebody opens nothing but this. @param {User} user */
  #choosingPassword(user) {
    const changed = () => this.#enter({ ...user, must_change_password: false });
    const closed = () => { if (this.user?.must_change_password) void this.#signOut(); };
    return html`<gp-password-dialog first @changed=${changed} @closed=${closed}></gp-password-dialog>`;
  }

  /** Who only reports has this one page. @param {User} user */
  #reporting(user) {
    return html`<gp-reporter .user=${user} @sign-out=${this.#signOut} @change-password=${this.#changePassword}></gp-reporter>
      <gp-password-dialog></gp-password-dialog>`;
  }

  /** @param {User} user @param {Site} site */
  #pages(user, site) {
    const { page, id } = this.route;
    const allowed = user.role === "admin" || !FOR_ADMINISTRATORS.includes(page);
    const whole = this.unbrought ? hollow(this.unbrought, () => this.#bring()) : PAGES[page]({ site, user, id });
    return html`
      <button class="skip" @click=${() => this.renderRoot.querySelector("main")?.focus()}>${t("Skip to content")}</button>
      <gp-top-bar .site=${site} .user=${user} .route=${this.route} @sign-out=${this.#signOut} @change-password=${this.#changePassword}></gp-top-bar>
      <gp-busy .site=${site}></gp-busy>
      <main tabindex="-1">${allowed ? whole : html`<p class="list quiet">${t("Only an administrator may do this.")}</p>`}</main>
      <p class="unseen" aria-live="polite">${this.news}</p>
      <gp-confirm></gp-confirm>
      <gp-password-dialog></gp-password-dialog>`;
  }
}

/** In the place of what did not come. @param {unknown} refusal @param {() => void} again */
function hollow(refusal, again) {
  return html`<div class="hollow"><p role="alert">${refusalText(refusal)}</p><button @click=${again}>${t("Try again")}</button></div>`;
}

customElements.define("gp-app", GpApp);
