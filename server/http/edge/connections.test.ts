import { readdirSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Server } from "node:http";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type Listening, listen } from "./listen.ts";

const openFiles = () => readdirSync("/proc/self/fd").length;
const get = (path: string, more = "") => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;

const opened: { listening?: Listening; sockets: Socket[] } = { sockets: [] };
afterEach(async () => {
  for (const socket of opened.sockets.splice(0)) socket.destroy();
  await opened.listening?.close();
});

/** Listens, and returns the server itself, whose limits a test can lower. */
async function serve(handler: (req: IncomingMessage, res: ServerResponse) => void) {
  const listening = vi.spyOn(Server.prototype, "listen");
  opened.listening = await listen(handler, { host: "127.0.0.1", port: 0, keepAliveSeconds: 75 });
  const [server = expect.unreachable()] = listening.mock.contexts as Server[];
  listening.mockRestore();
  return server;
}

/** Opens a connection that collects what it receives. */
function open(): { socket: Socket; received: () => string; closed: Promise<void> } {
  const socket = connect(opened.listening?.port ?? 0, "127.0.0.1").on("error", () => undefined);
  opened.sockets.push(socket);
  let received = "";
  socket.on("data", (chunk) => {
    received += chunk;
  });
  const closed = new Promise<void>((done) => socket.once("close", () => done()));
  return { socket, received: () => received, closed };
}

describe("requests that are sent without waiting for the responses", () => {
  test("are served in order, one at a time", async () => {
    let inFlight = 0;
    let most = 0;
    await serve((req, res) => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      setTimeout(() => {
        inFlight -= 1;
        res.end(`<${req.url}>`);
      }, 5);
    });
    const { socket, received } = open();
    const paths = Array.from({ length: 17 }, (_, i) => `/${i}`);
    socket.write(paths.map((path) => get(path)).join(""));
    await expect.poll(() => received().match(/<.*?>/g)).toEqual(paths.map((path) => `<${path}>`));
    expect(most).toBe(1);
    // The connection is still good.
    socket.write(get("/last"));
    await expect.poll(received).toContain("</last>");
  });

  test("a caller that sends too many loses its connection, and only the first is served", async () => {
    const served: (string | undefined)[] = [];
    await serve((req, res) => {
      served.push(req.url);
      setTimeout(() => res.end(), 20);
    });
    const { socket, closed } = open();
    socket.write(Array.from({ length: 1_200 }, (_, i) => get(`/${i}`)).join(""));
    await closed;
    expect(served).toEqual(["/0"]);
  });

  test("what waits is not served after the caller has hung up", async () => {
    const served: (string | undefined)[] = [];
    const ended: (string | undefined)[] = [];
    await serve((req, res) => {
      served.push(req.url);
      res.once("close", () => ended.push(req.url));
    });
    const { socket } = open();
    socket.write(Array.from({ length: 10 }, (_, i) => get(`/${i}`)).join(""));
    await expect.poll(() => served).toEqual(["/0"]);
    socket.destroy();
    await expect.poll(() => ended).toEqual(["/0"]);
    expect(served).toEqual(["/0"]);
  });

  test("what comes after the last response of a connection is not served", async () => {
    const served: (string | undefined)[] = [];
    await serve((req, res) => {
      served.push(req.url);
      res.setHeader("Connection", "close").end(`<${req.url}>`);
    });
    const { socket, received, closed } = open();
    socket.once("data", () => socket.write(get("/late")));
    socket.write(get("/first"));
    await closed;
    expect(received()).toContain("</first>");
    expect(served).toEqual(["/first"]);
  });

  test("callers that never read hold one response each", async () => {
    const body = "x".repeat(1_000_000);
    let written = 0;
    await serve((_req, res) => {
      written += 1;
      res.end(body);
    });
    for (let i = 0; i < 20; i += 1) {
      const { socket } = open();
      socket.pause();
      socket.write(get("/").repeat(17));
    }
    await expect.poll(() => written).toBeGreaterThanOrEqual(20);
    const other = open();
    other.socket.write(get("/"));
    await expect.poll(() => other.received().length).toBeGreaterThan(body.length);
    // The kernel takes one or two of them for each connection.
    expect(written).toBeLessThan(20 * 8);
  });

  test("many of them and a hang-up leave no open file", async () => {
    await serve((_req, res) => res.end("x".repeat(65_000)));
    const before = openFiles();
    for (let i = 0; i < 5; i += 1) {
      const { socket } = open();
      socket.write(get("/").repeat(1_200), () => socket.destroy());
    }
    const other = open();
    other.socket.write(get("/"));
    await expect.poll(() => other.received().length).toBeGreaterThan(65_000);
    other.socket.destroy();
    await expect.poll(openFiles).toBeLessThan(before + 3);
  });
});

test("the end of the service waits for a response that is being sent", async () => {
  const body = "x".repeat(20_000_000);
  let isServed = false;
  await serve((_req, res) => {
    res.end(body);
    isServed = true;
  });
  const { socket, received, closed } = open();
  socket.pause();
  socket.write(get("/"));
  await expect.poll(() => isServed).toBe(true);
  const end = opened.listening?.close();
  delete opened.listening;
  // Longer than idle connections are waited for.
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  socket.resume();
  await end;
  await closed;
  expect(received().length).toBeGreaterThan(body.length);
});

describe("limits of a connection", () => {
  test("have values", async () => {
    expect(await serve((_req, res) => res.end())).toMatchObject({
      timeout: 30_000,
      maxConnections: 2_000,
    });
  });

  test("a response that makes no progress is ended", async () => {
    // Also after the service itself took its time.
    const server = await serve(
      (_req, res) => void setTimeout(() => res.end("x".repeat(20_000_000)), 700),
    );
    server.timeout = 300;
    const { socket, received } = open();
    socket.pause();
    socket.write(get("/"));
    const connections = () =>
      new Promise<number>((done) => server.getConnections((_, count) => done(count)));
    await expect.poll(connections).toBe(1);
    await expect.poll(connections).toBe(0);
    expect(received()).toBe("");
  });

  test("a request that the service is slow to answer is not", async () => {
    const server = await serve((_req, res) => void setTimeout(() => res.end("late"), 700));
    server.timeout = 200;
    const { socket, received } = open();
    socket.write(get("/"));
    await expect.poll(received).toContain("late");
  });

  test("connections beyond the limit are closed", async () => {
    const server = await serve((_req, res) => res.end("here"));
    server.maxConnections = 2;
    const [first, second] = [open(), open()];
    for (const { socket, received } of [first, second]) {
      socket.write(get("/"));
      await expect.poll(received).toContain("here");
    }
    await open().closed;
    first?.socket.write(get("/"));
    await expect.poll(() => first?.received().match(/here/g)?.length).toBe(2);
  });

  test("after a thousand requests, the last response says so, and the connection is closed", async () => {
    await serve((_req, res) => res.end("here"));
    const { socket, received, closed } = open();
    const count = (pattern: RegExp) => received().match(pattern)?.length ?? 0;
    for (let sent = 0; sent < 990; sent += 10) {
      socket.write(get("/").repeat(10));
      await expect.poll(() => count(/here/g), { interval: 1 }).toBe(sent + 10);
    }
    // Two more than are served.
    socket.write(get("/").repeat(12));
    await closed;
    expect(count(/here/g)).toBe(1_000);
    expect(count(/Connection: close/g)).toBe(1);
    expect(count(/HTTP\/1\.1 200 OK/g)).toBe(count(/HTTP\/1\.1/g));
  });
});
