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
  .unseen {
    position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden;
    clip-path: inset(50%); white-space: nowrap;
  }
  .quiet { color: var(--ink-2); }
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
  button, .button, select, input {
    font: inherit; color: inherit; min-height: 2.25rem; border-radius: var(--radius-small);
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
  .square { width: 2.25rem; padding: 0; }
  select { padding: 0 var(--s2); max-width: 100%; text-overflow: ellipsis; }
  input { padding: 0 var(--s3); width: 100%; min-height: 2.5rem; }
  label { display: grid; gap: var(--s1); font-size: var(--small); color: var(--ink-2); }
  label > input, label > select { font-size: var(--body); color: var(--ink); }
  .segments { display: inline-flex; border: 1px solid var(--line-strong); border-radius: var(--radius-small); overflow: clip; }
  .segments button { border: 0; border-radius: 0; min-height: 2rem; min-width: 2.25rem; background: transparent; }
  .segments button + button { border-inline-start: 1px solid var(--line); }
  .segments button:hover { background: var(--raised); }
  .segments button[aria-pressed="true"] { background: var(--accent-soft); color: var(--accent); font-weight: 600; }
  .segments button:focus-visible { outline-offset: -2px; }
  .refusal { color: var(--red); font-size: var(--small); }
  @media (pointer: coarse) { button, .button, select, .segments button { min-height: 2.75rem; } }
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
