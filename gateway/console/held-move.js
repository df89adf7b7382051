/** A camera's move for as long as a button is held: said again before it ends by itself, stopped when let go. */
/** @import { Motion } from "./contract.js" */
import { sendJson } from "./api.js";

/** A move ends by itself 1.2 s after it was asked for. */
const AGAIN_MS = 500;

export class HeldMove {
  #released = false;
  #path;
  #motion;
  #onError;

  /** @param {string} path of the camera's drives @param {Motion} motion @param {(error: unknown) => void} onError */
  constructor(path, motion, onError) {
    this.#path = path;
    this.#motion = motion;
    this.#onError = onError;
    this.#run();
    addEventListener("blur", this.release);
  }

  release = () => {
    removeEventListener("blur", this.release);
    this.#released = true;
  };

  /** One request after another, so that a stop never overtakes a move. */
  async #run() {
    try {
      while (!this.#released) {
        await sendJson("POST", `${this.#path}/move`, this.#motion);
        await this.#untilDue();
      }
    } catch (error) {
      this.#onError(error);
    } finally {
      sendJson("POST", `${this.#path}/stop`).catch(() => {});
    }
  }

  /** Wait until the move is to be said again, or is released. */
  async #untilDue() {
    for (const dueMs = performance.now() + AGAIN_MS; !this.#released && performance.now() < dueMs;) {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}
