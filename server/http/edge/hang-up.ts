/** Tells the work for a request that its caller does not wait for the response any more. */
import { setMaxListeners } from "node:events";

/** Whether the caller of one request has hung up. */
export class HangUp {
  #controller: AbortController | undefined;
  #hasHappened = false;

  /**
   * Aborted if the connection is closed before the response has been sent. Created on first use: few requests need it.
   */
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
