/** A TCP proxy that can lose what passes through it, as a network does. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A running proxy. */
export interface TcpProxy {
  port: number;
  /** How many connections it holds. */
  open: () => number;
  /** From now on nothing passes on the connections that are open; nobody is told. */
  silence(): void;
  stop(): Promise<void>;
}

/** Starts a proxy for a port of 127.0.0.1. */
export async function startProxy(target: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(target, "127.0.0.1");
    sockets.add(client);
    for (const socket of [client, upstream])
      socket
        .on("error", () => undefined)
        .once("close", () => {
          sockets.delete(client);
          client.destroy();
          upstream.destroy();
        });
    client.pipe(upstream).pipe(client);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    port: (server.address() as AddressInfo).port,
    open: () => sockets.size,
    silence() {
      for (const socket of sockets) socket.unpipe().on("data", () => undefined);
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(() => resolve(undefined)));
    },
  };
}
