/** One WHEP session (draft-ietf-wish-whep): offer, answer, media, and a DELETE when it is no longer wanted. */
import { ApiError, apiUrl, request } from "./api.js";

/** Host candidates are known at once; longer waiting only helps networks with relays, which we do not use. */
const GATHERING_MS = 1500;
/** Statuses by which the server says that browsers cannot play this stream: not an error to retry. */
const NOT_PLAYABLE = [409, 415];

/** The stream itself is fine, only a browser cannot play it; `message` is the server's reason. */
export class NotPlayableError extends Error {}

export class WhepSession {
  /** Ends when the media path is lost or `close` was called. @type {Promise<void>} */
  ended;
  /** @type {() => void} */
  #end = () => {};
  #peer = new RTCPeerConnection({ iceServers: [] });
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
   * @param {AbortSignal} signal
   * @returns {Promise<MediaStream>} carries pictures once the peers have found each other
   */
  async open(camera, signal) {
    signal.addEventListener("abort", this.close, { once: true });
    const { receiver } = preferH264(this.#peer.addTransceiver("video", { direction: "recvonly" }));
    signal.throwIfAborted();
    await this.#peer.setLocalDescription();
    await gathered(this.#peer, GATHERING_MS);
    const answer = await this.#offer(`cameras/${encodeURIComponent(camera)}/whep`);
    this.#location = answer.headers.get("Location")?.split("/").at(-1) ?? "";
    if (signal.aborted) this.close();
    signal.throwIfAborted();
    await this.#peer.setRemoteDescription({ type: "answer", sdp: await answer.text() });
    signal.throwIfAborted();
    return new MediaStream([receiver.track]);
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
      if (error instanceof ApiError && NOT_PLAYABLE.includes(error.status)) {
        throw new NotPlayableError(error.message);
      }
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

/** @param {RTCPeerConnection} peer @param {number} mostMs */
function gathered(peer, mostMs) {
  return new Promise((resolve) => {
    const done = () => peer.iceGatheringState === "complete" && resolve(undefined);
    peer.addEventListener("icegatheringstatechange", done);
    setTimeout(resolve, mostMs);
    done();
  });
}
