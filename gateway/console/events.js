/**
 * The one push channel: a snapshot, then numbered events. After a break it reconnects with jitter and
 * is given a fresh snapshot, so nothing is ever patched together from halves.
 */
/** @import { EventMessage } from "./contract.js" */
import { eventsUrl, sessionChanges } from "./api.js";
import { backoffMs } from "./backoff.js";

/** The server's close code for "your session has ended". */
const SESSION_ENDED = 4401;
const RETRY = { firstMs: 500, mostMs: 15_000 };

/** @typedef {"connecting" | "live" | "reconnecting"} LinkState */

export class EventChannel {
  /** @type {WebSocket | null} */
  #socket = null;
  #attempt = 0;
  #seq = 0;
  #timer = 0;
  #closed = false;
  #onMessage;
  #onLink;

  /**
   * @param {(message: EventMessage) => void} onMessage
   * @param {(state: LinkState) => void} onLink
   */
  constructor(onMessage, onLink) {
    this.#onMessage = onMessage;
    this.#onLink = onLink;
    this.#onLink("connecting");
    this.#open();
    addEventListener("online", this.#hurry);
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    removeEventListener("online", this.#hurry);
    this.#socket?.close();
  }

  #open() {
    const socket = new WebSocket(`${eventsUrl()}${this.#seq ? `?after=${this.#seq}` : ""}`);
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    socket.onclose = ({ code }) => this.#lost(code);
  }

  /** @param {EventMessage} message */
  #receive(message) {
    this.#seq = message.seq;
    if (message.type === "snapshot") {
      this.#attempt = 0;
      this.#onLink("live");
    }
    this.#onMessage(message);
  }

  /** @param {number} code */
  #lost(code) {
    if (this.#closed) return;
    if (code === SESSION_ENDED) {
      this.close();
      sessionChanges.dispatchEvent(new Event("signed-out"));
      return;
    }
    this.#onLink("reconnecting");
    this.#timer = setTimeout(() => this.#open(), backoffMs(this.#attempt++, RETRY));
  }

  #hurry = () => {
    if (this.#closed || this.#socket?.readyState !== WebSocket.CLOSED) return;
    clearTimeout(this.#timer);
    this.#open();
  };
}
