import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Listening, listen } from "./listen.ts";

let listening: Listening;
let served: string[];
const sockets: Socket[] = [];
beforeEach(async () => {
  served = [];
  listening = await listen(
    (req, res) => {
      served.push(String(req.url));
      req.resume().once("end", () => setTimeout(() => res.end("served"), 20));
    },
    { host: "127.0.0.1", port: 0, keepAliveSeconds: 75 },
  );
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await listening.close();
});

/** Sends bytes, and returns what comes back until the connection is closed. */
async function exchange(...parts: string[]): Promise<string> {
  const socket = connect(listening.port, "127.0.0.1").on("error", () => undefined);
  sockets.push(socket);
  let received = "";
  socket.on("data", (chunk) => {
    received += chunk;
  });
  for (const part of parts) socket.write(part);
  await new Promise((done) => socket.once("close", done));
  return received;
}

const problem = (status: number, title: string, detail: string) => {
  const body = JSON.stringify({ title, status, detail });
  return [
    `HTTP/1.1 ${status} ${title}`,
    "Content-Type: application/problem+json; charset=utf-8",
    `Content-Length: ${body.length}`,
    "Cache-Control: no-store",
    "X-Content-Type-Options: nosniff",
    "Connection: close",
    "",
    body,
  ].join("\r\n");
};
const MALFORMED = problem(400, "Bad Request", "the request is malformed");
const TOO_LONG = problem(
  431,
  "Request Header Fields Too Large",
  "the URL and the headers must be at most 16 kB together",
);
const HOST = "Host: x\r\n\r\n";

describe("what is not a request", () => {
  test.each([
    ["bytes of another protocol", "\x16\x03\x01\x02\0\x01\0", MALFORMED],
    ["an unknown version", `GET / HTTP/9.9\r\n${HOST}`, MALFORMED],
    ["an unknown method", `BREW / HTTP/1.1\r\n${HOST}`, MALFORMED],
    ["a space before a colon", `GET / HTTP/1.1\r\nA : b\r\n${HOST}`, MALFORMED],
    [
      "two lengths",
      `POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n${HOST}`,
      MALFORMED,
    ],
    [
      "a length and chunks",
      `POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n${HOST}`,
      MALFORMED,
    ],
    ["a long URL", `GET /${"x".repeat(17_000)} HTTP/1.1\r\n${HOST}`, TOO_LONG],
    ["a long header", `GET / HTTP/1.1\r\nA: ${"x".repeat(17_000)}\r\n${HOST}`, TOO_LONG],
    ["many headers", `GET / HTTP/1.1\r\n${"A: b\r\n".repeat(9_000)}${HOST}`, TOO_LONG],
    ["a megabyte of header", `GET / HTTP/1.1\r\nA: ${"x".repeat(1_000_000)}`, TOO_LONG],
  ])("%s gets a problem, and the connection ends", async (_, bytes, answer) => {
    expect(await exchange(bytes)).toBe(answer);
    expect(served).toEqual([]);
  });

  test.each([
    ["no host", "GET / HTTP/1.1\r\n\r\n"],
    ["a target with a user", "GET http://a@b/ HTTP/1.1\r\nHost: b\r\n\r\n"],
    ["a target with a password", "GET http://:a@b/ HTTP/1.1\r\nHost: b\r\n\r\n"],
    ["a host with a user", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"],
    ["a target that is no URL", "GET http:// HTTP/1.1\r\nHost: x\r\n\r\n"],
  ])("%s gets the same", async (_, bytes) => {
    const answer = await exchange(bytes);
    expect(answer.replace(/Date: .*\r\n/, "")).toBe(MALFORMED);
    expect(served).toEqual([]);
  });

  test("a broken chunk gets a problem while its request is read", async () => {
    const bytes = `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n${HOST}`;
    expect(await exchange(bytes, "zz\r\n")).toBe(MALFORMED);
  });

  test("what follows a good request is not answered in its place", async () => {
    const answer = await exchange(
      `POST /good HTTP/1.1\r\nContent-Length: 2\r\n${HOST}ab`,
      "junk\r\n\r\n",
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer).toMatch(/served/);
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(served).toEqual(["/good"]);
  });

  test("HTTP/1.0 needs no host, and an unknown expectation is ignored", async () => {
    expect(await exchange("GET /old HTTP/1.0\r\n\r\n")).toMatch(/served$/);
    const close = "Connection: close\r\n";
    expect(await exchange(`GET /new HTTP/1.1\r\nExpect: x\r\n${close}${HOST}`)).toMatch(/served/);
    expect(served).toEqual(["/old", "/new"]);
  });
});
