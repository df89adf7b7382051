/** Hold to speak through a camera: by pointer, touch, space bar or enter; nothing where it cannot be. */
/** @import { Camera } from "../contract.js" */
/** @import { MicrophoneFault } from "../talk.js" */
/** @import { Site } from "../site.js" */
import { css, html } from "lit";
import { ApiError, getJson } from "../api.js";
import { since } from "../format.js";
import { icon } from "../icons.js";
import { msg, t } from "../language.js";
import { base, controls } from "../styles.js";
import { MicrophoneError, microphone, TalkSession } from "../talk.js";
import { refusalText } from "../vocabulary.js";
import { ConsoleElement } from "./console-element.js";

const KEYS = [" ", "Enter"];
/** @typedef {"idle" | "opening" | "speaking"} Phase */
/** @type {Record<Phase, string>} */
const WORDS = {
  idle: msg("Hold to speak"),
  opening: msg("Connecting, do not speak yet"),
  speaking: msg("Speaking – let go to stop"),
};
/** @type {Record<MicrophoneFault, string>} */
const FAULTS = {
  insecure: msg("Browsers let only pages from https or localhost use the microphone. Open the console by its https address."),
  denied: msg("The browser may not use the microphone. Allow it beside the address bar, then hold again."),
  missing: msg("There is no microphone. Plug one in, then hold again."),
  taken: msg("The microphone cannot be opened. Another program may be using it."),
};

export class GpTalk extends ConsoleElement {
  static styles = [base, controls, css`
    :host { position: relative; }
    button { touch-action: none; user-select: none; -webkit-user-select: none; -webkit-touch-callout: none; }
    button.opening { background: var(--yellow-soft); border-color: var(--yellow-line); color: var(--yellow); }
    button.speaking, button.speaking:hover { background: var(--red); border-color: var(--red); color: var(--panel); font-weight: 600; }
    .speaking svg.icon { animation: breathe 1s ease-in-out infinite; }
    .said { position: absolute; inset-block-start: 100%; inset-inline-end: 0; z-index: 2; width: max-content; max-width: min(22rem, 80vw); padding: var(--s2) var(--s3); margin-block-start: var(--s1); background: var(--panel); border: 1px solid var(--line-strong); border-radius: var(--radius-small); }
    .said:empty { display: none; }
    @keyframes breathe { 50% { opacity: 0.35; } }
  `];
  static properties = { site: { attribute: false }, camera: { attribute: false }, phase: { state: true }, said: { state: true } };

  /** Stands while the button is held. @type {AbortController | null} */
  #held = null;

  constructor() {
    super();
    /** @type {Site | null} */
    this.site = null;
    /** @type {Camera | null} */
    this.camera = null;
    /** @type {Phase} */
    this.phase = "idle";
    /** What went wrong, in the reader's words. */
    this.said = "";
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#release();
  }

  willUpdate(/** @type {Map<string, unknown>} */ changed) {
    const before = /** @type {Camera | null | undefined} */ (changed.get("camera"));
    if (before && before.id !== this.camera?.id) this.#release();
  }

  render() {
    if (!this.camera?.can_talk || this.camera.state !== "online") return null;
    return html`<button class=${this.phase} aria-pressed=${this.phase === "speaking"}
        @pointerdown=${this.#press} @pointerup=${this.#release} @pointercancel=${this.#release}
        @keydown=${this.#keyDown} @keyup=${this.#keyUp} @blur=${this.#release} @contextmenu=${prevent}>
        ${icon("microphone")}<span>${t(WORDS[this.phase])}</span></button>
      <p class="said refusal" role="alert">${this.said}</p>`;
  }

  /** @param {PointerEvent} event */
  #press(event) {
    if (event.button !== 0) return;
    /** @type {Element} */ (event.currentTarget).setPointerCapture(event.pointerId);
    this.#hold();
  }

  /** @param {KeyboardEvent} event */
  #keyDown(event) {
    if (!KEYS.includes(event.key)) return;
    event.preventDefault();
    if (!event.repeat) this.#hold();
  }

  /** @param {KeyboardEvent} event */
  #keyUp(event) {
    if (KEYS.includes(event.key)) this.#release();
  }

  #release() {
    this.#held?.abort();
    this.#held = null;
    this.phase = "idle";
  }

  /** Speak for as long as the button is held; what ends it before is told. */
  async #hold() {
    const { camera } = this;
    if (!camera || this.#held) return;
    const held = new AbortController();
    this.#held = held;
    this.said = "";
    this.phase = "opening";
    try {
      const said = await this.#speak(camera, held.signal);
      if (this.#held === held) this.said = said;
    } catch (error) {
      if (this.#held === held) this.said = await this.#reason(camera, error);
    }
    if (this.#held === held) this.#release();
  }

  /** Returns why it ended, "" when the person let go. @param {Camera} camera @param {AbortSignal} signal */
  async #speak(camera, signal) {
    const sound = await microphone();
    try {
      signal.throwIfAborted();
      const talk = new TalkSession();
      try {
        await talk.open(camera.id, sound, signal);
        this.phase = "speaking";
        const how = await talk.ended;
        if (how === "limit") return t("The longest talk, {seconds} s, is over. Hold again to go on.", { seconds: talk.limit_s });
        return how === "lost" ? t("The connection to the camera is lost. Hold again.") : "";
      } finally {
        talk.close();
      }
    } finally {
      for (const track of sound.getTracks()) track.stop();
    }
  }

  /** @param {Camera} camera @param {unknown} error @returns {Promise<string>} */
  async #reason(camera, error) {
    if (error instanceof MicrophoneError) return t(FAULTS[error.fault]);
    if (error instanceof ApiError && error.code === "talk_busy") {
      const { speaker, since: from } = await getJson(`cameras/${encodeURIComponent(camera.id)}/talk`).catch(() => ({}));
      if (speaker) return t("{user} is speaking through this camera, since {time}.", { user: speaker, time: since(from, this.site?.now() ?? new Date()) });
    }
    return refusalText(error);
  }
}

/** A long touch means to speak, not to open a menu. @param {Event} event */
function prevent(event) {
  event.preventDefault();
}

customElements.define("gp-talk", GpTalk);
