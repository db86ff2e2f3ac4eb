/** Hosts are checked for every request, whatever the requests before it had. */
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Listening, listen } from "./listen.ts";

let listening: Listening;
beforeAll(async () => {
  listening = await listen((_req, res) => void res.end(), {
    host: "127.0.0.1",
    port: 0,
    keepAliveSeconds: 75,
  });
});
afterAll(() => listening.close());

/** @returns the status of a request for a path of a host, with a connection of its own */
async function ask(host: string, path = "/"): Promise<number> {
  const socket = connect(listening.port, "127.0.0.1");
  socket.end(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  let received = "";
  for await (const chunk of socket) received += chunk;
  return Number(received.split(" ")[1]);
}

test.each([
  ["example.com", 200],
  ["example.com:8080", 200],
  ["[::1]:3000", 200],
  ["1.2.3.4.5", 400],
  ["example.com:x", 400],
  ["example.com:65536", 400],
  ["[::1", 400],
  ["a@example.com", 400],
  ["example.com:8080@", 400],
])("the host %s is %i before and after one that is accepted", async (host, status) => {
  expect(await ask(host)).toBe(status);
  expect(await ask("accepted.example")).toBe(200);
  expect(await ask(host)).toBe(status);
  expect(await ask(host)).toBe(status);
  expect(await ask("accepted.example")).toBe(200);
});

test("a host of slashes is accepted for no other path than it was", async () => {
  // `http:////x` is the host x, and `http:////` is none.
  expect(await ask("/", "/x")).toBe(200);
  expect(await ask("/", "/")).toBe(400);
});

test("an empty host is refused for every path (RFC 9110 section 4.2.1)", async () => {
  expect(await ask("", "/")).toBe(400);
  expect(await ask("", "/x")).toBe(400);
});
