import { Server } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Listening, listen } from "./listen.ts";

let listening: Listening;
beforeAll(async () => {
  const address = { host: "127.0.0.1", port: 0, keepAliveSeconds: 75 };
  listening = await listen((req, res) => void req.resume().once("end", () => res.end()), address);
});
afterAll(() => listening.close());

test.concurrent.each([
  ["nothing", ""],
  ["half a line", "GET / HT"],
  ["headers without an end", "GET / HTTP/1.1\r\nHost: x\r\n"],
  ["a body without an end", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx"],
])("a caller that sends %s is told so, and disconnected", async (_, bytes) => {
  const socket = connect(listening.port, "127.0.0.1");
  socket.write(bytes);
  // One that goes on sending a little gains nothing.
  const drip = setInterval(
    () => bytes.includes("Host") && socket.writable && socket.write("x"),
    4_000,
  );
  let received = "";
  for await (const chunk of socket) received += chunk;
  clearInterval(drip);
  const body = {
    title: "Request Timeout",
    status: 408,
    detail: "the request took too long to arrive",
  };
  expect(received).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
  expect(received).toContain("\r\nConnection: close\r\n");
  expect(received.split("\r\n\r\n")[1]).toBe(JSON.stringify(body));
});

test("a response that the caller reads slowly is not ended", async () => {
  const listening = vi.spyOn(Server.prototype, "listen");
  const body = "x".repeat(20_000_000);
  const address = { host: "127.0.0.1", port: 0, keepAliveSeconds: 75 };
  const { port, close } = await listen((_req, res) => void res.end(body), address);
  const [server = expect.unreachable()] = listening.mock.contexts as Server[];
  listening.mockRestore();
  server.timeout = 3_000;
  const socket = connect(port, "127.0.0.1");
  socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  let received = 0;
  let pauses = 0;
  for await (const chunk of socket) {
    received += (chunk as Buffer).length;
    if (received <= pauses * 2_000_000) continue;
    pauses += 1;
    await new Promise((done) => setTimeout(done, 1_000));
  }
  expect(pauses).toBeGreaterThan(8);
  expect(received).toBeGreaterThan(body.length);
  await close();
});
