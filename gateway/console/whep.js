/** One WHEP session (draft-ietf-wish-whep): offer, answer, media, and a DELETE when it is no longer wanted. */
import { ApiError, apiUrl, request } from "./api.js";
import { iceServers } from "./ice-servers.js";

/** Our own candidates are known at once, a relay's in a moment; the server's are what matters. */
const GATHERING_MS = 1500;
/** Codes by which the server says that it cannot give a browser this stream now: show pictures instead. */
const NOT_PLAYABLE = ["not_playable", "transcodes_full", "unsupported_media_type"];

/** @typedef {"sub" | "main"} StreamChoice */
/** @typedef {{ stream: StreamChoice, sound: boolean }} Wish sound: that it may be heard, should there be any */
/** @typedef {{ media: MediaStream, transcoded: boolean, why: string, sound: boolean }} Show what came of a wish */

/** The stream itself is fine, only a browser cannot play it; `code` and `message` are the server's. */
export class NotPlayableError extends Error {
  /** @param {ApiError} refusal */
  constructor({ code, message }) {
    super(message);
    this.code = code;
  }
}

export class WhepSession {
  /** Ends when the media path is lost or `close` was called. @type {Promise<void>} */
  ended;
  /** @type {() => void} */
  #end = () => {};
  #peer = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  #location = "";

  constructor() {
    this.ended = new Promise((resolve) => (this.#end = resolve));
    this.#peer.addEventListener("connectionstatechange", () => {
      if (["failed", "closed", "disconnected"].includes(this.#peer.connectionState)) this.close();
    });
    addEventListener("pagehide", this.close);
  }

  /**
   * @param {string} camera id
   * @param {Wish} wish
   * @param {AbortSignal} signal
   * @returns {Promise<Show>} its media carries pictures once the peers have found each other
   */
  async open(camera, { stream, sound }, signal) {
    signal.addEventListener("abort", this.close, { once: true });
    const path = `cameras/${encodeURIComponent(camera)}/whep`;
    const servers = await iceServers(path);
    signal.throwIfAborted();
    this.#peer.setConfiguration({ iceServers: servers, bundlePolicy: "max-bundle" });
    const picture = preferH264(this.#peer.addTransceiver("video", { direction: "recvonly" }));
    const voice = sound ? this.#peer.addTransceiver("audio", { direction: "recvonly" }) : null;
    await this.#peer.setLocalDescription();
    await gathered(this.#peer, GATHERING_MS);
    const answer = await this.#offer(`${path}?stream=${stream}`);
    this.#location = answer.headers.get("Location")?.split("/").at(-1) ?? "";
    if (signal.aborted) this.close();
    signal.throwIfAborted();
    await this.#peer.setRemoteDescription({ type: "answer", sdp: await answer.text() });
    signal.throwIfAborted();
    const heard = voice?.currentDirection === "recvonly" ? voice : null;
    return {
      media: new MediaStream([picture, heard].flatMap((one) => (one ? [one.receiver.track] : []))),
      transcoded: answer.headers.get("X-Live-Mode") === "transcoded",
      why: answer.headers.get("X-Live-Why") ?? "",
      sound: heard !== null,
    };
  }

  close = () => {
    removeEventListener("pagehide", this.close);
    this.#peer.close();
    if (this.#location) this.#discard(this.#location);
    this.#location = "";
    this.#end();
  };

  /** Not to be aborted: only the answer tells which session is to be deleted. @param {string} path */
  async #offer(path) {
    const body = this.#peer.localDescription?.sdp ?? "";
    const headers = { "Content-Type": "application/sdp" };
    try {
      return await request(path, { method: "POST", headers, body });
    } catch (error) {
      if (error instanceof ApiError && NOT_PLAYABLE.includes(error.code)) throw new NotPlayableError(error);
      throw error;
    }
  }

  /** The page may be going away, so the answer is of no interest. @param {string} session */
  #discard(session) {
    const url = apiUrl(`live/${encodeURIComponent(session)}`);
    fetch(url, { method: "DELETE", credentials: "same-origin", keepalive: true }).catch(() => {});
  }
}

/** @param {RTCRtpTransceiver} transceiver */
function preferH264(transceiver) {
  const codecs = RTCRtpReceiver.getCapabilities("video")?.codecs ?? [];
  const wanted = codecs.filter(({ mimeType }) => /^video\/(h264|rtx)$/i.test(mimeType));
  if (wanted.length) transceiver.setCodecPreferences(wanted);
  return transceiver;
}

/** Wait for our own candidates. @param {RTCPeerConnection} peer @param {number} mostMs */
export function gathered(peer, mostMs) {
  return new Promise((resolve) => {
    const done = () => peer.iceGatheringState === "complete" && resolve(undefined);
    peer.addEventListener("icegatheringstatechange", done);
    setTimeout(resolve, mostMs);
    done();
  });
}
