/** How long something has been going on, or went on. */
/** @import { Site } from "../site.js" */
import { html } from "lit";
import { duration } from "../format.js";
import { base } from "../styles.js";
import { ticker } from "../ticker.js";
import { ConsoleElement } from "./console-element.js";

export class GpElapsed extends ConsoleElement {
  static styles = [base];
  static properties = { site: { attribute: false }, from: {}, until: {} };

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
    this.from = "";
    /** @type {string | null} */
    this.until = null;
    this.follow(ticker, "second");
  }

  shouldUpdate(/** @type {Map<string, unknown>} */ changed) {
    return changed.size > 0 || !this.until;
  }

  render() {
    const end = this.until ? Date.parse(this.until) : (this.site?.now().getTime() ?? Date.now());
    return html`${duration((end - Date.parse(this.from)) / 1000)}`;
  }
}

customElements.define("gp-elapsed", GpElapsed);
