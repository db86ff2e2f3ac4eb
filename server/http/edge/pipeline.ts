/** Requests that a caller sends on one connection without waiting for the responses (RFC 9112 section 9.3.2). */
import type { RequestListener, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** The most requests that wait on one connection. Clients that do this at all send up to 16 at once. */
const MAX_WAITING = 16;

type Exchange = Parameters<RequestListener>;

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
  const lines = new WeakMap<Socket, { res: ServerResponse; waiting: Exchange[] }>();

  function start([req, res]: Exchange, waiting: Exchange[]): void {
    const { socket } = req;
    lines.set(socket, { res, waiting });
    res.once("close", () => {
      const next = socket.writable ? waiting.shift() : undefined;
      if (next) start(next, waiting);
      else lines.delete(socket);
    });
    serve(req, res);
  }

  return {
    unanswered: (socket) => lines.get(socket)?.res,
    take(req, res) {
      const line = lines.get(req.socket);
      if (!line) start([req, res], []);
      else if (line.waiting.length < MAX_WAITING) line.waiting.push([req, res]);
      else req.socket.destroy();
    },
  };
}
