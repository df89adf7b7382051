/** How pages about one thing are laid out: picture on the left, facts on the right. */
import { css } from "lit";

export const page = css`
  .page { max-width: 110rem; margin-inline: auto; padding: var(--s2) var(--s4) var(--s6); }
  nav .button { max-width: 100%; margin-inline-start: calc(-1 * var(--s3)); padding-inline-start: var(--s2); color: var(--ink-2); }
  header { display: flex; flex-wrap: wrap; align-items: center; gap: var(--s2) var(--s3); padding-block: var(--s1) var(--s3); }
  h1:focus { outline: none; }
  .columns { display: grid; gap: var(--s4); grid-template-columns: minmax(0, 1fr) 22rem; align-items: start; }
  .side { display: grid; gap: var(--s3); min-width: 0; }
  .link { color: var(--accent); text-decoration: underline; text-underline-offset: 0.2em; }
  @media (max-width: 1000px) {
    .page { padding-inline: var(--s3); }
    .columns { grid-template-columns: minmax(0, 1fr); }
  }
`;

export const facts = css`
  section.panel { padding: var(--s3) var(--s4); display: grid; gap: var(--s2); }
  section.panel h2 { color: var(--ink-2); font-size: var(--small); }
  dl { display: grid; grid-template-columns: 7rem minmax(0, 1fr); gap: var(--s1) var(--s3); }
  dt { color: var(--ink-2); font-size: var(--small); line-height: 1.5rem; }
  dd { overflow-wrap: anywhere; }
`;
