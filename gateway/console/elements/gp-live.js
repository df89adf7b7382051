/** One camera's live picture, or the plain truth about why there is none. */
/** @import { Camera } from "../contract.js" */
/** @import { LivePhase } from "../live.js" */
/** @import { Site } from "../site.js" */
import { css, html } from "lit";
import { createRef, ref } from "lit/directives/ref.js";
import { snapshotUrl } from "../api.js";
import { since } from "../format.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { LiveStill, LiveVideo } from "../live.js";
import { base } from "../styles.js";
import { stateAdvice, stateWord } from "../vocabulary.js";
import { ConsoleElement } from "./console-element.js";

/** @type {Record<string, string>} */
const STATE_ICONS = { unauthorized: "key", unreachable: "network", disabled: "cameraOff", not_video: "cameraOff", stalled: "pause", connecting: "camera" };
const POSTER_WIDTH = 640;

export class GpLive extends ConsoleElement {
  static styles = [base, css`
    :host { position: relative; background: var(--stage); color: var(--stage-ink); overflow: clip; container-type: size; }
    video, img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; display: block; }
    .note, .slate { position: absolute; font-size: var(--small); }
    .note {
      inset-inline-start: var(--s2); inset-block-end: var(--s2); padding: 0.1rem 0.55rem; border-radius: 1rem;
      background: var(--stage-cover); display: flex; align-items: center; gap: 0.4rem; max-width: calc(100% - 1rem);
    }
    .note::before {
      content: ""; width: 0.45rem; height: 0.45rem; border-radius: 50%; background: var(--stage-warn); flex: none;
      animation: breathe 1.6s ease-in-out infinite;
    }
    .slate { inset: 0; display: grid; place-content: center; justify-items: center; gap: 0.2rem; padding: var(--s3); text-align: center; }
    .slate svg.icon { width: clamp(1.5rem, 12cqmin, 3rem); height: auto; color: var(--stage-ink-2); margin-block-end: var(--s1); }
    .slate strong { font-size: clamp(0.9375rem, 7cqmin, 1.5rem); font-weight: 600; line-height: 1.3; }
    .slate .since { color: var(--stage-warn); }
    .slate .why { color: var(--stage-ink-2); max-width: 32em; text-wrap: balance; }
    @container (max-height: 150px) { .slate .why { display: none; } }
    @keyframes breathe { 50% { opacity: 0.25; } }
  `];
  static properties = {
    site: { attribute: false },
    camera: { attribute: false },
    phase: { state: true },
    refused: { state: true },
    inView: { state: true },
  };

  #video = /** @type {import("lit/directives/ref.js").Ref<HTMLVideoElement>} */ (createRef());
  #image = /** @type {import("lit/directives/ref.js").Ref<HTMLImageElement>} */ (createRef());
  /** @type {LiveVideo | LiveStill | null} */
  #player = null;
  #playing = "";
  #sight = new IntersectionObserver(([entry]) => { this.inView = Boolean(entry?.isIntersecting); });

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
    /** @type {Camera | null} */
    this.camera = null;
    /** @type {LivePhase} */
    this.phase = "connecting";
    /** The server said that browsers cannot play this camera's stream. */
    this.refused = false;
    this.inView = false;
    this.follow(document, "visibilitychange");
  }

  connectedCallback() {
    super.connectedCallback();
    this.#sight.observe(this);
    this.requestUpdate();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#sight.disconnect();
    this.#stop();
  }

  get #mode() {
    return this.camera?.live === "refresh" || this.refused ? "refresh" : "whep";
  }

  /** What should be playing now: "" for nothing, else the way and the camera. */
  get #wanted() {
    const { camera } = this;
    const watchable = camera?.enabled && camera.state === "online";
    return watchable && this.inView && !document.hidden ? `${this.#mode} ${camera.id}` : "";
  }

  willUpdate(/** @type {Map<string, unknown>} */ changed) {
    const before = /** @type {Camera | null | undefined} */ (changed.get("camera"));
    if (before && before.id !== this.camera?.id) this.refused = false;
  }

  updated() {
    if (!this.isConnected || this.#wanted === this.#playing) return;
    this.#stop();
    this.#playing = this.#wanted;
    const id = this.camera?.id;
    const [video, image] = [this.#video.value, this.#image.value];
    const onPhase = (/** @type {LivePhase} */ phase) => this.#enter(phase);
    if (this.#playing && id && video) this.#player = new LiveVideo(id, video, onPhase);
    else if (this.#playing && id && image) this.#player = new LiveStill(id, image, onPhase);
  }

  /** @param {LivePhase} phase */
  #enter(phase) {
    this.refused ||= phase === "not-playable";
    this.phase = phase;
  }

  #stop() {
    this.#player?.stop();
    this.#player = null;
    this.#playing = "";
    this.phase = "connecting";
  }

  render() {
    const { camera } = this;
    if (!camera) return null;
    if (!camera.enabled || camera.state !== "online") return this.#slate(camera);
    const label = t("Live picture of {camera}", { camera: camera.name });
    if (this.#mode === "refresh") return html`<img ${ref(this.#image)} alt=${label}>${this.#note()}`;
    return html`<video ${ref(this.#video)} .muted=${true} autoplay playsinline disablepictureinpicture
      poster=${snapshotUrl(camera.id, POSTER_WIDTH)} aria-label=${label}></video>${this.#note()}`;
  }

  #note() {
    const playing = this.phase === "playing";
    if (playing && this.#mode === "whep") return null;
    if (playing) return html`<p class="note"><span class="cut">${t("Still pictures, one a second")}</span></p>`;
    return html`<p class="note"><span class="cut">${this.phase === "retrying" ? t("Live picture lost, trying again") : t("Opening live picture")}</span></p>`;
  }

  /** @param {Camera} camera */
  #slate(camera) {
    const last = camera.last_picture_at;
    const now = this.site?.now() ?? new Date();
    return html`<div class="slate">
      ${icon(STATE_ICONS[camera.state] ?? "cameraOff")}
      <strong>${stateWord(camera.state)}</strong>
      <span class="since">${last ? t("No picture since {time}", { time: since(last, now) }) : t("No picture yet")}</span>
      <span class="why">${stateAdvice(camera)}</span>
    </div>`;
  }
}

customElements.define("gp-live", GpLive);
