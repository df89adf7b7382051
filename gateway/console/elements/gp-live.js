/** One camera's live picture, or the plain truth about why there is none. */
/** @import { Camera } from "../contract.js" */
/** @import { LivePhase, OnPhase } from "../live.js" */
/** @import { Site } from "../site.js" */
/** @import { Show, StreamChoice } from "../whep.js" */
import { css, html } from "lit";
import { createRef, ref } from "lit/directives/ref.js";
import { snapshotUrl } from "../api.js";
import { since } from "../format.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { LiveStill, LiveVideo } from "../live.js";
import { base } from "../styles.js";
import { hindranceWord, stateAdvice, stateWord } from "../vocabulary.js";
import { ConsoleElement } from "./console-element.js";

/** @type {Record<string, string>} */
const STATE_ICONS = { unauthorized: "key", unreachable: "network", disabled: "cameraOff", not_video: "cameraOff", quarantined: "cameraOff", stalled: "pause", connecting: "camera" };
const POSTER_WIDTH = 640;
/** The server's code where it could show a moving picture, but is busy with others'. */
const TRANSCODES_FULL = "transcodes_full";
/** After so long a moving picture is asked for again. */
const AGAIN_MS = 30_000;

export class GpLive extends ConsoleElement {
  static styles = [base, css`
    :host { position: relative; background: var(--stage); color: var(--stage-ink); overflow: clip; container-type: size; }
    video, img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; display: block; }
    img:not([src]) { opacity: 0; }
    .note, .slate { position: absolute; font-size: var(--small); }
    .note {
      inset-inline-start: var(--s2); inset-block-end: var(--s2); padding: 0.1rem 0.55rem; border-radius: 1rem;
      background: var(--stage-cover); display: flex; align-items: center; gap: 0.4rem; max-width: calc(100% - 1rem);
    }
    .note::before {
      content: ""; width: 0.45rem; height: 0.45rem; border-radius: 50%; background: var(--stage-warn); flex: none;
      animation: breathe 1.6s ease-in-out infinite;
    }
    .note.steady::before { animation: none; }
    .note .why { color: var(--stage-ink-2); }
    .sound {
      position: absolute; inset-inline-end: var(--s2); inset-block-end: var(--s2); width: 2.75rem; height: 2.75rem;
      display: grid; place-content: center; padding: 0; border: 0; border-radius: 50%; cursor: pointer;
      background: var(--stage-cover); color: var(--stage-ink);
    }
    .sound svg.icon { width: 1.5rem; height: 1.5rem; }
    .sound ~ .note { max-width: calc(100% - 5rem); }
    @container (max-width: 420px) { .note .why { display: none; } }
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
    stream: {},
    sound: { type: Boolean },
    phase: { state: true },
    refused: { state: true },
    show: { state: true },
    muted: { state: true },
    inView: { state: true },
  };

  #video = /** @type {import("lit/directives/ref.js").Ref<HTMLVideoElement>} */ (createRef());
  #image = /** @type {import("lit/directives/ref.js").Ref<HTMLImageElement>} */ (createRef());
  /** @type {LiveVideo | LiveStill | null} */
  #player = null;
  #playing = "";
  #again = 0;
  #sight = new IntersectionObserver(([entry]) => { this.inView = Boolean(entry?.isIntersecting); });

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
    /** @type {Camera | null} */
    this.camera = null;
    /** Which of the camera's streams. @type {StreamChoice} */
    this.stream = "sub";
    /** Whether the camera may be heard. */
    this.sound = false;
    /** @type {LivePhase} */
    this.phase = "connecting";
    /** Why the server gives no moving picture: its code, "" while it does. */
    this.refused = "";
    /** @type {Show | null} */
    this.show = null;
    this.muted = true;
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
    clearTimeout(this.#again);
    this.#stop();
  }

  get #mode() {
    return this.camera?.live === "refresh" || this.refused ? "refresh" : "whep";
  }

  /** What should be playing now: "" for nothing, else the way and the camera. */
  get #wanted() {
    const { camera } = this;
    const watchable = camera?.enabled && camera.state === "online";
    return watchable && this.inView && !document.hidden ? `${this.#mode} ${this.stream} ${camera.id}` : "";
  }

  willUpdate(/** @type {Map<string, unknown>} */ changed) {
    const before = /** @type {Camera | null | undefined} */ (changed.get("camera"));
    if ((before && before.id !== this.camera?.id) || changed.has("stream")) this.refused = "";
  }

  updated() {
    if (!this.isConnected || this.#wanted === this.#playing) return;
    this.#stop();
    this.#playing = this.#wanted;
    const id = this.camera?.id;
    const [video, image] = [this.#video.value, this.#image.value];
    /** @type {OnPhase} */
    const onPhase = (phase, code = "") => this.#enter(phase, code);
    const onShow = (/** @type {Show} */ show) => { this.show = show; };
    const wish = { stream: this.stream, sound: this.sound };
    if (this.#playing && id && video) this.#player = new LiveVideo(id, wish, { video, onPhase, onShow });
    else if (this.#playing && id && image) this.#player = new LiveStill(id, image, onPhase);
  }

  /** @param {LivePhase} phase @param {string} code */
  #enter(phase, code) {
    this.phase = phase;
    if (phase !== "not-playable") return;
    this.refused = code;
    clearTimeout(this.#again);
    if (code === TRANSCODES_FULL) this.#again = setTimeout(() => { this.refused = ""; }, AGAIN_MS);
  }

  #stop() {
    this.#player?.stop();
    this.#player = null;
    this.show = null;
    this.muted = true;
    this.#playing = "";
    this.phase = "connecting";
  }

  render() {
    const { camera } = this;
    if (!camera) return null;
    if (!camera.enabled || camera.state !== "online") return this.#slate(camera);
    const label = t("Live picture of {camera}", { camera: camera.name });
    if (this.#mode === "refresh") return html`<img ${ref(this.#image)} alt=${label}>${this.#note()}`;
    return html`<video ${ref(this.#video)} .muted=${this.muted} autoplay playsinline disablepictureinpicture
      poster=${snapshotUrl(camera.id, POSTER_WIDTH)} aria-label=${label}></video>${this.#soundButton()}${this.#note()}`;
  }

  #soundButton() {
    if (!this.show?.sound) return null;
    const turn = () => { this.muted = !this.muted; };
    return html`<button class="sound" aria-pressed=${!this.muted} aria-label=${this.muted ? t("Sound on") : t("Sound off")}
      @click=${turn}>${icon(this.muted ? "soundOff" : "soundOn")}</button>`;
  }

  #note() {
    const playing = this.phase === "playing";
    if (playing && this.#mode === "whep") return this.show?.transcoded ? this.#transcodedNote(this.show.why) : null;
    if (playing && this.refused === TRANSCODES_FULL) return html`<p class="note steady"><span class="cut">${t("Still pictures, one a second: as many cameras are transcoded as may be")}</span></p>`;
    if (playing) return html`<p class="note steady"><span class="cut">${t("Still pictures, one a second")}</span></p>`;
    return html`<p class="note"><span class="cut">${this.phase === "retrying" ? t("Live picture lost, trying again") : t("Opening live picture")}</span></p>`;
  }

  /** @param {string} why */
  #transcodedNote(why) {
    const reason = this.camera ? hindranceWord(why, this.camera) : "";
    return html`<p class="note steady" title=${reason}><span class="cut">${t("Transcoded")}<span class="why"> · ${reason}</span></span></p>`;
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
