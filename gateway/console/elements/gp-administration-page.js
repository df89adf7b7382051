/** 管理: the pages that are rarely needed, each with what it is for. */
/** @import { User } from "../contract.js" */
import { css, html } from "lit";
import { icon } from "../icons.js";
import { msg, t } from "../language.js";
import { AUDIT, DELIVERIES, PLAN, TOLD, UNITS } from "../router.js";
import { base, controls } from "../styles.js";
import { ConsoleElement } from "./console-element.js";
import { page } from "./page-styles.js";

/** @param {User} user */
const isAdmin = (user) => user.role === "admin";
/** @param {User} user */
const isOfWholeSite = (user) => isAdmin(user) || user.unit === null;
const isAnybody = () => true;

const PAGES = [
  { href: UNITS, icon: "people", name: msg("Units and people"), use: msg("Who lies in whom, who belongs where, who may sign in"), isFor: isAnybody },
  { href: TOLD, icon: "told", name: msg("People told"), use: msg("Who is told of incidents, when and how; what they were told"), isFor: isAdmin },
  { href: PLAN, icon: "patrol", name: msg("Patrol plan"), use: msg("Shifts, rounds, and the points that they visit"), isFor: isAnybody },
  { href: DELIVERIES, icon: "queue", name: msg("Deliveries"), use: msg("How each receiver of messages fares, and what it refused"), isFor: isOfWholeSite },
  { href: AUDIT, icon: "audit", name: msg("Audit log"), use: msg("Who did what to which thing, and whether the log is whole"), isFor: isAdmin },
];

export class GpAdministrationPage extends ConsoleElement {
  static styles = [base, controls, page, css`
    ul { display: grid; gap: var(--s3); grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); }
    a { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0 var(--s3); align-items: center; height: 100%; padding: var(--s4); }
    a:hover { border-color: var(--accent); }
    a svg.icon { grid-row: span 2; width: 2rem; height: 2rem; color: var(--accent); }
    b { font-size: var(--large); font-weight: 600; }
  `];
  static properties = { user: { attribute: false } };

  constructor() {
    super();
    /** @type {User | null} */
    this.user = null;
  }

  render() {
    const { user } = this;
    return html`<div class="page"><header><h1 tabindex="-1">${t("Administration")}</h1></header>
      <ul>${PAGES.filter(({ isFor }) => user && isFor(user)).map((one) => html`<li><a class="panel" href=${one.href}>
        ${icon(one.icon)}<b>${t(one.name)}</b><span class="small quiet">${t(one.use)}</span></a></li>`)}</ul></div>`;
  }
}

customElements.define("gp-administration-page", GpAdministrationPage);
