/** Closing a connection on which the caller may still be sending. */
import type { Socket } from "node:net";

/** How long the caller has to read the response, in milliseconds. */
const LINGER_MS = 2_000;
/** How much more it may send, in bytes: after a body that is a little too large, it can still read the response. */
const LINGER_BYTES = 1_000_000;
const CHECK_MS = 20;

/**
 * Ends a connection after everything that has been written to it. What still arrives is read and dropped for a while:
 * if there were unread bytes, closing would reset the connection, and the caller could lose the response (RFC 9112
 * section 9.6).
 */
export function linger(socket: Socket): void {
  if (socket.destroyed || socket.writableEnded) return;
  socket.end();
  const endMs = performance.now() + LINGER_MS;
  const endBytes = socket.bytesRead + LINGER_BYTES;
  const check = setInterval(() => {
    if (performance.now() > endMs || socket.bytesRead > endBytes) socket.destroy();
  }, CHECK_MS);
  socket.once("close", () => clearInterval(check));
}
