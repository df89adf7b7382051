/**
 * Keeps one camera's picture moving in a `<video>`: opens WHEP sessions, notices when pictures stop,
 * and begins again with growing pauses. `LiveStill` does the same with refreshed JPEG pictures.
 */
import { request, snapshotUrl } from "./api.js";
import { backoffMs, pause } from "./backoff.js";
import { NotPlayableError, WhepSession } from "./whep.js";

const RETRY = { firstMs: 1000, mostMs: 20_000 };
/** Without a new picture for so long, the session is given up and opened anew. */
const SILENCE_MS = 6000;
const REFRESH_MS = 1000;
/** Tells when a snapshot was taken. */
const CAPTURED_AT = "X-Captured-At";

/** @typedef {"connecting" | "playing" | "retrying" | "not-playable"} LivePhase */
/** @typedef {(phase: LivePhase, code?: string) => void} OnPhase code: why it is not playable */
/** @import { Show, Wish } from "./whep.js" */
/** @typedef {{ video: HTMLVideoElement, onPhase: OnPhase, onShow: (show: Show) => void }} Stage */

export class LiveVideo {
  #stop = new AbortController();
  #lastPictureMs = 0;
  #camera;
  #wish;
  #video;
  #onPhase;
  #onShow;

  /** @param {string} camera id @param {Wish} wish @param {Stage} stage */
  constructor(camera, wish, { video, onPhase, onShow }) {
    this.#camera = camera;
    this.#wish = wish;
    this.#video = video;
    this.#onPhase = onPhase;
    this.#onShow = onShow;
    untilStopped(this.#stop.signal, () => this.#session(), onPhase);
  }

  stop() {
    this.#stop.abort();
    this.#video.srcObject = null;
  }

  /** One session from offer to loss; true when it showed at least one picture. */
  async #session() {
    const session = new WhepSession();
    const { signal } = this.#stop;
    this.#lastPictureMs = 0;
    try {
      const show = await session.open(this.#camera, this.#wish, signal);
      this.#video.srcObject = show.media;
      this.#onShow(show);
      this.#video.play().catch(() => {});
      this.#video.requestVideoFrameCallback(this.#onPicture);
      await this.#silence(session);
    } finally {
      session.close();
    }
    return this.#lastPictureMs > 0;
  }

  #onPicture = () => {
    if (this.#stop.signal.aborted) return;
    if (!this.#lastPictureMs) this.#onPhase("playing");
    this.#lastPictureMs = performance.now();
    this.#video.requestVideoFrameCallback(this.#onPicture);
  };

  /** Resolve when the session ends or no picture has come for `SILENCE_MS`. @param {WhepSession} session */
  #silence(session) {
    const begunMs = performance.now();
    return new Promise((resolve) => {
      const watch = setInterval(() => {
        const idleMs = performance.now() - Math.max(begunMs, this.#lastPictureMs);
        if (idleMs > SILENCE_MS) session.close();
      }, 1000);
      session.ended.then(() => {
        clearInterval(watch);
        resolve(undefined);
      });
    });
  }
}

/** The same for cameras whose codec no browser plays: one JPEG after another. */
export class LiveStill {
  #stop = new AbortController();
  #shown = "";
  #camera;
  #image;
  #onPhase;

  /** @param {string} camera id @param {HTMLImageElement} image @param {OnPhase} onPhase */
  constructor(camera, image, onPhase) {
    this.#camera = camera;
    this.#image = image;
    this.#onPhase = onPhase;
    untilStopped(this.#stop.signal, () => this.#pictures(), onPhase);
  }

  stop() {
    this.#stop.abort();
    this.#show("");
  }

  /** Show pictures until the signal, or until they no longer change; true when one was shown. */
  async #pictures() {
    const { signal } = this.#stop;
    let [captured, changedMs] = ["", performance.now()];
    while (performance.now() - changedMs < SILENCE_MS) {
      const width = Math.min(1920, Math.ceil(this.#image.clientWidth * devicePixelRatio) || 640);
      const answer = await request(snapshotUrl(this.#camera, width), { signal, cache: "no-store" });
      const newest = answer.headers.get(CAPTURED_AT) ?? performance.now().toString();
      if (newest !== captured) [captured, changedMs] = [newest, performance.now()];
      this.#show(URL.createObjectURL(await answer.blob()));
      await this.#image.decode();
      this.#onPhase("playing");
      await pause(REFRESH_MS, signal);
    }
    return true;
  }

  /** @param {string} url of an object, or nothing */
  #show(url) {
    if (url) this.#image.src = url;
    else this.#image.removeAttribute("src");
    if (this.#shown) URL.revokeObjectURL(this.#shown);
    this.#shown = url;
  }
}

/**
 * Run `session` again and again until the signal or until it turns out not to be playable.
 * @param {AbortSignal} signal
 * @param {() => Promise<boolean>} session
 * @param {OnPhase} onPhase
 */
async function untilStopped(signal, session, onPhase) {
  for (let attempt = 0; !signal.aborted; attempt++) {
    onPhase(attempt ? "retrying" : "connecting");
    try {
      if (await session()) attempt = 0;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof NotPlayableError) return onPhase("not-playable", error.code);
    }
    if (signal.aborted) return;
    onPhase("retrying");
    await pause(backoffMs(attempt, RETRY), signal).catch(() => {});
  }
}
