/** Ports of 127.0.0.1. */
import { createServer } from "node:net";

/** Finds a free port, for a program that must know its port before it listens. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (typeof address !== "object" || !address) throw new Error("the probe has no port");
  return address.port;
}
