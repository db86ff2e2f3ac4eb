import { request as ask } from "node:http";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { ENGINES } from "../../../testing/engines.ts";
import { basic, PASSWORD, useService } from "../../../testing/service.ts";

const [engine = expect.unreachable()] = ENGINES;
const BOTH = "gzip, deflate, br";

describe("compressed responses", () => {
  const service = useService(engine);
  let assets: string[];
  let token: string;
  beforeAll(async () => {
    const pages = await Promise.all(["/", "/docs"].map((path) => service.request("GET", path)));
    assets = pages.flatMap(({ text }) => text.match(/assets\/[\w.-]+\.(js|css|svg)/g) ?? []);
    const person = await service.person({ username: "ada" });
    token = await service.login(person);
    for (let i = 0; i < 30; i += 1)
      await service.mutate("items.add", { title: `item number ${i}` }, token);
  });

  /** Unlike fetch, it leaves the body as it came. */
  const raw = (method: string, path: string, headers: Record<string, string>, body?: string) =>
    new Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }>(
      (resolve, reject) => {
        ask(service.url + path, { method, headers }, async (res) => {
          const chunks: Buffer[] = [];
          for await (const chunk of res) chunks.push(chunk as Buffer);
          const { statusCode: status = 0 } = res;
          resolve({ status, headers: res.headers, body: Buffer.concat(chunks) });
        })
          .once("error", reject)
          .end(body);
      },
    );
  const get = (path: string, accept?: string, more: Record<string, string> = {}) =>
    raw("GET", path, { ...(accept !== undefined && { "accept-encoding": accept }), ...more });

  test("pages and assets have the same content in every coding", async () => {
    expect(assets.length).toBeGreaterThan(4);
    for (const path of [
      "/",
      "/docs",
      "/docs/",
      "/static/index.html",
      ...assets.map((a) => `/${a}`),
    ]) {
      const plain = await get(path);
      expect(plain.headers, path).not.toHaveProperty("content-encoding");
      expect(plain.headers["vary"], path).toMatch(/Accept-Encoding/);
      for (const [accept, coding, decode] of [
        [BOTH, "br", brotliDecompressSync],
        ["gzip", "gzip", gunzipSync],
        ["br;q=0, gzip", "gzip", gunzipSync],
      ] as const) {
        const answer = await get(path, accept);
        expect(answer.headers, path).toMatchObject({
          "content-encoding": coding,
          "content-type": plain.headers["content-type"],
          "cache-control": plain.headers["cache-control"],
          "content-length": String(answer.body.length),
        });
        expect(answer.headers["vary"]).toMatch(/Accept-Encoding/);
        expect(decode(answer.body).equals(plain.body), path).toBe(true);
      }
    }
  });

  test("compression makes the script of Swagger UI less than a third of its size", async () => {
    const script = `/${assets.find((name) => /docs-.*js$/.test(name))}`;
    const plain = await get(script);
    const small = await get(script, BOTH);
    expect(plain.body.length).toBeGreaterThan(1_000_000);
    expect(small.body.length).toBeLessThan(plain.body.length / 3.5);
  });

  test.each(["identity", "deflate", "br;q=0, gzip;q=0", ""])(
    "a caller that accepts only %j gets uncompressed responses",
    async (accept) => {
      for (const path of ["/", "/openapi.json"])
        expect((await get(path, accept)).headers).not.toHaveProperty("content-encoding");
    },
  );

  test("assets are cached for a year, and pages are revalidated each time", async () => {
    for (const asset of assets) {
      const { headers } = await get(`/${asset}`, BOTH);
      expect(headers["cache-control"]).toBe("public, max-age=31536000, immutable");
      expect((await get(`/${asset}`)).headers["etag"]).not.toBe(headers["etag"]);
      for (const condition of [
        { "if-none-match": String(headers["etag"]) },
        { "if-modified-since": String(headers["last-modified"]) },
      ])
        expect(await get(`/${asset}`, BOTH, condition)).toMatchObject({ status: 304 });
    }
    for (const path of ["/", "/docs", "/docs/"]) {
      const { headers } = await get(path, BOTH);
      expect(headers["cache-control"]).toBe("no-cache");
      const etag = String(headers["etag"]);
      expect(await get(path, BOTH, { "if-none-match": etag })).toMatchObject({ status: 304 });
      // An older build that is put back is sent, too.
      const later = { "if-none-match": '"other"', "if-modified-since": new Date().toUTCString() };
      expect(await get(path, BOTH, later)).toMatchObject({ status: 200 });
    }
  });

  test("the compressed files have no URLs of their own", async () => {
    const [first = ""] = assets;
    for (const ending of [".br", ".gz"])
      expect(await get(`/${first}${ending}`, BOTH)).toMatchObject({ status: 404 });
  });

  test.each(["/openapi.json", "/api/items?limit=100"])("JSON is compressed: %s", async (path) => {
    const headers = { authorization: `Bearer ${token}` };
    const plain = await get(path, undefined, headers);
    for (const [accept, decode] of [
      [BOTH, brotliDecompressSync],
      ["gzip", gunzipSync],
    ] as const) {
      const answer = await get(path, accept, headers);
      expect(answer.headers["content-type"]).toBe(plain.headers["content-type"]);
      expect(answer.headers["vary"]).toMatch(/Accept-Encoding/);
      expect(answer.body.length).toBeLessThan(plain.body.length / 2);
      expect(decode(answer.body).equals(plain.body)).toBe(true);
    }
    const head = await raw("HEAD", path, { ...headers, "accept-encoding": BOTH });
    expect(head).toMatchObject({ status: 200, headers: { "content-encoding": "br" } });
  });

  describe("procedures", () => {
    const authorization = () => ({ authorization: `Bearer ${token}` });
    const LIST = `/trpc/items.list?input=${encodeURIComponent('{"limit":100}')}`;
    const BATCH = "/trpc/items.list,isLoggedIn,me?batch=1";

    test.each([LIST, BATCH])("a long response is compressed: %s", async (path) => {
      const plain = await get(path, undefined, authorization());
      expect(plain).toMatchObject({ status: 200 });
      expect(plain.body.length).toBeGreaterThan(1024);
      expect(plain.headers).not.toHaveProperty("content-encoding");
      for (const [accept, coding, decode] of [
        [BOTH, "br", brotliDecompressSync],
        ["gzip", "gzip", gunzipSync],
      ] as const) {
        const answer = await get(path, accept, authorization());
        expect(answer.headers).toMatchObject({
          "content-encoding": coding,
          "content-length": String(answer.body.length),
          "content-type": plain.headers["content-type"],
          vary: "trpc-accept, accept, Origin, Accept-Encoding",
        });
        expect(answer.body.length).toBeLessThan(plain.body.length / 2);
        expect(decode(answer.body).equals(plain.body)).toBe(true);
      }
      expect(plain.headers["vary"]).toBe("trpc-accept, accept, Origin, Accept-Encoding");
    });

    test("a short response and one to POST are not", async () => {
      const short = await get("/trpc/me", BOTH, authorization());
      expect(short.headers).not.toHaveProperty("content-encoding");
      expect(short.headers["vary"]).toBe("trpc-accept, accept, Origin");
      expect(short.headers["content-length"]).toBe(String(short.body.length));
      const headers = {
        ...authorization(),
        "accept-encoding": BOTH,
        "content-type": "application/json",
      };
      const posted = await raw("POST", "/trpc/items.list", headers, '{"limit":100}');
      expect(posted).toMatchObject({ status: 200 });
      expect(posted.body.length).toBeGreaterThan(1024);
      expect(posted.headers).not.toHaveProperty("content-encoding");
    });

    test("a stream is not, and each line arrives by itself", async () => {
      let release = (): void => undefined;
      const list = service.tegata.db.items.list;
      Object.assign(service.tegata.db.items, {
        list: async (...args: Parameters<typeof list>) => {
          await new Promise<void>((done) => {
            release = done;
          });
          return list(...args);
        },
      });
      const headers = { ...authorization(), "accept-encoding": BOTH, accept: "application/jsonl" };
      const response = await fetch(`${service.url}${BATCH}`, { headers });
      expect(response.headers.get("content-encoding")).toBeNull();
      const reader = response.body?.getReader();
      const decoder = new TextDecoder();
      let text = "";
      while (!text.includes('"fullName"')) text += decoder.decode((await reader?.read())?.value);
      expect(text).not.toContain("item number");
      release();
      while (!text.includes("item number")) text += decoder.decode((await reader?.read())?.value);
      await reader?.cancel();
      Object.assign(service.tegata.db.items, { list });
    });
  });

  test("a response with a token is never compressed", async () => {
    const secret = await service.client("long", {
      grants: "client_credentials",
      scopes: Array.from({ length: 300 }, (_, i) => `scope:number:${i}`).join(" "),
    });
    const form = {
      "content-type": "application/x-www-form-urlencoded",
      "accept-encoding": BOTH,
    };
    const own = await raw(
      "POST",
      "/token",
      { ...form, ...basic("long", secret) },
      "grant_type=client_credentials",
    );
    expect(own.body.length).toBeGreaterThan(2048);
    const { access_token } = JSON.parse(own.body.toString()) as { access_token: string };
    const seen = await raw(
      "POST",
      "/introspect",
      { ...form, ...basic("long", secret) },
      `token=${access_token}`,
    );
    expect(seen.body.length).toBeGreaterThan(2048);
    const login = `username=ada&password=${encodeURIComponent(PASSWORD)}`;
    const fastapi = await raw("POST", "/api/token", form, login);
    for (const answer of [own, seen, fastapi]) {
      expect(answer.status).toBe(200);
      expect(answer.headers).not.toHaveProperty("content-encoding");
    }
  });
});
