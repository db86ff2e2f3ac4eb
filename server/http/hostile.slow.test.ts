import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { RawConnection } from "../../testing/hostile/connection.ts";
import { ENCODINGS, type Field } from "../../testing/hostile/encodings.ts";
import { findTemplates, type Template, type Templates } from "../../testing/hostile/templates.ts";
import { useService } from "../../testing/service.ts";

const JSON_TYPE = "application/json";
const latin1 = (text: string) => Buffer.from(text, "latin1");

/** Puts bytes at the end of the last value of a body, in any of the encodings. */
const insertAtEnd = (body: Buffer, bytes: string) =>
  latin1(body.toString("latin1").replace(/("?\}|(\r\n--x--\r\n)?)$/, `${bytes}$&`));

/** Bodies that no endpoint accepts: how each is made from a valid one, and the statuses that may be the response. */
const BODIES: readonly [
  name: string,
  change: (body: Buffer) => Buffer,
  statuses: number[],
  headers?: Record<string, string>,
  only?: string,
][] = [
  // A bomb is not inflated (security C5).
  ["gzip", (body) => gzipSync(body), [415], { "content-encoding": "gzip" }],
  ["deflate", (body) => deflateSync(body), [415], { "content-encoding": "deflate" }],
  ["brotli", (body) => brotliCompressSync(body), [415], { "content-encoding": "br" }],
  ["an unknown coding", (body) => body, [415], { "content-encoding": "x" }],
  ["two codings", (body) => body, [415], { "content-encoding": "identity, gzip" }],
  ["a gzip bomb", () => gzipSync(Buffer.alloc(10_000_000)), [415], { "content-encoding": "gzip" }],
  ["one byte too many", () => Buffer.alloc(16 * 1024 + 1, "x"), [413]],
  ["a byte that is not UTF-8", (body) => insertAtEnd(body, "\xff"), [400, 415, 422]],
  ["no bytes", () => Buffer.alloc(0), [400, 401, 422]],
  ["NUL bytes", () => Buffer.alloc(64), [400, 401, 422]],
  ["half of it", (body) => body.subarray(0, body.length / 2), [400, 422], {}, JSON_TYPE],
  ["another type", (body) => body, [400, 401, 415, 422], { "content-type": "text/plain" }],
  ["8,000 arrays", () => latin1("[".repeat(8_000) + "]".repeat(8_000)), [400, 422], {}, JSON_TYPE],
  [
    "2,000 objects",
    () => latin1(`${'{"a":'.repeat(2_000)}1${"}".repeat(2_000)}`),
    [400, 422],
    {},
    JSON_TYPE,
  ],
];

/** What a field that takes a string may be sent instead (security D8). */
const NOT_STRINGS = ["0", "true", "null", "[]", '["x"]', "{}", '{"toString":"x"}', "1e999"];
/** Strings that are no text (security D11, P7). */
const NOT_TEXT = ['"\\ud800"', '"x\\udfffx"', '"\\u0000"', '"x\\u0000"', `"${"x".repeat(12_000)}"`];

describe.each(ENGINES)("every endpoint on $name", (engine) => {
  const service = useService(engine);
  let templates: Templates;
  let withBody: Template[];
  let authorization: string;
  beforeAll(async () => {
    templates = await findTemplates(service);
    withBody = [...templates.operations, ...templates.procedures].filter(
      ({ type, fields }) => type !== undefined && Object.keys(fields).length > 0,
    );
    authorization = `Bearer ${await service.login(await service.person())}`;
  });

  const fieldsOf = ({ fields }: Template): Field[] =>
    Object.entries(fields).map(([name, value]) => [name, JSON.stringify(value)]);
  const stringsOf = ({ fields }: Template) =>
    Object.keys(fields).filter((name) => typeof fields[name] === "string");
  const encode = ({ type = "" }: Template, fields: readonly Field[]) =>
    latin1(ENCODINGS.get(type)?.(fields) ?? expect.unreachable());
  /** Sends a body to an endpoint, as a user, and expects one of some statuses. */
  async function send(template: Template, body: Buffer, headers: Record<string, string> = {}) {
    const { method, path, type } = template;
    const all = { authorization, "content-type": `${type}; boundary=x`, ...headers };
    const { status, text } = await service.request(method, path, { body, headers: all });
    return { asked: `${method} ${path} ${type}`, status, text };
  }

  test("is known to these tests", () => {
    expect(withBody.length).toBeGreaterThan(10);
    expect(templates.paths).toEqual(expect.arrayContaining(["/token", "/api/items/{id}"]));
  });

  test.each(BODIES)("refuses a body of %s", async (_, change, statuses, headers, only) => {
    for (const template of withBody) {
      if (only !== undefined && template.type !== only) continue;
      const answer = await send(template, change(encode(template, fieldsOf(template))), headers);
      expect(statuses, JSON.stringify(answer)).toContain(answer.status);
    }
    expect(service.logged.filter((line) => line.includes('"level":50'))).toEqual([]);
  });

  test.each([
    ["another type than a string (security D8)", NOT_STRINGS, []],
    // No session has such an id, which is no error.
    ["a string that is no text (security D11)", NOT_TEXT, ["id"]],
  ])("refuses fields with %s", async (_, values, except: string[]) => {
    for (const template of withBody.filter(({ type }) => type === JSON_TYPE))
      for (const changed of stringsOf(template).filter((name) => !except.includes(name)))
        for (const value of values) {
          const fields = fieldsOf(template).map(
            ([name, usual]): Field => [name, name === changed ? value : usual],
          );
          const answer = await send(template, encode(template, fields));
          // 429 for a current password that was wrong too often.
          expect([400, 422, 429], `${changed} ${JSON.stringify(answer)}`).toContain(answer.status);
        }
  });

  test("has no TRACE and no CONNECT, and no header or field replaces the method (security H9)", async () => {
    const connection = new RawConnection(Number(new URL(service.url).port));
    const ask = (method: string, path: string, more = "") =>
      connection.send(
        latin1(
          `${method} ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n${more}\r\n`,
        ),
      );
    for (const path of templates.paths) {
      const answer = await ask("TRACE", path.replaceAll(/[{}]/g, ""));
      expect([404, 405], path).toContain(answer?.status);
      expect(answer?.body).not.toContain(authorization);
    }
    expect(await ask("CONNECT", "127.0.0.1:22")).toBeUndefined();
    const overrides = ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"];
    for (const name of overrides)
      expect(
        await ask("GET", "/api/sessions/x?_method=DELETE", `${name}: DELETE\r\n`),
      ).toMatchObject({ status: 405 });
    connection.close();
  });

  test.each(["__proto__", "constructor", "toString", "hasOwnProperty"])(
    "serves a request with the header %s (CVE-2026-21710, security H10)",
    async (name) => {
      const connection = new RawConnection(Number(new URL(service.url).port));
      const head = `GET /trpc/me HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n`;
      for (const headers of [`${name}: x\r\n`, `${name}: x\r\n${name}: y\r\n`])
        expect(await connection.send(latin1(`${head}${headers}\r\n`))).toMatchObject({
          status: 200,
        });
      connection.close();
    },
  );

  test("refuses 64 kB of headers, and serves the next request", async () => {
    const connection = new RawConnection(Number(new URL(service.url).port));
    for (const header of [`X-Large: ${"x".repeat(65_536)}\r\n`, "X: y\r\n".repeat(11_000)])
      expect(await connection.send(latin1(`GET / HTTP/1.1\r\n${header}\r\n`), true)).toMatchObject({
        status: 431,
      });
    expect(await service.query("isLoggedIn")).toMatchObject({ status: 200 });
  });

  test("takes parameters that objects have anyway for unknown ones (security D10)", async () => {
    const { email, password } = await service.person();
    const hostile = "hasOwnProperty=1&__proto__=x&constructor=y&toString=z&__proto__[x]=1";
    const form = `${hostile}&username=${email}&password=${encodeURIComponent(password)}`;
    service.issued(await service.post(`/token?${hostile}`, form));
    expect(await service.post("/api/token", form)).toMatchObject({ status: 200 });
    expect(
      await service.request("GET", `/api/items?${hostile}`, { headers: { authorization } }),
    ).toMatchObject({ status: 200 });
  });

  test.each([
    [",,,,", 5],
    ["%2c,", 3],
    ["isLoggedIn,,isLoggedIn", 3],
    ["__proto__,constructor", 2],
    [",".repeat(99), 100],
  ])(
    "counts the calls in the batch %s, also those without a name (security C6)",
    async (names, calls) => {
      for (const method of ["GET", "POST"]) {
        const answer = await service.request(method, `/trpc/${names}?batch=1`, {
          headers: { authorization, "content-type": JSON_TYPE },
          ...(method === "POST" && { body: "{}" }),
        });
        expect(answer.json).toHaveLength(calls);
      }
      const more = await service.request("GET", `/trpc/${names},${",".repeat(100)}?batch=1`);
      expect(more).toMatchObject({
        status: 400,
        json: { error: { data: { reason: "batch_too_large" } } },
      });
    },
  );
});
