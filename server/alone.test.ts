/** Tegata without Express: what it answers in a server of node:http and through `listen`, compared with the service. */
import type { ServerResponse } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Application, embed } from "../testing/embedding.ts";
import { ENGINES } from "../testing/engines.ts";
import { ISSUER, useService } from "../testing/service.ts";
import { type Listening, listen } from "./index.ts";

const [engine = expect.unreachable()] = ENGINES;
const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"];

/** Requests as a socket sends them; a blank line and a header that closes the connection follow. */
const REQUESTS = [
  "OPTIONS * HTTP/1.1\r\nHost: x",
  "GET * HTTP/1.1\r\nHost: x",
  "GET /healthz HTTP/1.1\r\nHost: a@b",
  "GET /healthz HTTP/1.1\r\nHost: a b",
  "GET /healthz HTTP/1.1\r\nHost: [::1",
  "GET /healthz HTTP/1.1\r\nHost: a:99999",
  "GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y",
  "GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Type: a\r\nContent-Type: b",
  "GET http:// HTTP/1.1\r\nHost: x",
  "GET http://u:p@x/healthz HTTP/1.1\r\nHost: x",
  "GET http://x/healthz HTTP/1.1\r\nHost: x",
  "GET //healthz HTTP/1.1\r\nHost: x",
  "GET /% HTTP/1.1\r\nHost: x",
  "GET /healthz?%ff HTTP/1.1\r\nHost: x",
  "GET /healthz HTTP/1.0",
  "TRACE / HTTP/1.1\r\nHost: x",
  "PROPFIND /token HTTP/1.1\r\nHost: x",
  "POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\nx",
];

/** What Node itself does not read. To all of it, a server of node:http answers 400 or 431 without a body. */
const UNREADABLE = [
  "BREW / HTTP/1.1\r\nHost: x",
  "GET mailto:x HTTP/1.1\r\nHost: x",
  "GET /healthz HTTP/1.1",
  `GET /${"x".repeat(17_000)} HTTP/1.1\r\nHost: x`,
];

/** Sends bytes, and returns what comes back, without what differs from one response to the next. */
async function exchange(url: string, bytes: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  let received = "";
  socket.on("data", (chunk) => {
    received += chunk;
  });
  const [head, body = ""] = bytes.split("\r\n\r\n");
  socket.write(`${head}\r\nConnection: close\r\n\r\n${body}`);
  await new Promise((done) => socket.once("close", done));
  return received.replace(/^(Date|X-Request-Id): .*\r\n/gim, "");
}

describe("what is answered", () => {
  const service = useService(engine);
  let bare: Application;
  let listening: Listening;
  beforeAll(async () => {
    bare = await embed({ settings: { DATABASE_URL: await engine.emptyDatabase(), ISSUER } });
    listening = await listen(bare.tegata.handler, { port: 0 });
  });
  afterAll(async () => {
    await listening.close();
    await bare.close();
  });

  test.each(REQUESTS)("%j gets the same answer as from the service", async (bytes) => {
    const expected = await exchange(service.url, bytes);
    expect(expected).toMatch(/^HTTP\/1\.1 \d{3} /);
    expect(await exchange(listening.url, bytes)).toBe(expected);
    expect(await exchange(bare.url, bytes)).toBe(expected);
  });

  test.each(UNREADABLE)(
    "%# gets the same answer as from the service, with listen",
    async (bytes) => {
      expect(await exchange(listening.url, bytes)).toBe(await exchange(service.url, bytes));
      expect(await exchange(bare.url, bytes)).toMatch(/^HTTP\/1\.1 (400|431) /);
    },
  );

  test("every documented path by every method gets the same answer as from the service", async () => {
    const document = await (await fetch(`${service.url}/openapi.json`)).json();
    const { paths } = document as { paths: object };
    expect(Object.keys(paths).length).toBeGreaterThan(20);
    for (const path of [...Object.keys(paths), "/openapi.json", "/trpc/me", "/nothing"])
      for (const method of METHODS) {
        const bytes = `${method} ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x.y.z`;
        expect(await exchange(bare.url, bytes)).toBe(await exchange(service.url, bytes));
      }
  });
});

test("listen ends what is slow and what is not a request, and loses no request when it is closed", async () => {
  let arrive: (response: ServerResponse) => void = () => {};
  const arrived = new Promise<ServerResponse>((resolve) => {
    arrive = resolve;
  });
  const { close, url } = await listen((_req, res) => arrive(res), { port: 0 });
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(await exchange(url, "BREW / HTTP/1.1\r\nHost: x")).toContain("the request is malformed");
  const answer = fetch(url);
  const response = await arrived;
  const closed = close();
  response.end("served");
  await closed;
  expect(await (await answer).text()).toBe("served");
  await expect(fetch(url)).rejects.toThrow();
});
