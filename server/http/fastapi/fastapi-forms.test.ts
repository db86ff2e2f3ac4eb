import axios from "axios";
import { beforeAll, describe, expect, test } from "vitest";
import { ENGINES } from "../../../testing/engines.ts";
import { PASSWORD, useService } from "../../../testing/service.ts";

const [engine = expect.unreachable()] = ENGINES;
// Node's parser also finds a boundary without its dashes, so it must not occur in the values.
const BOUNDARY = "a-boundary-of-the-tests";
const DISPOSITION = 'Content-Disposition: form-data; name="password"';

describe("requests from pages written for FastAPI", () => {
  const service = useService(engine);
  const strict = useService(engine, { REQUIRE_GRANT_TYPE: "true" });
  const oauthOnly = useService(engine, { FASTAPI_PATHS: "false" });
  const account = { username: "", password: "  pässword 暗証 \r\n--x " };
  let bearer: Record<string, string>;
  beforeAll(async () => {
    for (const one of [strict, oauthOnly, service])
      account.username = (await one.person({ password: account.password })).email;
    const token = await service.login({ email: account.username, password: account.password });
    bearer = { authorization: `Bearer ${token}` };
  });

  const formData = (fields: Record<string, string | Blob>) => {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    return body;
  };
  const send = (path: string, fields: Record<string, string | Blob>, at = service) =>
    at.request("POST", path, { body: formData(fields) });
  /** A login whose password is sent in a part that the test writes itself. */
  const sendPart = (path: string, part: string | Buffer, type = `boundary=${BOUNDARY}`) =>
    service.request("POST", path, {
      body: Buffer.concat([
        Buffer.from(
          `--${BOUNDARY}\r\nContent-Disposition: form-data; name="username"\r\n\r\n${account.username}\r\n--${BOUNDARY}\r\n`,
        ),
        Buffer.from(part),
        Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
      ]),
      headers: { "content-type": `multipart/form-data; ${type}` },
    });

  describe.each(["/token", "/token/", "/api/token", "/api/token/"])("%s", (path) => {
    test("logs in with FormData, and the password must match exactly", async () => {
      expect(await send(path, account)).toMatchObject({
        status: 200,
        json: { access_token: expect.any(String) },
      });
      expect(await send(path, { ...account, grant_type: "password", scope: "" })).toMatchObject({
        status: 200,
      });
      const other = await send(path, { ...account, password: account.password.trim() });
      expect([400, 401]).toContain(other.status);
    });

    test("logs in with the forms that axios sends", async () => {
      for (const body of [formData(account), new URLSearchParams(account)]) {
        const answer = await axios.post(service.url + path, body, { validateStatus: () => true });
        expect(answer.status).toBe(200);
      }
    });

    test("logs in with a multipart body that the test writes itself", async () => {
      const part = `${DISPOSITION}\r\n\r\n${account.password}`;
      expect(await sendPart(path, part)).toMatchObject({ status: 200 });
    });

    test.each<[string, string | Buffer, string?]>([
      ["a file", `${DISPOSITION}; filename="p"\r\n\r\n${PASSWORD}`],
      ["a file with an empty name", `${DISPOSITION}; filename=""\r\n\r\n${PASSWORD}`],
      ["base64", `${DISPOSITION}\r\nContent-Transfer-Encoding: base64\r\n\r\n/w==`],
      ["a byte order mark, which the parser drops", `${DISPOSITION}\r\n\r\n\ufeffx`],
      [
        "bytes that are not UTF-8",
        Buffer.concat([Buffer.from(`${DISPOSITION}\r\n\r\n`), Buffer.from([0xff])]),
      ],
      ["no name", "Content-Disposition: form-data\r\n\r\nx"],
      ["a part without headers", "x"],
      ["another boundary", `${DISPOSITION}\r\n\r\nx`, "boundary=y"],
      ["no boundary", `${DISPOSITION}\r\n\r\nx`, ""],
      ["another charset", `${DISPOSITION}\r\n\r\nx`, `boundary=${BOUNDARY}; charset=latin1`],
      ["the password twice", `${DISPOSITION}\r\n\r\nx\r\n--${BOUNDARY}\r\n${DISPOSITION}\r\n\r\nx`],
    ])("rejects %s", async (_, part, type) => {
      const answer = await sendPart(path, part, type);
      const isOfB = path.startsWith("/api/");
      expect(answer.status).toBe(isOfB ? 422 : 400);
      const form = { detail: [{ loc: ["body"] }] };
      expect(answer.json).toMatchObject(isOfB ? form : { error: "invalid_request" });
    });

    test("rejects a form larger than 16 kB and a compressed form", async () => {
      expect(await send(path, { ...account, x: "x".repeat(17_000) })).toMatchObject({
        status: 413,
      });
      const { headers, body } = new Request(service.url, {
        method: "POST",
        body: formData(account),
      });
      const answer = await service.request("POST", path, {
        body,
        duplex: "half",
        headers: { ...Object.fromEntries(headers), "content-encoding": "gzip" },
      } as RequestInit);
      expect(answer.status).toBe(415);
    });
  });

  test.each<[string, RequestInit, string, string]>([
    ["no body", {}, "field required", "missing"],
    [
      "an empty body",
      { body: "", headers: { "content-type": "application/json" } },
      "field required",
      "missing",
    ],
    ["a body of another type", { body: "x" }, "field required", "missing"],
    [
      "an array",
      { body: "[]", headers: { "content-type": "application/json" } },
      "has the wrong type",
      "invalid_type",
    ],
  ])("registering with %s is an error of the body", async (_, init, msg, type) => {
    const detail = [{ loc: ["body"], msg, type: `value_error.${type}` }];
    for (const path of ["/api/register", "/api/register/"]) {
      const { status, json } = await service.request("POST", path, init);
      expect({ status, json }).toEqual({ status: 422, json: { detail } });
    }
  });

  test("missing fields get FastAPI's error, even if the body is not a form", async () => {
    const missing = (name: string) => ({
      loc: ["body", name],
      msg: "field required",
      type: "value_error.missing",
    });
    const both = { status: 422, json: { detail: [missing("username"), missing("password")] } };
    expect(await send("/api/token", { scope: "" })).toMatchObject(both);
    expect(await send("/api/token", { username: "ada" })).toMatchObject({
      status: 422,
      json: { detail: [missing("password")] },
    });
    for (const [body, type] of [
      [JSON.stringify(account), "application/json"],
      ["x", "text/plain"],
    ] as const)
      expect(
        await service.request("POST", "/api/token", { body, headers: { "content-type": type } }),
      ).toMatchObject(both);
    expect(await service.request("POST", "/api/token")).toMatchObject(both);
  });

  test.each([
    ["the client_credentials grant", { grant_type: "client_credentials" }],
    ["a refresh token", { grant_type: "refresh_token", refresh_token: "x" }],
    ["no password", { username: "ada" }],
    ["only unknown fields", { x: "y" }],
  ])("POST /token rejects FormData with %s", async (_, fields) => {
    expect(await send("/token", fields)).toMatchObject({
      status: 400,
      json: {
        error: "invalid_request",
        error_description: "the body must be application/x-www-form-urlencoded in UTF-8",
      },
    });
  });

  test("/revoke, /introspect and /token with REQUIRE_GRANT_TYPE=true reject FormData", async () => {
    const notAForm = { status: 400, json: { error: "invalid_request" } };
    expect(await send("/revoke", { token: "x" })).toMatchObject(notAForm);
    expect(await send("/introspect", { token: "x" })).toMatchObject(notAForm);
    expect(await send("/token", { ...account, grant_type: "password" }, strict)).toMatchObject(
      notAForm,
    );
  });

  test.each([
    ["GET", "/users/me"],
    ["GET", "/users/me/items"],
    ["GET", "/api/user/me"],
    ["GET", "/api/is_logined"],
    ["GET", "/api/hello"],
    ["POST", "/api/register"],
    ["POST", "/api/token"],
    ["POST", "/token"],
  ])("%s %s returns the same response with a trailing slash", async (method, path) => {
    for (const headers of [{}, bearer, { authorization: "Bearer x" }]) {
      const [plain, slash] = await Promise.all(
        [path, `${path}/`].map((url) => service.request(method, url, { headers })),
      );
      expect(plain?.status).not.toBe(404);
      expect(slash?.status).toBe(plain?.status);
      expect(slash?.text).toBe(plain?.text);
      for (const name of ["content-type", "www-authenticate", "cache-control"])
        expect(slash?.headers.get(name)).toBe(plain?.headers.get(name));
    }
    expect(await service.request("DELETE", `${path}/`)).toMatchObject({ status: 405 });
    expect(await oauthOnly.request(method, `${path}/`)).toMatchObject({ status: 404 });
  });
});
