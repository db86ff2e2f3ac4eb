import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { ENGINES } from "../../../testing/engines.ts";
import { useService } from "../../../testing/service.ts";

const [engine = expect.unreachable()] = ENGINES;
const CHUNK = `4000\r\n${"x".repeat(16_384)}\r\n`;
const FORM = "application/x-www-form-urlencoded";
/** What the kernel of this machine may hold between two sockets, and what is dropped after the response. */
const FAR_TOO_MUCH = 60_000_000;

/** Every kind of path, with what it takes, and how it says that this was too much. */
const OAUTH = '"error":"invalid_request","error_description":"the body must be at most 16 kB"';
const DETAIL = '"detail":"the body must be at most 16 kB"';
const PATHS: readonly [asked: string, type: string, status: number, text: string][] = [
  ["POST /token", FORM, 413, OAUTH],
  ["POST /token", "text/plain", 413, OAUTH],
  ["POST /introspect", FORM, 413, OAUTH],
  ["POST /revoke", FORM, 413, OAUTH],
  ["POST /api/token", FORM, 413, DETAIL],
  ["POST /api/register", "application/json", 413, DETAIL],
  ["POST /api/items", "application/json", 413, DETAIL],
  ["POST /trpc/register", "application/json", 413, '"reason":"body_too_large"'],
  ["GET /trpc/isLoggedIn", "application/json", 413, '"reason":"body_too_large"'],
  ["GET /healthz", FORM, 200, '"status":"ok"'],
  ["GET /api/hello", FORM, 200, "Hello"],
  ["PUT /token", FORM, 405, '"invalid_request"'],
  ["PUT /trpc/me", FORM, 405, '"Method Not Allowed"'],
  ["POST /nothing", FORM, 404, '"Not Found"'],
  ["OPTIONS /token", FORM, 405, "invalid_request"],
  ["POST /%ff", FORM, 404, '"Not Found"'],
];

describe("a body that is too large", () => {
  const service = useService(engine);
  const sockets: Socket[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  function send(asked: string, headers: string) {
    // It goes on sending after the server has said that it is done.
    const port = Number(new URL(service.url).port);
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    socket.once("end", () => socket.writableLength === 0 && socket.end());
    sockets.push(socket);
    socket.on("error", () => undefined);
    let received = "";
    socket.on("data", (chunk) => {
      received += chunk;
    });
    const closed = new Promise<void>((done) => socket.once("close", () => done()));
    socket.write(`${asked} HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n`);
    return { socket, received: () => received, closed };
  }

  test.each(PATHS)("%s with %s is cut: %i", async (asked, type, status, text) => {
    const headers = `Content-Type: ${type}\r\nTransfer-Encoding: chunked`;
    const { socket, received, closed } = send(asked, headers);
    const flood = () => {
      while (!socket.destroyed && socket.bytesWritten < 3e9) if (!socket.write(CHUNK)) return;
    };
    socket.on("drain", flood);
    flood();
    await closed;
    expect(received()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(received()).toContain(text);
    expect(received()).toMatch(/\r\nConnection: close\r\n/i);
    expect(received().match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(socket.bytesWritten).toBeLessThan(FAR_TOO_MUCH);
  });

  test.each(PATHS)(
    "%s with %s that is announced is not waited for: %i",
    async (asked, type, status, text) => {
      const { received, closed } = send(
        asked,
        `Content-Type: ${type}\r\nContent-Length: 3000000000`,
      );
      await closed;
      expect(received()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      expect(received()).toContain(text);
    },
  );

  test("a caller that sends half a megabyte before it reads still gets the response", async () => {
    const { socket, received, closed } = send(
      "POST /token",
      `Content-Type: ${FORM}\r\nContent-Length: 500000`,
    );
    socket.pause();
    for (let i = 0; i < 100; i += 1) {
      socket.write("x".repeat(5_000));
      await new Promise((done) => setTimeout(done, 5));
    }
    socket.resume();
    await closed;
    expect(received()).toContain(OAUTH);
  });

  test.each(["Content-Length: 16384", "Transfer-Encoding: chunked"])(
    "a body of exactly 16 kB is not, and the connection stays open: %s",
    async (header) => {
      const { socket, received } = send("POST /nothing", header);
      const chunked = header.startsWith("Transfer");
      socket.write(chunked ? `${CHUNK}0\r\n\r\n` : "x".repeat(16_384));
      await expect.poll(received).toContain("404");
      socket.write("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
      await expect.poll(received).toContain('"status":"ok"');
    },
  );

  test("the request is logged once, with its status", async () => {
    service.logged.length = 0;
    const { closed } = send("POST /token", "Content-Length: 3000000000");
    await closed;
    expect(service.logged.map((line) => JSON.parse(line))).toMatchObject([
      { method: "POST", path: "/token", status: 413, msg: "request" },
    ]);
  });
});
