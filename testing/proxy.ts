/** A TCP proxy that can lose what passes through it, as a network does. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A running proxy. */
export interface TcpProxy {
  port: number;
  /** How many connections it passes on. */
  open: () => number;
  /** From now on nothing passes on the connections that are open, not even that a side closes them. */
  silence(): void;
  stop(): Promise<void>;
}

/** Starts a proxy for a port of 127.0.0.1. @param port of the proxy; 0 takes a free one */
export async function startProxy(target: number, port = 0): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const silent = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ port: target, host: "127.0.0.1", allowHalfOpen: true });
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
  await once(server.listen(port, "127.0.0.1"), "listening");
  return {
    port: (server.address() as AddressInfo).port,
    open: () => sockets.size,
    silence() {
      for (const socket of sockets) silent.add(socket.unpipe().on("data", () => undefined));
      sockets.clear();
    },
    async stop() {
      for (const socket of [...sockets, ...silent]) socket.destroy();
      await new Promise((resolve) => server.close(() => resolve(undefined)));
    },
  };
}
