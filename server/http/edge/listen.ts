/** The socket: limits for slow and large requests, and a shutdown that loses none. */
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { type AddressInfo, Server as TcpServer } from "node:net";
import { timesSent } from "./repeated-headers.ts";

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
  const server = createServer(
    {
      headersTimeout: 10_000,
      requestTimeout: 15_000,
      connectionsCheckingInterval: 2_000,
      keepAliveTimeout: keepAliveSeconds * 1000,
      maxHeaderSize: 16 * 1024,
    },
    (req, res) => {
      if (isReadable(req)) handler(req, res);
      else res.writeHead(400, { Connection: "close" }).end();
    },
  );
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
      const end = setTimeout(() => server.closeAllConnections(), 10_000);
      await closed.finally(() => {
        clearInterval(sweep);
        clearTimeout(end);
        server.closeAllConnections();
      });
    },
  };
}

/**
 * Whether the target and the host of a request form a URL without credentials (RFC 9110 section 4.2.4), and neither the
 * host nor the type of its body is ambiguous (RFC 9112 section 3.2).
 */
function isReadable(request: IncomingMessage): boolean {
  if (timesSent(request, "host") > 1 || timesSent(request, "content-type") > 1) return false;
  const { url = "", headers } = request;
  const target = url.startsWith("/") ? `http://${headers.host ?? "localhost"}${url}` : url;
  return URL.canParse(target) && new URL(target).username === "" && !headers.host?.includes("@");
}
