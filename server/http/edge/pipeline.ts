/** Requests that a caller sends on one connection without waiting for the responses (RFC 9112 section 9.3.2). */
import type { RequestListener, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** The most requests that wait on one connection. Clients that do this at all send up to 16 at once. */
const MAX_WAITING = 16;

/**
 * The most requests on one connection. The last response closes it, which frees what it has gathered in memory; nginx has
 * the same limit. After Node's own `maxRequestsPerSocket`, requests that wait would get 503.
 */
const MAX_REQUESTS = 1_000;

/** A request with its response, as Node passes them on. */
type Task = Parameters<RequestListener>;

/** The requests of a connection. */
interface Queue {
  /** The response that is next; undefined between requests. */
  unanswered: ServerResponse | undefined;
  waiting: Task[];
  requests: number;
}

/**
 * Serves the requests of each connection one after the other. Node would start them all at once and keep every response
 * in memory until the caller reads it. A request that waits is not served if the caller hangs up, and a caller that sends
 * still more loses its connection.
 */
export function oneAtATime(serve: RequestListener): {
  take: RequestListener;
  /** Finds the response that is next on a connection. */
  unanswered: (socket: Socket) => ServerResponse | undefined;
} {
  const queues = new WeakMap<Socket, Queue>();

  function start([req, res]: Task, queue: Queue): void {
    queue.unanswered = res;
    queue.requests += 1;
    if (queue.requests >= MAX_REQUESTS) res.setHeader("Connection", "close");
    res.once("close", () => {
      queue.unanswered = undefined;
      const next = req.socket.writable ? queue.waiting.shift() : undefined;
      if (next) start(next, queue);
    });
    serve(req, res);
  }

  return {
    unanswered: (socket) => queues.get(socket)?.unanswered,
    take(req, res) {
      // After the last response, nothing more is served (RFC 9112 section 9.6): the caller sends it again elsewhere.
      if (!req.socket.writable) return void req.resume();
      const queue = queues.get(req.socket) ?? { unanswered: undefined, waiting: [], requests: 0 };
      queues.set(req.socket, queue);
      if (!queue.unanswered) start([req, res], queue);
      else if (queue.waiting.length < MAX_WAITING) queue.waiting.push([req, res]);
      else req.socket.destroy();
    },
  };
}
