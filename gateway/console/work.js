/** Requests and waits of an element: they end when it leaves the page, or when somebody stops them. */

export class Work {
  #controller = new AbortController();

  /** @param {import("lit").ReactiveControllerHost} host */
  constructor(host) {
    host.addController(this);
  }

  /** Aborted when what begins now is to end; take it once, at the beginning. */
  get signal() {
    return this.#controller.signal;
  }

  /** End what is under way; what begins later goes on. */
  stop() {
    this.#controller.abort();
    this.#controller = new AbortController();
  }

  hostDisconnected() {
    this.stop();
  }
}
