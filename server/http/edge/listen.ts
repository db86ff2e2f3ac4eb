/**
 * Listens for requests: limits for slow or large requests and for callers that do not read, and a shutdown that waits for
 * the requests in flight.
 */
import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, type Socket, Server as TcpServer } from "node:net";
import { type Direct, directConnections } from "./direct.ts";
import { linger } from "./linger.ts";
import { readabilityCheck, rejectBytes, rejectMalformed } from "./malformed.ts";
import { oneAtATime } from "./pipeline.ts";

/**
 * The most open connections; more are closed at once. A proxy needs a few dozen, and a busy day of browsers that connect
 * directly some hundreds. Each can take about 250 kB at worst: headers, a body, waiting requests and a response.
 */
const MAX_CONNECTIONS = 2_000;
/**
 * How long a new connection may stay silent before Node takes it over, in milliseconds. Node answers 408 after its own
 * timeout.
 */
const FIRST_MS = 2_000;
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

/** Where to listen. */
interface Address {
  host: string;
  port: number;
  keepAliveSeconds: number;
  setting?: "PORT" | "METRICS_PORT";
}

/**
 * Listens.
 * @param address `keepAliveSeconds` is how long an idle connection stays open; `setting` is where the port comes from
 * @param direct answers what Node does not have to read
 * @throws if the address is not available
 */
export async function listen(
  handler: RequestListener,
  { host, port, keepAliveSeconds, setting = "PORT" }: Address,
  direct?: Direct,
): Promise<Listening> {
  const server = createHttpServer(handler, keepAliveSeconds);
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket.once("close", () => sockets.delete(socket)));
  });
  const connections = direct && serveDirectly(server, direct);
  await new Promise<void>((resolve, reject) => {
    const refuse = (cause: NodeJS.ErrnoException) => {
      const advice =
        cause.code === "EADDRINUSE"
          ? `${setting}: stop the other process that listens there, or set another port`
          : `HOST and ${setting}: set another address`;
      reject(new Error(advice, { cause }));
    };
    server.once("error", refuse).listen(port, host, resolve);
  });
  const { address, family, port: given } = server.address() as AddressInfo;
  return {
    port: given,
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${given}`,
    async close() {
      // From now on each response tells the caller not to reuse its connection.
      server.prependListener("request", (_req, res) => res.setHeader("Connection", "close"));
      connections?.drain();
      const closed = new Promise<void>((resolve, reject) => {
        // Not http.Server's close: it would also stop the timeouts that end a silent connection.
        TcpServer.prototype.close.call(server, (error) => (error ? reject(error) : resolve()));
      });
      // A request may already be on its way on an idle connection. After one second it has arrived.
      const sweep = setInterval(() => {
        // To Node, a connection whose last response is still being sent is idle.
        const isSending = [...sockets].some(({ writableLength }) => writableLength > 0);
        if (!isSending) server.closeIdleConnections();
        connections?.closeIdle();
      }, 1_000);
      const endAll = () => {
        server.closeAllConnections();
        connections?.closeAll();
      };
      const end = setTimeout(endAll, CLOSE_MS);
      await closed.finally(() => {
        clearInterval(sweep);
        clearTimeout(end);
        endAll();
      });
    },
  };
}

/** Serves the connections of a server before the server itself does. */
function serveDirectly(server: Server, direct: Direct) {
  const listeners = server.listeners("connection");
  const toNode = (socket: Socket) => {
    for (const listener of listeners) listener.call(server, socket);
  };
  const isReadable = readabilityCheck();
  const answer: Direct = (req) => (isReadable(req) ? direct(req) : undefined);
  const connections = directConnections(answer, toNode, {
    firstMs: FIRST_MS,
    keepAliveMs: server.keepAliveTimeout,
    stalledMs: STALLED_MS,
  });
  server.removeAllListeners("connection").on("connection", connections.take);
  return connections;
}

function createHttpServer(handler: RequestListener, keepAliveSeconds: number): Server {
  const { take, unanswered } = oneAtATime(rejectMalformed(handler));
  const server = createServer(
    {
      headersTimeout: 10_000,
      requestTimeout: 15_000,
      connectionsCheckingInterval: 2_000,
      keepAliveTimeout: keepAliveSeconds * 1000,
      maxHeaderSize: 16 * 1024,
      // Node's response would have no body; {@link rejectMalformed} checks the same.
      requireHostHeader: false,
    },
    take,
  );
  server.maxConnections = MAX_CONNECTIONS;
  // This timeout does not run between requests, nor while a response makes progress.
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
