/** What is meant by a mark of known height: where its foot and its top are, and what is measured. */
/** @import { MarkKind } from "../water.js" */
import { css, html, svg } from "lit";
import { t } from "../language.js";
import { base } from "../styles.js";
import { ConsoleElement } from "./console-element.js";

const GROUND = 84;

/** A thing, and where along it is measured: across, top. @type {Record<MarkKind, { thing: import("lit").TemplateResult, spots: [number, number][] }>} */
const PICTURES = {
  gauge: {
    thing: svg`<rect class="body" x="58" y="16" width="14" height="68"/>${[0, 1, 2, 3, 4].map((row) => svg`<rect class="bar" x=${row % 2 ? 65 : 58} y=${16 + row * 14} width="7" height="7"/><rect class="bar" x=${row % 2 ? 58 : 65} y=${23 + row * 14} width="7" height=${row === 4 ? 5 : 7}/>`)}`,
    spots: [[65, 16]],
  },
  post: {
    thing: svg`<rect class="body" x="28" y="34" width="13" height="50" rx="6"/><path class="body" d="M96 84V8h38v76z"/><path class="paint" d="M96 30h38"/>`,
    spots: [[34.5, 34], [110, 30]],
  },
  kerb: {
    thing: svg`<path class="body" d="M65 84V58h75v26z"/><path class="seam" d="M90 58v26M115 58v26"/>`,
    spots: [[65, 58]],
  },
};

export class GpMarkPicture extends ConsoleElement {
  static styles = [base, css`
    svg { width: 100%; max-width: 15rem; height: auto; background: var(--raised); border-radius: var(--radius-small); color: var(--ink-2); }
    .ground { stroke: currentColor; stroke-width: 2; }
    .body { fill: var(--panel); stroke: currentColor; stroke-width: 1.5; }
    .bar { fill: currentColor; }
    .seam { stroke: currentColor; }
    .paint { stroke: var(--red); stroke-width: 3; }
    .measure { stroke: var(--accent); stroke-width: 1.5; fill: none; }
    circle { fill: var(--yellow-line); stroke: var(--panel); }
    text { fill: var(--accent); font-size: 9px; }
    text.end { fill: var(--ink); }
  `];
  static properties = { kind: {} };

  constructor() {
    super();
    /** @type {MarkKind} */
    this.kind = "gauge";
  }

  render() {
    const { thing, spots } = PICTURES[this.kind];
    const [[x, top]] = /** @type {[[number, number]]} */ (spots);
    return html`<svg viewBox="0 0 140 96" role="img" aria-label=${t("Foot where it meets the dry ground, top where it ends; the height is measured from one to the other")}>
      ${thing}<path class="ground" d=${`M0 ${GROUND}h140`}/>
      ${spots.map(([across, high]) => svg`<path class="measure" d=${`M${across - 13} ${high}v${GROUND - high}m-3-5 3 5 3-5m-6 ${10 - GROUND + high} 3-5 3 5`}/>
        <circle cx=${across} cy=${high} r="3.5"/><circle cx=${across} cy=${GROUND} r="3.5"/>`)}
      <text x=${x - 17} y=${(top + GROUND) / 2 + 3} text-anchor="end">cm</text>
      <text class="end" x=${x + 12} y=${top - 3}>${t("Top")}</text><text class="end" x=${x + 12} y=${GROUND + 9}>${t("Foot")}</text></svg>`;
  }
}

customElements.define("gp-mark-picture", GpMarkPicture);
