/** The socket: limits on slow and large requests, and an end that loses none. */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

/** A listening server. */
export interface Listening {
  /** `http://ADDRESS:PORT`, with the port that was really given. */
  url: string;
  /** Takes no more connections, and resolves when the last request in flight has its answer. */
  close(): Promise<void>;
}

/** Listens. @throws when the address cannot be had. */
export async function listen(
  handler: RequestListener,
  { host, port }: { host: string; port: number },
): Promise<Listening> {
  const server = createServer(
    {
      headersTimeout: 10_000,
      requestTimeout: 15_000,
      connectionsCheckingInterval: 2_000,
      keepAliveTimeout: 5_000,
      maxHeaderSize: 16 * 1024,
    },
    handler,
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, host, resolve);
  });
  const { address, family, port: given } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${given}`,
    async close() {
      const closed = new Promise<void>((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
      });
      // A connection that is kept alive becomes idle only after its last answer: look again until all are gone.
      const sweep = setInterval(() => server.closeIdleConnections(), 50);
      await closed.finally(() => clearInterval(sweep));
    },
  };
}
