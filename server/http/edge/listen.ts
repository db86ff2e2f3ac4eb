/** The socket: limits for slow and large requests and for callers that do not read, and a shutdown that loses none. */
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { type AddressInfo, type Socket, Server as TcpServer } from "node:net";
import { linger } from "./linger.ts";
import { rejectBytes, rejectRequest } from "./malformed.ts";
import { oneAtATime } from "./pipeline.ts";
import { timesSent } from "./repeated-headers.ts";

/**
 * The most open connections; more are closed at once. A proxy needs a few dozen, and a busy day of browsers that connect
 * directly some hundreds. Each can take about 250 kB at worst: headers, a body, waiting requests and a response.
 */
const MAX_CONNECTIONS = 2_000;
/** How long a response may make no progress because the caller does not read it, in milliseconds. */
const STALLED_MS = 30_000;
/**
 * How long the requests in flight have when the service ends, in milliseconds: longer than any of them waits for the
 * database, and short enough for the rest of the end within 10 seconds.
 */
const CLOSE_MS = 8_000;

/** A listening server. */
export interface Listening {
  /** `http://ADDRESS:PORT`, with the actual port. */
  url: string;
  port: number;
  /** Accepts no more connections, and resolves when the last request in flight has its response. */
  close(): Promise<void>;
}

/**
 * Listens.
 * @param address `keepAliveSeconds` is how long an idle connection stays open
 * @throws if the address is not available
 */
export async function listen(
  handler: RequestListener,
  { host, port, keepAliveSeconds }: { host: string; port: number; keepAliveSeconds: number },
): Promise<Listening> {
  const server = createHttpServer(handler, keepAliveSeconds);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, host, resolve);
  });
  const { address, family, port: given } = server.address() as AddressInfo;
  return {
    port: given,
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${given}`,
    async close() {
      // From now on each response tells the caller not to reuse its connection.
      server.prependListener("request", (_req, res) => res.setHeader("Connection", "close"));
      const closed = new Promise<void>((resolve, reject) => {
        // Not http.Server's close: it would also stop the timeouts that end a silent connection.
        TcpServer.prototype.close.call(server, (error) => (error ? reject(error) : resolve()));
      });
      // A request may already be on its way on an idle connection. After one second it has arrived.
      const sweep = setInterval(() => server.closeIdleConnections(), 1_000);
      const end = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
      await closed.finally(() => {
        clearInterval(sweep);
        clearTimeout(end);
        server.closeAllConnections();
      });
    },
  };
}

function createHttpServer(handler: RequestListener, keepAliveSeconds: number): Server {
  const isReadable = readabilityCheck();
  const { take, unanswered } = oneAtATime((req, res) => {
    if (isReadable(req)) handler(req, res);
    else rejectRequest(res);
  });
  const server = createServer(
    {
      headersTimeout: 10_000,
      requestTimeout: 15_000,
      connectionsCheckingInterval: 2_000,
      keepAliveTimeout: keepAliveSeconds * 1000,
      maxHeaderSize: 16 * 1024,
      // Node's response would have no body; `isReadable` checks the same.
      requireHostHeader: false,
    },
    take,
  );
  server.maxConnections = MAX_CONNECTIONS;
  // It counts neither between requests nor while a response makes progress.
  server.timeout = STALLED_MS;
  server.on("timeout", (socket: Socket) => {
    // If there is no response yet, the service is slow and not the caller.
    if (unanswered(socket)?.headersSent !== false) socket.destroy();
  });
  server.on("connection", (socket: Socket) => {
    // What Node calls after the last response of a connection.
    socket.destroySoon = () => linger(socket);
  });
  server.on("clientError", (error, socket: Socket) =>
    rejectBytes(error, socket, unanswered(socket)),
  );
  // Otherwise Node answers 417 by itself. An expectation that nobody knows may be ignored (RFC 9110 section 10.1.1).
  server.on("checkExpectation", take);
  return server;
}

/**
 * Makes the function that says whether a request has the host that HTTP/1.1 requires, its target and host form a URL
 * without credentials (RFC 9110 section 4.2.4), and neither the host nor the type of its body is ambiguous (RFC 9112
 * section 3.2).
 */
function readabilityCheck(): (request: IncomingMessage) => boolean {
  /** The last host that formed a URL. Nearly all requests have the same one, and what follows it is always a path. */
  let known: string | undefined;
  return (request) => {
    if (timesSent(request, "host") > 1 || timesSent(request, "content-type") > 1) return false;
    const { url = "", headers, httpVersion } = request;
    const { host } = headers;
    if (host === undefined && httpVersion === "1.1") return false;
    if (host?.includes("@")) return false;
    if (!url.startsWith("/")) return URL.canParse(url) && new URL(url).username === "";
    if (host !== undefined && host === known) return true;
    const canParse = URL.canParse(`http://${host ?? "localhost"}${url}`);
    // A host that consists of slashes would take the path for a host.
    if (canParse && host !== undefined && /^[\w[]/.test(host)) known = host;
    return canParse;
  };
}
