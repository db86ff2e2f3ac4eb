import { Server } from "node:http";
import { networkInterfaces } from "node:os";
import { expect, test, vi } from "vitest";
import { type Listening, listen } from "./listen.ts";

const answer = (host = "127.0.0.1"): Promise<Listening> =>
  listen((_req, res) => void res.end("here"), { host, port: 0, keepAliveSeconds: 75 });
const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === "::1"),
);

test("slow requests time out", async () => {
  const listening = vi.spyOn(Server.prototype, "listen");
  const { close } = await answer();
  const [server = expect.unreachable()] = listening.mock.contexts as Server[];
  listening.mockRestore();
  // Otherwise the test would have to wait for each timeout.
  expect(server).toMatchObject({
    headersTimeout: 10_000,
    requestTimeout: 15_000,
    keepAliveTimeout: 75_000,
    connectionsCheckingInterval: 2_000,
  });
  await close();
});

test.each([
  [16_000, 200],
  [17_000, 431],
])("a header of %i bytes gets status %i", async (size, status) => {
  const { url, close } = await answer();
  expect(await fetch(url, { headers: { x: "x".repeat(size) } })).toMatchObject({ status });
  await close();
});

test.runIf(hasIpv6)("the URL of an IPv6 address has brackets", async () => {
  const { url, close } = await answer("::1");
  expect(url).toMatch(/^http:\/\/\[::1\]:\d+$/);
  expect(await (await fetch(url)).text()).toBe("here");
  await close();
});

test.each(["PORT", "METRICS_PORT"] as const)("a %s that is in use is named", async (setting) => {
  const { port, close } = await answer();
  const address = { host: "127.0.0.1", port, keepAliveSeconds: 75, setting };
  await expect(listen(() => undefined, address)).rejects.toMatchObject({
    message: `${setting}: stop the other process that listens there, or set another port`,
    cause: { code: "EADDRINUSE" },
  });
  await close();
});

test("an address that this machine does not have is named by its setting", async () => {
  const address = { host: "192.0.2.1", port: 0, keepAliveSeconds: 75 };
  await expect(listen(() => undefined, address)).rejects.toThrow("HOST and PORT");
});
