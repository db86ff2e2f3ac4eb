/** Tells the work for a request that its caller does not wait for the response any more. */
import { setMaxListeners } from "node:events";

/** Of one request. */
export class HangUp {
  #controller: AbortController | undefined;
  #hasHappened = false;

  /** Aborted when the connection was closed before the response was sent. Few requests ask for it, so it is made then. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      // Each call of a batch may add one.
      setMaxListeners(0, this.#controller.signal);
      if (this.#hasHappened) this.#controller.abort();
    }
    return this.#controller.signal;
  }

  /** The connection was closed. */
  happen(): void {
    this.#hasHappened = true;
    this.#controller?.abort();
  }
}
