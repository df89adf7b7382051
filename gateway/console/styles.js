/** The styles that several elements share: buttons, fields, marks, states of focus. */
import { css } from "lit";

export const base = css`
  :host { display: block; }
  :host([hidden]), [hidden] { display: none !important; }
  *, *::before, *::after { box-sizing: border-box; }
  h1, h2, h3, p, dl, dd, ul, ol, figure { margin: 0; padding: 0; }
  ul, ol { list-style: none; }
  h1 { font-size: var(--title); line-height: 1.3; font-weight: 600; }
  h2 { font-size: var(--body); line-height: 1.4; font-weight: 600; }
  a { color: inherit; text-decoration: none; }
  svg.icon { width: 1.25em; height: 1.25em; flex: none; display: block; }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: var(--radius-small); }
  main:focus-visible { outline: none; }
  .unseen {
    position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden;
    clip-path: inset(50%); white-space: nowrap;
  }
  .quiet { color: var(--ink-2); }
  .waiting-late { animation: appear 1ms 600ms backwards; }
  @keyframes appear { from { visibility: hidden; } }
  .small { font-size: var(--small); }
  .tiny { font-size: var(--tiny); }
  .mono { font-family: var(--mono); }
  .row { display: flex; align-items: center; gap: var(--s2); min-width: 0; }
  .cut { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; min-width: 0; }
  .grow { flex: 1; min-width: 0; }
  .panel { background: var(--panel); border: 1px solid var(--line); border-radius: var(--radius); }
  @media (prefers-reduced-motion: reduce) {
    *, *::before, *::after { animation-duration: 1ms !important; animation-iteration-count: 1 !important; transition: none !important; }
  }
`;

export const controls = css`
  button, .button, select, input, textarea {
    font: inherit; color: inherit; min-height: max(2.25rem, var(--touch)); border-radius: var(--radius-small);
    border: 1px solid var(--line-strong); background: var(--panel);
  }
  button, .button {
    display: inline-flex; align-items: center; justify-content: center; gap: var(--s2);
    padding: 0 var(--s3); cursor: pointer; white-space: nowrap; transition: background-color 120ms;
  }
  button:hover, .button:hover { background: var(--raised); }
  button:disabled { opacity: 0.55; cursor: default; }
  .primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600; }
  .primary:hover:not(:disabled) { background: color-mix(in srgb, var(--accent) 88%, var(--ink)); }
  .plain { border-color: transparent; background: transparent; }
  .danger { color: var(--red); }
  .primary.danger { background: var(--red); border-color: var(--red); color: light-dark(#ffffff, #2b0705); }
  .square { width: max(2.25rem, var(--touch)); padding: 0; }
  select { padding: 0 var(--s2); max-width: 100%; text-overflow: ellipsis; }
  input { padding: 0 var(--s3); width: 100%; min-height: max(2.5rem, var(--touch)); }
  textarea { display: block; padding: var(--s2) var(--s3); width: 100%; min-height: 4.5rem; resize: vertical; }
  input[type="checkbox"], input[type="radio"] { width: 1.15rem; height: 1.15rem; min-height: 0; flex: none; margin: 0; }
  input[type="range"] { padding: 0; min-height: max(2rem, var(--touch)); border: 0; background: transparent; }
  input::file-selector-button { font: inherit; }
  ::placeholder { color: var(--ink-3); opacity: 1; }
  label { display: grid; grid-template-columns: minmax(0, 1fr); gap: var(--s1); min-width: 0; font-size: var(--small); color: var(--ink-2); }
  label > input, label > select, label > textarea { font-size: var(--body); color: var(--ink); }
  .segments { display: inline-flex; border: 1px solid var(--line-strong); border-radius: var(--radius-small); overflow: clip; }
  .segments button { border: 0; border-radius: 0; min-height: max(2rem, var(--touch)); min-width: max(2.25rem, var(--touch)); background: transparent; }
  .segments button + button { border-inline-start: 1px solid var(--line); }
  .segments button:hover { background: var(--raised); }
  .segments button[aria-pressed="true"] { background: var(--accent-soft); color: var(--accent); font-weight: 600; }
  .segments button:focus-visible { outline-offset: -2px; }
  .refusal { color: var(--red); font-size: var(--small); }
  .lines { white-space: pre-line; }
  .switch::before { content: ""; position: absolute; inset: min(0rem, (1.375rem - var(--touch)) / 2) -0.25rem; }
  .switch { width: 2.5rem; min-height: 1.375rem; height: 1.375rem; padding: 0; border-radius: 1rem; position: relative; background: var(--grey-soft); }
  .switch::after { content: ""; position: absolute; inset-block: 0.125rem; inset-inline-start: 0.125rem; width: 1rem; border-radius: 50%; background: var(--line-strong); transition: translate 120ms; }
  .switch[aria-checked="true"] { background: var(--accent); border-color: var(--accent); }
  .switch[aria-checked="true"]::after { background: var(--on-accent); translate: 1.1rem; }
`;

export const marks = css`
  .mark {
    display: inline-flex; align-items: center; gap: 0.3em; padding: 0 0.5em; border-radius: 1em;
    font-size: var(--tiny); line-height: 1.6667; font-weight: 600; white-space: nowrap;
    background: var(--grey-soft); color: var(--ink-2);
  }
  .mark svg.icon { width: 1em; height: 1em; }
  .mark.red, .mark.bad { background: var(--red-soft); color: var(--red); }
  .mark.yellow, .mark.busy { background: var(--yellow-soft); color: var(--yellow); }
  .mark.green, .mark.good { background: var(--green-soft); color: var(--green); }
  .dot { width: 0.5rem; height: 0.5rem; border-radius: 50%; background: var(--ink-3); flex: none; }
  .dot.good { background: var(--green); }
  .dot.busy { background: var(--yellow-line); }
  .dot.bad { background: var(--red); }
`;

export const forms = css`
  fieldset { border: 0; margin: 0; padding: 0; min-width: 0; display: grid; gap: var(--s3); }
  legend { padding: 0 0 var(--s2); font-weight: 600; }
  .fields { display: grid; gap: var(--s3); grid-template-columns: repeat(auto-fit, minmax(min(100%, 14rem), 1fr)); align-items: end; }
  .fields select { width: 100%; min-height: max(2.5rem, var(--touch)); }
  .fields .wide { grid-column: 1 / -1; }
  .tick { display: flex; grid-template-columns: none; align-items: flex-start; gap: var(--s2); color: var(--ink); font-size: var(--body); }
  .tick input { margin-block-start: 0.2rem; }
  .hint { color: var(--ink-2); font-size: var(--small); }
  .buttons { display: flex; flex-wrap: wrap; align-items: center; gap: var(--s2); }
  .buttons.end { justify-content: flex-end; }
`;

export const dialogs = css`
  dialog { width: min(26rem, calc(100vw - 2rem)); border: 1px solid var(--line); border-radius: var(--radius); background: var(--panel); color: var(--ink); padding: var(--s5); box-shadow: 0 1rem 3rem var(--shade); }
  dialog::backdrop { background: var(--shade); }
  dialog form { display: grid; gap: var(--s4); }
  dialog h2 { font-size: var(--large); }
  dialog .buttons { display: flex; flex-wrap: wrap; justify-content: flex-end; gap: var(--s2); }
`;

/** Tables whose rows become cards on a phone; cells carry their heading as `data-label`. */
export const tables = css`
  table { width: 100%; border-collapse: collapse; font-size: var(--body); }
  th { text-align: start; font-size: var(--small); font-weight: 600; color: var(--ink-2); white-space: nowrap; position: sticky; top: var(--bar); background: var(--panel); z-index: 1; box-shadow: inset 0 -1px var(--line-strong); }
  th, td { padding: var(--s2) var(--s3); vertical-align: middle; }
  tbody tr + tr td { border-block-start: 1px solid var(--line); }
  td.number, th.number { text-align: end; white-space: nowrap; }
  @media (max-width: 900px) {
    table, tbody, tr, td { display: block; width: 100%; }
    thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
    tr { padding: var(--s2) var(--s3); border-block-start: 1px solid var(--line); }
    tbody tr:first-child { border: 0; }
    tbody tr td, tbody tr + tr td { border: 0; padding: 0.15rem 0; }
    td[data-label] { display: grid; grid-template-columns: 6.5rem minmax(0, 1fr); gap: var(--s2); text-align: start; white-space: normal; }
    td[data-label]::before { content: attr(data-label); color: var(--ink-2); font-size: var(--small); line-height: 1.6; }
    td.number { text-align: start; }
    td.none { display: none; }
  }
`;
