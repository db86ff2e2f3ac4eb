/** Rejects what the application cannot read: with a minimal problem (RFC 9457), after which the connection closes. */
import type { RequestListener, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { linger } from "./linger.ts";
import type { Received } from "./received.ts";
import { timesSent } from "./repeated-headers.ts";

const PROBLEMS = {
  400: ["Bad Request", "the request is malformed"],
  408: ["Request Timeout", "the request took too long to arrive"],
  413: ["Content Too Large", "the chunk extensions of the body are too large"],
  431: [
    "Request Header Fields Too Large",
    "the URL and the headers must be at most 16 kB together",
  ],
} as const;

/** What Node calls these errors; everything else is 400. */
const STATUSES: Readonly<Record<string, keyof typeof PROBLEMS>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  HPE_HEADER_OVERFLOW: 431,
};

function problem(status: keyof typeof PROBLEMS) {
  const [title, detail] = PROBLEMS[status];
  const body = JSON.stringify({ title, status, detail });
  const headers = {
    "Content-Type": "application/problem+json; charset=utf-8",
    "Content-Length": String(body.length),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    Connection: "close",
  };
  return { title, headers, body };
}

/** Rejects requests that Node has read, but the application cannot, and passes on all others. */
export function rejectMalformed(handler: RequestListener): RequestListener {
  const isReadable = readabilityCheck();
  return (req, res) => {
    if (isReadable(req)) return handler(req, res);
    const { headers, body } = problem(400);
    res.writeHead(400, headers).end(body);
  };
}

/**
 * Makes the function that says whether a request has the host that HTTP/1.1 requires, its target and host form a URL
 * without credentials (RFC 9110 section 4.2.4), and neither the host nor the type of its body is ambiguous (RFC 9112
 * section 3.2).
 */
export function readabilityCheck(): (request: Received) => boolean {
  /** The last host that formed a URL. Nearly all requests have the same one, and what follows it is always a path. */
  let known: string | undefined;
  return (request) => {
    if (timesSent(request, "host") > 1 || timesSent(request, "content-type") > 1) return false;
    const { url = "", headers, httpVersion } = request;
    const { host } = headers;
    if (host === undefined && httpVersion === "1.1") return false;
    // Nor is an empty one a host (RFC 9110 section 4.2.1).
    if (host === "" || host?.includes("@")) return false;
    if (!url.startsWith("/")) {
      if (!URL.canParse(url)) return false;
      const { username, password } = new URL(url);
      return username === "" && password === "";
    }
    if (host !== undefined && host === known) return true;
    const canParse = URL.canParse(`http://${host ?? "localhost"}${url}`);
    // A host that consists of slashes would take the path for a host.
    if (canParse && host !== undefined && /^[\w[]/.test(host)) known = host;
    return canParse;
  };
}

/**
 * Rejects what Node could not read, and ends the connection.
 * @param unanswered the response that the connection still waits for
 */
export function rejectBytes(
  error: Error & { code?: string },
  socket: Socket,
  unanswered: ServerResponse | undefined,
): void {
  if (!socket.writable) return void socket.destroy();
  // Whatever is written now would be taken for the response to an earlier request, or for a part of it.
  if (unanswered && (unanswered.req.complete || unanswered.headersSent)) {
    if (!unanswered.shouldKeepAlive) return;
    unanswered.shouldKeepAlive = false;
    // Before what waits on the connection is served.
    return void unanswered.prependOnceListener("close", () => linger(socket));
  }
  const status = STATUSES[error.code ?? ""] ?? 400;
  const { title, headers, body } = problem(status);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.write([`HTTP/1.1 ${status} ${title}`, ...lines, "", body].join("\r\n"));
  linger(socket);
}
