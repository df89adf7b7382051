/** The console's own icons: strokes on a 24-unit grid, coloured by the text around them. */
import { html, svg } from "lit";

/** @type {Record<string, import("lit").TemplateResult>} */
const SHAPES = {
  brand: svg`<path d="M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5"/><circle cx="12" cy="12" r="3.25" fill="currentColor" stroke="none"/>`,
  patrol: svg`<path d="M12 3 5 6v5c0 4.5 3 8 7 10 4-2 7-5.5 7-10V6z"/><path d="m9 11.5 2.2 2.3L15.5 9.5"/>`,
  wall: svg`<rect x="3" y="4" width="8" height="7" rx="1"/><rect x="13" y="4" width="8" height="7" rx="1"/><rect x="3" y="13" width="8" height="7" rx="1"/><rect x="13" y="13" width="8" height="7" rx="1"/>`,
  incidents: svg`<path d="M9 6h11M9 12h11M9 18h11"/><circle cx="4.5" cy="6" r="1" fill="currentColor"/><circle cx="4.5" cy="12" r="1" fill="currentColor"/><circle cx="4.5" cy="18" r="1" fill="currentColor"/>`,
  camera: svg`<rect x="3" y="7" width="12" height="10" rx="2"/><path d="m15 11 6-3v8l-6-3"/>`,
  cameraOff: svg`<path d="M9 7h4a2 2 0 0 1 2 2v1.5l6-2.5v8l-3-1.2M15 15a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V9a2 2 0 0 1 1-1.7M3 3l18 18"/>`,
  key: svg`<circle cx="8" cy="15" r="4"/><path d="m11 12 8-8M16 7l3 3M14 9l2 2"/>`,
  network: svg`<path d="M3 9a14 14 0 0 1 6-3.3M21 9a14 14 0 0 0-5-3M6.5 13a9 9 0 0 1 4-2.3M17.5 13a9 9 0 0 0-1.5-1.2M4 3l16 18"/><circle cx="12" cy="18" r="1.2" fill="currentColor"/>`,
  pause: svg`<circle cx="12" cy="12" r="9"/><path d="M10 9v6M14 9v6"/>`,
  disk: svg`<ellipse cx="12" cy="6" rx="8" ry="3"/><path d="M4 6v12c0 1.7 3.6 3 8 3s8-1.3 8-3V6M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3"/>`,
  red: svg`<path d="M12 4 3 20h18z" fill="currentColor"/>`,
  yellow: svg`<path d="m12 3 9 9-9 9-9-9z" fill="currentColor"/>`,
  green: svg`<circle cx="12" cy="12" r="8" fill="currentColor"/>`,
  language: svg`<circle cx="12" cy="12" r="9"/><path d="M3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18"/>`,
  auto: svg`<circle cx="12" cy="12" r="8"/><path d="M12 4a8 8 0 0 1 0 16z" fill="currentColor"/>`,
  dark: svg`<path d="M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z"/>`,
  light: svg`<circle cx="12" cy="12" r="4"/><path d="M12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6 19 19M5 19l1.4-1.4M17.6 6.4 19 5"/>`,
  user: svg`<circle cx="12" cy="8" r="4"/><path d="M4 20c1-4 4-6 8-6s7 2 8 6"/>`,
  signOut: svg`<path d="M10 4H5v16h5M14 8l4 4-4 4M18 12H9"/>`,
  back: svg`<path d="m14 6-6 6 6 6"/>`,
  forward: svg`<path d="m10 6 6 6-6 6"/>`,
  up: svg`<path d="m6 14 6-6 6 6"/>`,
  download: svg`<path d="M12 4v11M7 11l5 5 5-5M5 20h14"/>`,
  clip: svg`<rect x="3" y="5" width="18" height="14" rx="2"/><path d="m10 9 5 3-5 3z" fill="currentColor"/>`,
  queue: svg`<path d="M4 12h11M11 8l4 4-4 4M19 5v14"/>`,
  microphone: svg`<rect x="9" y="3" width="6" height="11" rx="3"/><path d="M5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21M8.5 21h7"/>`,
  soundOff: svg`<path d="M4 9.5v5h3.5L12 18V6L7.5 9.5zM16 9.5l5 5M21 9.5l-5 5"/>`,
  soundOn: svg`<path d="M4 9.5v5h3.5L12 18V6L7.5 9.5zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a7.8 7.8 0 0 1 0 11"/>`,
  expand: svg`<path d="M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5"/>`,
  add: svg`<path d="M12 5v14M5 12h14"/>`,
  upload: svg`<path d="M12 15V4M7 9l5-5 5 5M5 20h14"/>`,
  edit: svg`<path d="m4 20 1-4L16 5l3 3L8 19z"/>`,
  remove: svg`<path d="M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13"/>`,
  search: svg`<circle cx="10.5" cy="10.5" r="6.5"/><path d="m15.5 15.5 5 5"/>`,
  check: svg`<path d="m5 12 5 5 9-10"/>`,
  home: svg`<path d="m4 11 8-7 8 7M6 10v10h12V10"/>`,
  arrow: svg`<path d="M12 19V5M6 11l6-6 6 6"/>`,
  zoomIn: svg`<circle cx="10.5" cy="10.5" r="6.5"/><path d="m15.5 15.5 5 5M7.5 10.5h6M10.5 7.5v6"/>`,
  zoomOut: svg`<circle cx="10.5" cy="10.5" r="6.5"/><path d="m15.5 15.5 5 5M7.5 10.5h6"/>`,
  stop: svg`<rect x="7" y="7" width="10" height="10" rx="1.5" fill="currentColor"/>`,
  restart: svg`<path d="M19 12a7 7 0 1 1-2.5-5.4M19 3v5h-5"/>`,
  clock: svg`<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5l3.5 2"/>`,
  film: svg`<rect x="3" y="5" width="18" height="14" rx="2"/><path d="M8 5v14M16 5v14M3 12h5M16 12h5"/>`,
  administration: svg`<path d="M4 7h9M17 7h3M4 17h3M11 17h9"/><circle cx="15" cy="7" r="2"/><circle cx="9" cy="17" r="2"/>`,
  people: svg`<circle cx="9" cy="9" r="3.2"/><path d="M3 19c.8-3.2 3-4.6 6-4.6s5.2 1.4 6 4.6M15.5 6.2a3 3 0 0 1 0 5.6M17.5 14.8c2 .6 3 2 3.5 4.2"/>`,
  told: svg`<path d="M6 16V11a6 6 0 0 1 12 0v5l2 2H4zM10 21h4"/>`,
  audit: svg`<path d="M7 3h10l2 3v15H5V6zM9 10h6M9 14h6M9 18h3"/>`,
  lock: svg`<rect x="5" y="11" width="14" height="9" rx="2"/><path d="M8 11V8a4 4 0 0 1 8 0v3"/>`,
  move: svg`<path d="M12 3v18M3 12h18M9 6l3-3 3 3M9 18l3 3 3-3M6 9l-3 3 3 3M18 9l3 3-3 3"/>`,
  undo: svg`<path d="M8 5 4 9l4 4M4 9h10a5 5 0 0 1 0 10h-3"/>`,
  close: svg`<path d="M6 6l12 12M18 6 6 18"/>`,
};

/** An icon; the words beside it, or an aria-label on its button, carry the meaning. @param {string} name */
export function icon(name) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor"
    stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">${SHAPES[name]}</svg>`;
}
