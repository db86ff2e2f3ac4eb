/** Connections that are served before Node's http server has them. */
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, Socket } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { type DirectLimits, directConnections, type Exchange, type Message } from "./direct.ts";
import { type Listening, listen } from "./listen.ts";
import { readPlain } from "./plain-request.ts";
import type { Received } from "./received.ts";

const get = (path: string, more = "") => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
const post = (path: string, body: string, more = "") =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n${more}\r\n${body}`;
const message = (body: string | Buffer): Message => ({
  status: 200,
  head: `Content-Length: ${Buffer.byteLength(body)}\r\n`,
  body,
});

const opened: { listening?: Listening | undefined; sockets: Socket[] } = { sockets: [] };
afterEach(async () => {
  for (const socket of opened.sockets.splice(0)) socket.destroy();
  await opened.listening?.close();
  opened.listening = undefined;
});

/** What is answered directly, and how each ended; and what Node got. */
interface Seen {
  direct: (string | undefined)[];
  ends: (number | undefined)[];
  node: (string | undefined)[];
}

/** Listens. @param respond makes the response to a path; without one, Node gets the request */
async function serve(
  respond: (url: string, req: Received) => Promise<Message> | undefined = async (url) =>
    message(`<direct ${url}>`),
  handler: RequestListener = (req, res) => void res.end(`<node ${req.url}>`),
): Promise<Seen> {
  const seen: Seen = { direct: [], ends: [], node: [] };
  const address = { host: "127.0.0.1", port: 0, keepAliveSeconds: 75 };
  opened.listening = await listen(
    (req, res) => {
      seen.node.push(req.url);
      handler(req, res);
    },
    address,
    (req): Exchange | undefined => {
      const response = respond(req.url ?? "", req);
      if (!response) return undefined;
      seen.direct.push(req.url);
      return { response, end: (status) => seen.ends.push(status) };
    },
  );
  return seen;
}

/** Opens a connection that collects what it receives. */
function open(port = opened.listening?.port ?? 0) {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => undefined);
  opened.sockets.push(socket);
  let received = "";
  socket.on("data", (chunk) => {
    received += chunk;
  });
  const ended = new Promise<void>((done) => socket.once("end", done));
  const bodies = () => received.match(/<.*?>/g) ?? [];
  return { socket, received: () => received, bodies, ended };
}

describe("a connection", () => {
  test("is answered directly as long as its requests are plain, and as Node would", async () => {
    const seen = await serve();
    const { socket, received, bodies } = open();
    const more = "connection: Keep-Alive\r\n";
    for (const request of [get("/1", more), post("/2?a=b", "c", more), get("/3", more)]) {
      const { length } = bodies();
      socket.write(request);
      await expect.poll(() => bodies().length).toBe(length + 1);
    }
    expect(bodies()).toEqual(["<direct /1>", "<direct /2?a=b>", "<direct /3>"]);
    expect(seen).toEqual({ direct: ["/1", "/2?a=b", "/3"], ends: [200, 200, 200], node: [] });
    const lines = received().slice(0, received().indexOf("<")).split("\r\n");
    const date = expect.stringMatching(/^Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
    expect(lines).toEqual([
      "HTTP/1.1 200 OK",
      "Content-Length: 11",
      date,
      "Connection: keep-alive",
      "Keep-Alive: timeout=75",
      "",
      "",
    ]);
  });

  test("is Node's after the first request that is not plain, with all that follows", async () => {
    const seen = await serve();
    const { socket, bodies } = open();
    socket.write(get("/1"));
    await expect.poll(bodies).toHaveLength(1);
    socket.write("PUT /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab");
    await expect.poll(bodies).toHaveLength(2);
    socket.write(get("/3"));
    await expect.poll(bodies).toEqual(["<direct /1>", "<node /2>", "<node /3>"]);
    expect(seen.ends).toEqual([200]);
  });

  test("is Node's if nothing answers its request directly, or the answer fails", async () => {
    const seen = await serve((url) =>
      url === "/1" ? Promise.reject(new Error("no answer")) : undefined,
    );
    for (const path of ["/1", "/2"]) {
      const { socket, bodies } = open();
      socket.write(get(path));
      await expect.poll(bodies).toEqual([`<node ${path}>`]);
    }
    expect(seen).toEqual({ direct: ["/1"], ends: [], node: ["/1", "/2"] });
  });

  test("is closed if the answer to a POST fails: what it has done is not done again", async () => {
    const seen = await serve(() => Promise.reject(new Error("no answer")));
    const { socket, received, ended } = open();
    socket.write(post("/1", "a"));
    await ended;
    expect(received()).toBe("");
    expect(seen).toEqual({ direct: ["/1"], ends: [undefined], node: [] });
  });

  test("hands over the body of a POST as it was sent", async () => {
    const bodies: unknown[] = [];
    await serve(async (_url, { body }) => {
      bodies.push(body);
      return message("<done>");
    });
    const { socket, received } = open();
    const sent = Buffer.from([0, 0xff, 13, 10, 13, 10, 71]);
    socket.write(Buffer.concat([Buffer.from(post("/1", " ".repeat(7)).slice(0, -7)), sent]));
    await expect.poll(received).toContain("<done>");
    expect(bodies).toEqual([sent]);
  });

  test("waits if many POSTs arrive at once: a few begin in one turn of the event loop", async () => {
    let turn = 0;
    const turns: number[] = [];
    let ticking: NodeJS.Immediate;
    const tick = () => {
      turn += 1;
      ticking = setImmediate(tick);
    };
    await serve(async () => {
      turns.push(turn);
      return message("<done>");
    });
    const callers = Array.from({ length: 40 }, () => open());
    const bodies = () => callers.flatMap((caller) => caller.bodies());
    // New connections are accepted one in each turn.
    for (const { socket } of callers) socket.write(get("/0"));
    await expect.poll(bodies).toHaveLength(40);
    turns.length = 0;
    tick();
    onTestFinished(() => clearImmediate(ticking));
    for (const { socket } of callers) socket.write(post("/1", "x"));
    await expect.poll(bodies).toHaveLength(80);
    const most = Math.max(...turns.map((one) => turns.filter((other) => other === one).length));
    expect(most).toBeLessThanOrEqual(8);
  });

  test("is Node's if the body of a POST comes later", async () => {
    const seen = await serve();
    const { socket, bodies } = open();
    const text = post("/1", "abc");
    socket.setNoDelay().write(text.slice(0, -2));
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.write(text.slice(-2));
    await expect.poll(bodies).toEqual(["<node /1>"]);
    expect(seen.direct).toEqual([]);
  });

  test("tells the work for a request when the caller hangs up, and not before", async () => {
    const signals: (AbortSignal | undefined)[] = [];
    let finish = (): void => undefined;
    await serve((url, { hangUp }) => {
      signals.push(hangUp?.signal);
      return new Promise((resolve) => (finish = () => resolve(message(`<${url}>`))));
    });
    const { socket, bodies } = open();
    const aborted = () => signals.map((signal) => signal?.aborted);
    socket.write(post("/1", "a"));
    await expect.poll(aborted).toEqual([false]);
    finish();
    await expect.poll(bodies).toEqual(["</1>"]);
    socket.write(get("/2"));
    await expect.poll(aborted).toEqual([false, undefined]);
    finish();
    await expect.poll(bodies).toEqual(["</1>", "</2>"]);
    socket.write(post("/3", "a"));
    await expect.poll(aborted).toEqual([false, undefined, false]);
    socket.destroy();
    await expect.poll(aborted).toEqual([false, undefined, true]);
  });

  test("tells work that begins after the caller has hung up, too", async () => {
    let request: Received | undefined;
    const seen = await serve((_, req) => {
      request = req;
      return new Promise(() => undefined);
    });
    const { socket } = open();
    socket.write(post("/1", "a"));
    await expect.poll(() => request).toBeDefined();
    socket.destroy();
    await expect.poll(() => seen.ends).toEqual([undefined]);
    expect(request?.hangUp?.signal.aborted).toBe(true);
  });

  test("tells the work of a caller that has begun its next request before it hangs up", async () => {
    let signal: AbortSignal | undefined;
    const seen = await serve((_, { hangUp }) => {
      signal = hangUp?.signal;
      return new Promise(() => undefined);
    });
    const { socket } = open();
    socket.setNoDelay().write(post("/1", "a"));
    await expect.poll(() => signal).toBeDefined();
    socket.write("G");
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    await expect.poll(() => signal?.aborted).toBe(true);
    expect(seen).toEqual({ direct: ["/1"], ends: [undefined], node: [] });
  });

  test("holds little of what comes before the response, and loses nothing of it", async () => {
    let finish = (): void => undefined;
    const seen = await serve(
      () => new Promise((resolve) => (finish = () => resolve(message("<direct>")))),
    );
    const { socket, bodies } = open();
    socket.setNoDelay().write(post("/1", "a"));
    await expect.poll(() => seen.direct).toEqual(["/1"]);
    const next = `PUT /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n${"x".repeat(20_000_000)}`;
    socket.write(next + get("/3"));
    await new Promise((resolve) => setTimeout(resolve, 500));
    // The rest is still here.
    expect(socket.writableLength).toBeGreaterThan(0);
    finish();
    await expect.poll(bodies, { timeout: 5_000 }).toEqual(["<direct>", "<node /2>", "<node /3>"]);
  });

  test("is Node's if a request comes in pieces, or two come at once", async () => {
    const seen = await serve();
    const pieces = open();
    pieces.socket.setNoDelay().write("GET /1 HTTP/1.1\r\nHo");
    await new Promise((resolve) => setTimeout(resolve, 50));
    pieces.socket.write("st: x\r\n\r\n");
    await expect.poll(pieces.bodies).toEqual(["<node /1>"]);
    const both = open();
    both.socket.write(get("/2") + get("/3"));
    await expect.poll(both.bodies).toEqual(["<node /2>", "<node /3>"]);
    expect(seen.direct).toEqual([]);
  });

  test("that sends the next requests before the response gets all responses in order", async () => {
    let finish = (): void => undefined;
    const seen = await serve(
      (url) => new Promise((resolve) => (finish = () => resolve(message(`<direct ${url}>`)))),
    );
    const { socket, bodies } = open();
    socket.setNoDelay().write(get("/1"));
    await expect.poll(() => seen.direct).toEqual(["/1"]);
    socket.write(get("/2"));
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.write(get("/3"));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(bodies()).toEqual([]);
    finish();
    await expect.poll(bodies).toEqual(["<direct /1>", "<node /2>", "<node /3>"]);
    expect(seen.ends).toEqual([200]);
  });

  test("is Node's with all that has arrived if the answer fails after that", async () => {
    let fail = (): void => undefined;
    const seen = await serve(() => new Promise((_, reject) => (fail = () => reject(new Error()))));
    const { socket, bodies } = open();
    socket.setNoDelay().write(get("/1"));
    await expect.poll(() => seen.direct).toEqual(["/1"]);
    socket.write(`${get("/2")}GET `);
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.write(get("/3").slice(4));
    await new Promise((resolve) => setTimeout(resolve, 50));
    fail();
    await expect.poll(bodies).toEqual(["<node /1>", "<node /2>", "<node /3>"]);
    expect(seen.ends).toEqual([]);
  });

  test("that has ended is not given to Node if the answer fails after that", async () => {
    let fail = (): void => undefined;
    const seen = await serve(() => new Promise((_, reject) => (fail = () => reject(new Error()))));
    const { socket, received, ended } = open();
    socket.end(get("/1"));
    await ended;
    fail();
    const other = open();
    other.socket.write("PUT /2 HTTP/1.1\r\nHost: x\r\n\r\n");
    await expect.poll(other.bodies).toEqual(["<node /2>"]);
    expect(received()).toBe("");
    expect(seen).toEqual({ direct: ["/1"], ends: [undefined], node: ["/2"] });
  });

  test("that asks for its end gets its response before", async () => {
    await serve();
    const { socket, received, ended } = open();
    socket.write(get("/1", "Connection: close\r\n"));
    await ended;
    expect(received()).toMatch(/\r\nConnection: close\r\n\r\n<direct \/1>$/);
    expect(received()).not.toContain("Keep-Alive");
  });

  test("that sends more after it has asked for its end gets one response", async () => {
    let finish = (): void => undefined;
    const seen = await serve(
      (url) => new Promise((resolve) => (finish = () => resolve(message(`<direct ${url}>`)))),
    );
    const { socket, bodies, ended } = open();
    socket.setNoDelay().write(get("/1", "Connection: close\r\n"));
    await expect.poll(() => seen.direct).toEqual(["/1"]);
    socket.write(get("/2"));
    await new Promise((resolve) => setTimeout(resolve, 50));
    finish();
    socket.write(get("/3"));
    await ended;
    expect(bodies()).toEqual(["<direct /1>"]);
    expect(seen).toEqual({ direct: ["/1"], ends: [200], node: [] });
  });

  test("that ends without a request is ended", async () => {
    await serve();
    const { socket, received, ended } = open();
    socket.end();
    await ended;
    expect(received()).toBe("");
  });

  test("that hangs up before its response is counted once, as one that did not wait", async () => {
    let finish = (): void => undefined;
    const seen = await serve(
      (url) => new Promise((resolve) => (finish = () => resolve(message(url)))),
    );
    const { socket } = open();
    socket.write(get("/1"));
    await expect.poll(() => seen.direct).toEqual(["/1"]);
    socket.destroy();
    await expect.poll(() => seen.ends).toEqual([undefined]);
    finish();
    const other = open();
    other.socket.write(get("/2"));
    await expect.poll(() => seen.direct).toEqual(["/1", "/2"]);
    expect(seen.ends).toEqual([undefined]);
  });

  test("gets a compressed body as it is", async () => {
    const body = Buffer.from([0x1f, 0x8b, 0xff, 0x3c, 0x3e]);
    await serve(async () => message(body));
    const chunks: Buffer[] = [];
    const socket = connect(opened.listening?.port ?? 0, "127.0.0.1");
    opened.sockets.push(socket);
    socket.write(get("/1", "Connection: close\r\n"));
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).subarray(-body.length)).toEqual(body);
  });

  test.each([
    ["no host", "GET /1 HTTP/1.1\r\n\r\n"],
    ["an invalid host", "GET /1 HTTP/1.1\r\nHost: a@b\r\n\r\n"],
    ["two hosts", "GET /1 HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n"],
  ])("with %s is refused as Node's are", async (_, bytes) => {
    const seen = await serve();
    const { socket, received, ended } = open();
    socket.write(bytes);
    await ended;
    expect(received()).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(seen).toEqual({ direct: [], ends: [], node: [] });
  });
});

describe("the end of the service", () => {
  test("closes silent connections, and waits for the responses of the others", async () => {
    let finish = (): void => undefined;
    const seen = await serve(
      (url) => new Promise((resolve) => (finish = () => resolve(message(`<direct ${url}>`)))),
    );
    const [silent, busy, late] = [open(), open(), open()];
    busy.socket.write(get("/1"));
    await expect.poll(() => seen.direct).toEqual(["/1"]);
    const closed = opened.listening?.close();
    opened.listening = undefined;
    late.socket.write(get("/2"));
    await expect.poll(late.bodies).toEqual(["<node /2>"]);
    await silent.ended;
    finish();
    await closed;
    await busy.ended;
    expect(busy.received()).toMatch(/\r\nConnection: close\r\n\r\n<direct \/1>$/);
    expect(late.received()).toContain("\r\nConnection: close\r\n");
  });
});

describe("limits", () => {
  /** Listens with limits of its own. @returns the port, and which connections Node has got */
  async function serveWithin(limits: Partial<DirectLimits>, body: string) {
    const node: Socket[] = [];
    const connections = directConnections(
      () => ({ response: Promise.resolve(message(body)), end: () => undefined }),
      (socket) => void node.push(socket),
      { firstMs: 60_000, keepAliveMs: 60_000, stalledMs: 60_000, ...limits },
    );
    const server = createTcpServer({ allowHalfOpen: true }, connections.take);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      for (const socket of node) socket.destroy();
      connections.closeAll();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const count = () => new Promise<number>((done) => server.getConnections((_, n) => done(n)));
    return { port, node, count };
  }

  test("a new connection that is silent becomes Node's", async () => {
    const { port, node } = await serveWithin({ firstMs: 100 }, "");
    open(port);
    await expect.poll(() => node).toHaveLength(1);
  });

  test("a connection that is silent after a response is closed, a second after callers are told", async () => {
    const { port, node, count } = await serveWithin({ keepAliveMs: 100 }, "<here>");
    const { socket, bodies } = open(port);
    socket.write(get("/"));
    await expect.poll(bodies).toEqual(["<here>"]);
    const sinceMs = performance.now();
    await expect.poll(count).toBe(0);
    expect(performance.now() - sinceMs).toBeGreaterThan(900);
    expect(node).toEqual([]);
  });

  test("a last response that is read slowly is sent whole", async () => {
    const body = "x".repeat(20_000_000);
    const { port } = await serveWithin({ firstMs: 500 }, body);
    const { socket, received, ended } = open(port);
    socket.pause();
    socket.write(get("/", "Connection: close\r\n"));
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    socket.resume();
    await ended;
    expect(received().length - received().indexOf("x")).toBeGreaterThanOrEqual(body.length);
  });

  test("a response that makes no progress is ended", async () => {
    const { port, count } = await serveWithin({ stalledMs: 300 }, "x".repeat(20_000_000));
    const { socket } = open(port);
    socket.pause();
    socket.write(get("/"));
    await expect.poll(count).toBe(1);
    await expect.poll(count).toBe(0);
  });
});

describe("plain requests", () => {
  /** Node's own reading of what arrives on a connection, until a request for `/end`. */
  async function readByNode(chunk: Buffer): Promise<Partial<Received>[]> {
    const read: Partial<Received>[] = [];
    const server = createServer({ requireHostHeader: false }, (req, res) => {
      const { method, url, headers, rawHeaders, httpVersion } = req;
      const body: Buffer[] = [];
      req
        .on("data", (part: Buffer) => body.push(part))
        .on("end", () => {
          const isPost = method === "POST" && { body: Buffer.concat(body) };
          read.push({ method, url, headers, rawHeaders, httpVersion, ...isPost });
          res.end();
        });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const socket = connect(port, "127.0.0.1").on("error", () => undefined);
    socket.write(
      Buffer.concat([chunk, Buffer.from("GET /end HTTP/1.1\r\nConnection: close\r\n\r\n")]),
    );
    await new Promise((resolve) => socket.resume().once("close", resolve));
    server.close();
    return read;
  }

  const LINES = ["GET /a HTTP/1.1\r\n", "GET / HTTP/1.1\r\n", "POST /a?b=%00&c=d HTTP/1.1\r\n"];
  const FIELDS = [
    "Host: x\r\n",
    "host:y\r\n",
    "Accept:  */*  \r\n",
    "X-A: b:c\r\n",
    "X-Empty:\r\n",
  ];
  const LENGTHS = ["4", "0", "04", "+4", "4, 4", "3", "5", "0x4", "4 ", "4.0", "", "10000"].map(
    (length) => `Content-Length: ${length}\r\n`,
  );
  const PARTS = [
    ...LINES,
    ...FIELDS,
    ...LENGTHS,
    "GET  /a HTTP/1.1\r\n",
    "GET /a#b HTTP/1.1\r\n",
    "GET http://x/a HTTP/1.1\r\n",
    "GET * HTTP/1.1\r\n",
    "GET /a HTTP/1.0\r\n",
    "GET /a HTTP/1.1\n",
    "get /a HTTP/1.1\r\n",
    "POST /a HTTP/1.1\r\n",
    "X-Tab:\tb\r\n",
    "X-Blank : b\r\n",
    "X_Under: b\r\n",
    "1x: y\r\n",
    "X-High: \u00e9\r\n",
    "X-Line: a\n",
    "X-Return: a\rb\r\n",
    "X-Null: a\0b\r\n",
    " folded\r\n",
    ": none\r\n",
    "no colon\r\n",
    "__proto__: a\r\n",
    "constructor: a\r\n",
    "Connection: keep-alive\r\n",
    "Connection: close\r\n",
    "Connection: keep-alive, upgrade\r\n",
    "Set-Cookie: a\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Upgrade: websocket\r\n",
    "Expect: 100-continue\r\n",
    "TE: trailers\r\n",
    "\r\n",
    "\n",
    "\r",
    "body",
  ];
  const NATURAL = fc
    .tuple(
      fc.constantFrom(...LINES),
      fc.uniqueArray(fc.constantFrom(...FIELDS), { minLength: 1 }),
      fc.constantFrom("", "body", "\r\n\r\n", "GET "),
    )
    .map(([line, fields, body]) => {
      const isPost = line.startsWith("POST");
      const length = isPost ? `Content-Length: ${body.length}\r\n` : "";
      return `${line}${fields.join("")}${length}\r\n${isPost ? body : ""}`;
    });
  const ASSEMBLED = fc
    .array(fc.constantFrom(...PARTS), { maxLength: 8 })
    .chain((parts) => fc.constantFrom("", "body").map((body) => `${parts.join("")}\r\n${body}`));
  /** A request with one byte that is another, more or less. */
  const DAMAGED = fc
    .tuple(NATURAL, fc.nat(), fc.string({ unit: "binary", maxLength: 2 }), fc.nat({ max: 2 }))
    .map(([text, where, bytes, removed]) => {
      const at = where % text.length;
      return text.slice(0, at) + bytes + text.slice(at + removed);
    });

  test("are read as Node reads them, to the last byte", async () => {
    const accepted = { GET: 0, POST: 0 };
    const socket = new Socket();
    const oneOf = fc.oneof(NATURAL, ASSEMBLED, DAMAGED);
    await fc.assert(
      fc.asyncProperty(oneOf, async (text) => {
        const chunk = Buffer.from(text, "latin1");
        const plain = readPlain(chunk, socket);
        if (!plain) return;
        accepted[plain.method === "GET" ? "GET" : "POST"] += 1;
        const { socket: _, ...ours } = plain;
        const [theirs, next, ...more] = await readByNode(chunk);
        expect(ours).toEqual(theirs);
        // What asks for the end of the connection is the last.
        const isLast = /^close$/i.test(String(ours.headers.connection));
        expect(next?.url).toBe(isLast ? undefined : "/end");
        expect(more).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
    expect(accepted.GET).toBeGreaterThan(100);
    expect(accepted.POST).toBeGreaterThan(50);
  });

  test.each([
    ["a POST without a length", "POST / HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["a POST with two lengths", post("/", "ab", "Content-Length: 2\r\n")],
    ["a POST with a length and chunks", post("/", "ab", "Transfer-Encoding: chunked\r\n")],
    ["a POST with less than its length", post("/", "ab").slice(0, -1)],
    ["a POST with more than its length", `${post("/", "ab")}c`],
    ["a POST with a length that begins with zero", post("/", "ab").replace(": 2", ": 02")],
    ["a POST with a length that has a sign", post("/", "ab").replace(": 2", ": +2")],
    ["a POST with a length in hexadecimal", post("/", "ab").replace(": 2", ": 0x2")],
    ["another method", post("/", "ab").replace("POST", "PUT")],
    ["a GET with a body", `${get("/", "Content-Length: 2\r\n")}ab`],
    ["an empty body", get("/", "Content-Length: 0\r\n")],
    ["a body in chunks", get("/", "Transfer-Encoding: chunked\r\n")],
    ["another protocol", get("/", "Upgrade: h2c\r\n")],
    ["an expectation", get("/", "Expect: 100-continue\r\n")],
    ["a header that Node makes a list of", get("/", "Set-Cookie: a\r\n")],
    ["options of the connection", get("/", "Connection: close, upgrade\r\n")],
    ["a header twice", get("/", "Host: x\r\n")],
    ["a continued line", get("/", "A: b\r\n c\r\n")],
    ["a blank before a colon", get("/", "A : b\r\n")],
    ["lines that end with a line feed alone", get("/").replaceAll("\r\n", "\n")],
    ["a byte beyond ASCII", get("/", "A: \u00e9\r\n")],
    ["more behind it", `${get("/")}G`],
    ["no end", get("/").slice(0, -1)],
    ["8 kB of headers", get("/", `A: ${"x".repeat(8192)}\r\n`)],
    ["an absolute target", get("http://x/")],
    ["another version", get("/").replace("1.1", "1.0")],
  ])("have not %s", (_, text) => {
    expect(readPlain(Buffer.from(text, "latin1"), new Socket())).toBeUndefined();
  });
});
