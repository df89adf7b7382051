/** The site's time of day and date. */
/** @import { Site } from "../site.js" */
import { css, html } from "lit";
import { clockTime, dayName } from "../format.js";
import { base } from "../styles.js";
import { ticker } from "../ticker.js";
import { ConsoleElement } from "./console-element.js";

export class GpClock extends ConsoleElement {
  static styles = [base, css`
    :host { display: flex; align-items: baseline; gap: var(--s2); white-space: nowrap; }
    .time { font-size: var(--large); font-weight: 600; letter-spacing: 0.02em; }
    @media (max-width: 760px) { .day { display: none; } .time { font-size: var(--body); } }
  `];
  static properties = { site: { attribute: false } };

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
    this.follow(ticker, "second");
  }

  render() {
    const now = this.site?.system ? this.site.now() : null;
    return now && html`<span class="day small quiet">${dayName(now)}</span>
      <time class="time" datetime=${now.toISOString()}>${clockTime(now)}</time>`;
  }
}

customElements.define("gp-clock", GpClock);
