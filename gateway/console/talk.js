/** Speaking through a camera: the microphone goes to it over one WebRTC connection, which a DELETE ends. */
import { apiUrl, request } from "./api.js";
import { iceServers } from "./ice-servers.js";
import { gathered } from "./whep.js";

/** Our own candidates are known at once; the server's are what matters. */
const GATHERING_MS = 1500;
/** Without a connection after so long there will be none. */
const CONNECT_MS = 15_000;
/** Says after how many seconds the server ends a talk. */
const LIMIT = "X-Talk-Limit-S";
/** The server's clock for the limit starts a little before ours. */
const LEEWAY_S = 1;
const SOUND = { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** @typedef {"insecure" | "denied" | "missing" | "taken"} MicrophoneFault */
/** @type {Record<string, MicrophoneFault>} */
const FAULTS = { NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "missing", OverconstrainedError: "missing" };

/** Why there is no microphone. */
export class MicrophoneError extends Error {
  /** @param {MicrophoneFault} fault */
  constructor(fault) {
    super(fault);
    this.fault = fault;
  }
}

/** The sound of the microphone, once the person has allowed it. @returns {Promise<MediaStream>} */
export async function microphone() {
  if (!window.isSecureContext || !navigator.mediaDevices) throw new MicrophoneError("insecure");
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: SOUND });
  } catch (error) {
    throw new MicrophoneError(FAULTS[/** @type {DOMException} */ (error).name] ?? "taken");
  }
}

export class TalkSession {
  /** Seconds a talk may last. */
  limit_s = 0;
  /** Resolves when it is over: "limit" and "lost" where it was not `close` that ended it. @type {Promise<"closed" | "limit" | "lost">} */
  ended;
  /** @type {(how: "closed" | "limit" | "lost") => void} */
  #end = () => {};
  #peer = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  #location = "";
  #connectedMs = 0;

  constructor() {
    this.ended = new Promise((resolve) => (this.#end = resolve));
    addEventListener("pagehide", this.close);
  }

  /**
   * @param {string} camera id
   * @param {MediaStream} sound of a microphone
   * @param {AbortSignal} signal
   * @returns {Promise<void>} when what is said is on its way
   */
  async open(camera, sound, signal) {
    signal.addEventListener("abort", this.close, { once: true });
    const path = `cameras/${encodeURIComponent(camera)}`;
    this.#peer.setConfiguration({ iceServers: await iceServers(`${path}/whep`), bundlePolicy: "max-bundle" });
    signal.throwIfAborted();
    for (const track of sound.getAudioTracks()) this.#peer.addTransceiver(track, { direction: "sendonly" });
    await this.#peer.setLocalDescription();
    await gathered(this.#peer, GATHERING_MS);
    // Not to be aborted: only the answer tells which session is to be deleted.
    const answer = await request(`${path}/talk`, {
      method: "POST",
      headers: { "Content-Type": "application/sdp" },
      body: this.#peer.localDescription?.sdp ?? "",
    });
    this.#location = answer.headers.get("Location")?.split("/").at(-1) ?? "";
    this.limit_s = Number(answer.headers.get(LIMIT));
    if (signal.aborted) this.close();
    signal.throwIfAborted();
    await this.#peer.setRemoteDescription({ type: "answer", sdp: await answer.text() });
    await this.#connected();
    signal.throwIfAborted();
  }

  close = () => this.#close("closed");

  /** Resolves when the peers have found each other, or it is over. */
  #connected() {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#close("lost"), CONNECT_MS);
      this.ended.then(() => { clearTimeout(timer); resolve(undefined); });
      const follow = () => {
        const state = this.#peer.connectionState;
        if (["failed", "closed", "disconnected"].includes(state)) this.#close(this.#howLost());
        if (state !== "connected") return;
        clearTimeout(timer);
        this.#connectedMs = performance.now();
        resolve(undefined);
      };
      this.#peer.addEventListener("connectionstatechange", follow);
      this.#onHangUp(() => this.#close(this.#howLost()));
      follow();
    });
  }

  /** The other side says goodbye in DTLS at once; the state of the whole follows seconds later. @param {() => void} tell */
  #onHangUp(tell) {
    for (const { transport } of this.#peer.getSenders()) {
      transport?.addEventListener("statechange", () => transport.state === "closed" && tell());
    }
  }

  #howLost() {
    const spoken_s = this.#connectedMs ? (performance.now() - this.#connectedMs) / 1000 : 0;
    return spoken_s > 0 && spoken_s >= this.limit_s - LEEWAY_S ? "limit" : "lost";
  }

  /** @param {"closed" | "limit" | "lost"} how */
  #close(how) {
    removeEventListener("pagehide", this.close);
    this.#end(how);
    this.#peer.close();
    if (this.#location) this.#discard(this.#location);
    this.#location = "";
  }

  /** The page may be going away, so the answer is of no interest. @param {string} session */
  #discard(session) {
    const url = apiUrl(`live/${encodeURIComponent(session)}`);
    fetch(url, { method: "DELETE", credentials: "same-origin", keepalive: true }).catch(() => {});
  }
}
