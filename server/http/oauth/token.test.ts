import { once } from "node:events";
import { connect } from "node:net";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { ENGINES } from "../../../testing/engines.ts";
import { FULL_SCOPE, ISSUER, PASSWORD, useService } from "../../../testing/service.ts";
import { GRANTS } from "./grants/index.ts";

const FORM = "application/x-www-form-urlencoded";
const decode = (part: string | undefined) =>
  JSON.parse(Buffer.from(part ?? "", "base64url").toString()) as Record<string, unknown>;

describe.each(ENGINES)("POST /token on $name", (engine) => {
  const service = useService(engine);
  let ada: { id: number; email: string; password: string };
  beforeAll(async () => {
    ada = await service.person({ username: "ada" });
  });
  const login = (more: Record<string, string> = {}) => ({
    grant_type: "password",
    username: ada.email,
    password: ada.password,
    ...more,
  });

  test("a successful response has the members and headers of RFC 6749 section 5.1, and no other members", async () => {
    const { status, headers, json } = await service.token(login());
    expect(status).toBe(200);
    expect(json).toEqual({
      access_token: expect.any(String),
      token_type: "Bearer",
      expires_in: 1800,
      scope: FULL_SCOPE,
      refresh_token: expect.stringMatching(/^\d+\.[\w-]{22}\.\d+\.[\w-]{43}\.[\w-]{22}$/),
    });
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("pragma")).toBe("no-cache");
    expect(headers.get("content-type")).toMatch(/^application\/json(;|$)/);
    expect(headers.get("x-powered-by")).toBeNull();
  });

  test("the access token is an RFC 9068 JWT", async () => {
    const before = Math.floor(Date.now() / 1000);
    const [header, payload] = (await service.login(ada)).split(".").slice(0, 2).map(decode);
    expect(header).toEqual({
      alg: "ES256",
      typ: "at+jwt",
      kid: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(payload).toEqual({
      iss: ISSUER,
      aud: ISSUER,
      sub: String(ada.id),
      client_id: "tegata",
      sid: expect.stringMatching(/^[\w-]{22}$/),
      scope: FULL_SCOPE,
      iat: expect.any(Number),
      exp: Number(payload?.["iat"]) + 1800,
      jti: expect.any(String),
    });
    expect(payload?.["iat"]).toBeGreaterThanOrEqual(before);
  });

  test("two logins create two sessions and two tokens", async () => {
    const [one, two] = [await service.login(ada), await service.login(ada)].map((token) =>
      decode(token.split(".")[1]),
    );
    expect(one?.["jti"]).not.toBe(two?.["jti"]);
    expect(one?.["sid"]).not.toBe(two?.["sid"]);
  });

  test("session ids have no common parts", async () => {
    const ids: string[] = [];
    while (ids.length < 4)
      ids.push(String(decode((await service.login(ada)).split(".")[1])["sid"]));
    for (const at of [0, 7, 14])
      expect(new Set(ids.map((id) => id.slice(at, at + 7))).size).toBe(ids.length);
  });

  test("equals signs in a password do not have to be escaped", async () => {
    const { email } = await service.person({ password: "a=b=c=d=e" });
    const form = (password: string) => `grant_type=password&username=${email}&password=${password}`;
    expect(await service.token(form("a=b=c=d=e"))).toMatchObject({ status: 200 });
    expect(await service.token(form("a=b=c=d=f"))).toMatchObject({ status: 400 });
  });

  test.each<[string, Record<string, string>]>([
    ["the username", { username: "ada" }],
    ["the email in another case", { username: "PERSON1@Example.COM" }],
    ["the client_id of the built-in client", { client_id: "tegata" }],
    ["a scope", { scope: "me" }],
    ["a repeated scope", { scope: "me me" }],
    ["an empty scope, which is ignored", { scope: "" }],
    ["an empty client_id, which is ignored", { client_id: "" }],
    [
      "unknown parameters, which are ignored",
      { audience: "x", ["__proto__"]: "x", constructor: "y" },
    ],
  ])("logs in with %s", async (_, more) => {
    const scope = more["scope"]?.startsWith("me") ? "me" : FULL_SCOPE;
    expect(await service.token(login(more))).toMatchObject({ status: 200, json: { scope } });
  });

  test.each([
    ["an upper-case content type", { "content-type": "Application/X-WWW-Form-URLEncoded" }],
    ["a charset", { "content-type": `${FORM}; charset=UTF-8` }],
    ["a quoted charset", { "content-type": `${FORM}; charset="utf-8"` }],
    ["the empty Basic header of Swagger UI", { authorization: "Basic Og==" }],
  ])("logs in with %s", async (_, headers) => {
    expect(await service.token(login(), headers)).toMatchObject({ status: 200 });
  });

  test("a username and password without a grant_type are a password grant", async () => {
    const { username, password } = login();
    expect(await service.token({ username, password })).toMatchObject({ status: 200 });
    expect(await service.token({ username, password, grant_type: "" })).toMatchObject({
      status: 200,
    });
  });

  describe("rejects with an error, and then serves the next caller", () => {
    let token: string;
    beforeAll(async () => {
      token = await service.login(ada);
    });
    afterEach(async () => {
      expect(await service.query("me", token)).toMatchObject({ status: 200 });
    });

    const wrong = "incorrect username or password, or a disabled account";
    const notAForm = "the body is not a valid form in UTF-8";
    const valid = `grant_type=password&username=person1%40example.com&password=${PASSWORD.replaceAll(" ", "+")}`;
    test.each<[string, string, string, string]>([
      ["an empty body", "", "invalid_request", "grant_type is missing"],
      [
        "a username without a grant_type",
        "username=ada",
        "invalid_request",
        "grant_type is missing",
      ],
      ["a password without a grant_type", "password=x", "invalid_request", "grant_type is missing"],
      ["no username", "grant_type=password&password=x", "invalid_request", "username is missing"],
      [
        "a byte order mark before the first name",
        "\ufeffusername=ada&grant_type=password&password=x",
        "invalid_request",
        "username is missing",
      ],
      [
        "an empty username",
        "grant_type=password&username=&password=x",
        "invalid_request",
        "username is missing",
      ],
      ["no password", "grant_type=password&username=x", "invalid_request", "password is missing"],
      [
        "an empty password",
        "grant_type=password&username=x&password=",
        "invalid_request",
        "password is missing",
      ],
      [
        "a parameter without an equals sign",
        "grant_type=password&username&password=x",
        "invalid_request",
        "username is missing",
      ],
      ["a repeated username", `${valid}&username=x`, "invalid_request", "a parameter is repeated"],
      ["a repeated password", `${valid}&password=x`, "invalid_request", "a parameter is repeated"],
      [
        "a username repeated without a value",
        `${valid}&username=`,
        "invalid_request",
        "a parameter is repeated",
      ],
      [
        "a repeated grant_type",
        `${valid}&grant_type=password`,
        "invalid_request",
        "a parameter is repeated",
      ],
      [
        "a repeated parameter in another encoding",
        `${valid}&%75sername=x`,
        "invalid_request",
        "a parameter is repeated",
      ],
      ["an invalid escape", `${valid}&x=%ZZ`, "invalid_request", notAForm],
      ["a truncated escape", `${valid}&x=%4`, "invalid_request", notAForm],
      [
        "escaped bytes that are not UTF-8",
        "grant_type=password&username=x&password=%ff",
        "invalid_request",
        notAForm,
      ],
      [
        "an escaped overlong NUL",
        "grant_type=password&username=x&password=%C0%80",
        "invalid_request",
        notAForm,
      ],
      [
        "an escaped lone surrogate",
        "grant_type=password&username=x&password=%ED%A0%80",
        "invalid_request",
        notAForm,
      ],
      [
        "an incorrect password",
        "grant_type=password&username=ada&password=wrong+password",
        "invalid_grant",
        wrong,
      ],
      ["the password with an extra space", `${valid}+`, "invalid_grant", wrong],
      ["the password in upper case", valid.replace("correct", "Correct"), "invalid_grant", wrong],
      [
        "an unknown username",
        "grant_type=password&username=nobody&password=x",
        "invalid_grant",
        wrong,
      ],
      [
        "an unknown email",
        "grant_type=password&username=no%40example.com&password=x",
        "invalid_grant",
        wrong,
      ],
      [
        "an invalid email",
        "grant_type=password&username=%40%40&password=x",
        "invalid_grant",
        wrong,
      ],
      [
        "a username in full-width characters",
        "grant_type=password&username=%EF%BD%81da&password=x",
        "invalid_grant",
        wrong,
      ],
      [
        "a username of 8,000 characters",
        `grant_type=password&username=${"a".repeat(8000)}&password=x`,
        "invalid_grant",
        wrong,
      ],
      [
        "a password of 8,000 characters",
        `grant_type=password&username=ada&password=${"a".repeat(8000)}`,
        "invalid_grant",
        wrong,
      ],
      [
        "a password with a NUL",
        "grant_type=password&username=ada&password=a%00b",
        "invalid_grant",
        wrong,
      ],
      ["SQL", "grant_type=password&username=%27+OR+1%3D1+--+&password=x", "invalid_grant", wrong],
      [
        "an unsupported grant",
        "grant_type=implicit&code=x",
        "unsupported_grant_type",
        `the supported grants are: ${[...GRANTS.keys()].join(" ")}`,
      ],
      [
        "__proto__ as the grant",
        "grant_type=__proto__",
        "unsupported_grant_type",
        `the supported grants are: ${[...GRANTS.keys()].join(" ")}`,
      ],
      [
        "a grant in another case",
        valid.replace("=password", "=Password"),
        "unsupported_grant_type",
        `the supported grants are: ${[...GRANTS.keys()].join(" ")}`,
      ],
      [
        "an unknown scope",
        `${valid}&scope=admin`,
        "invalid_scope",
        `the allowed scopes are: ${FULL_SCOPE}`,
      ],
      [
        "a known and an unknown scope",
        `${valid}&scope=me+admin`,
        "invalid_scope",
        `the allowed scopes are: ${FULL_SCOPE}`,
      ],
      [
        "constructor as the scope",
        `${valid}&scope=constructor`,
        "invalid_scope",
        `the allowed scopes are: ${FULL_SCOPE}`,
      ],
      [
        "two spaces between scopes",
        `${valid}&scope=me++me`,
        "invalid_scope",
        `the allowed scopes are: ${FULL_SCOPE}`,
      ],
    ])("%s", async (_, body, error, error_description) => {
      const answer = await service.token(body);
      expect(answer.json).toEqual({ error, error_description });
      expect(answer.status).toBe(400);
      expect(answer.headers.get("cache-control")).toBe("no-store");
      expect(answer.headers.get("pragma")).toBe("no-cache");
    });

    test.each<[string, string | Uint8Array, Record<string, string>, number, string]>([
      [
        "JSON",
        '{"grant_type":"password"}',
        { "content-type": "application/json" },
        400,
        `the body must be ${FORM} in UTF-8`,
      ],
      [
        "multipart",
        "--x\r\n\r\n--x--",
        { "content-type": "multipart/form-data; boundary=x" },
        400,
        notAForm,
      ],
      ["no content type", new Uint8Array([97]), {}, 400, `the body must be ${FORM} in UTF-8`],
      [
        "another charset",
        "a=b",
        { "content-type": `${FORM}; charset=utf-16le` },
        400,
        `the body must be ${FORM} in UTF-8`,
      ],
      [
        "bytes that are not UTF-8",
        new Uint8Array([97, 61, 0xff]),
        { "content-type": FORM },
        400,
        notAForm,
      ],
      [
        "a body of 17,000 bytes",
        `password=${"a".repeat(17_000)}`,
        { "content-type": FORM },
        413,
        "the body must be at most 16 kB",
      ],
      [
        "a large gzip body",
        gzipSync("a".repeat(5_000_000)),
        { "content-type": FORM, "content-encoding": "gzip" },
        415,
        "the body must not be compressed",
      ],
      [
        "a small brotli body",
        brotliCompressSync("a=b"),
        { "content-type": FORM, "content-encoding": "br" },
        415,
        "the body must not be compressed",
      ],
    ])("%s", async (_, body, headers, status, error_description) => {
      const answer = await service.request("POST", "/token", { body, headers });
      expect(answer.json).toEqual({ error: "invalid_request", error_description });
      expect(answer.status).toBe(status);
      expect(answer.headers.get("cache-control")).toBe("no-store");
    });

    test.each([
      [16_384, 400, "invalid_grant"],
      [16_385, 413, "invalid_request"],
    ])("a body of %i bytes: %i %s", async (size, status, error) => {
      const head = "grant_type=password&username=x&password=";
      const answer = await service.token(head + "a".repeat(size - head.length));
      expect(answer).toMatchObject({ status, json: { error } });
    });

    test("an email with a Kelvin sign does not match the one with a k", async () => {
      await service.mutate("register", { email: "k@example.com", password: PASSWORD });
      const form = { grant_type: "password", password: PASSWORD };
      expect(await service.token({ ...form, username: "K@example.com" })).toMatchObject({
        status: 200,
      });
      expect(await service.token({ ...form, username: "\u212A@example.com" })).toMatchObject({
        status: 400,
        json: { error: "invalid_grant" },
      });
    });

    test.each(["GET", "PUT", "PATCH", "DELETE", "OPTIONS"])(
      "%s: 405 with Allow",
      async (method) => {
        const answer = await service.request(method, "/token");
        expect(answer).toMatchObject({ status: 405, json: { error: "invalid_request" } });
        expect(answer.headers.get("allow")).toBe("POST");
      },
    );

    test.each([
      "username",
      "password",
      "grant_type",
      "scope",
      "client_id",
      "client_secret",
      "refresh_token",
      "token",
      "token_type_hint",
    ])("%s in the query string", async (name) => {
      for (const before of ["", "x=&".repeat(1000)]) {
        const { status, json } = await service.request("POST", `/token?${before}${name}=x`, {
          body: valid,
          headers: { "content-type": FORM },
        });
        expect(status).toBe(400);
        expect(json).toEqual({
          error: "invalid_request",
          error_description: `${name} must be sent in the body, not in the URL`,
        });
      }
    });

    test("an unknown client: 400 invalid_client", async () => {
      const answer = await service.token(login({ client_id: "stranger" }));
      expect(answer).toMatchObject({ status: 400, json: { error: "invalid_client" } });
    });

    test("a secret for a client that has none: 400 invalid_client", async () => {
      const answer = await service.token(login({ client_id: "tegata", client_secret: "guess" }));
      expect(answer).toMatchObject({ status: 400, json: { error: "invalid_client" } });
    });

    test("an unknown client by Basic: 401 with a Basic challenge", async () => {
      const answer = await service.token(login(), { authorization: `Basic ${btoa("a:b")}` });
      expect(answer).toMatchObject({ status: 401, json: { error: "invalid_client" } });
      expect(answer.headers.get("www-authenticate")).toMatch(/^Basic /);
    });
  });

  test("a disabled account gets the same response as an incorrect password", async () => {
    const person = await service.person();
    await service.tegata.db.users.setDisabled(person.id, true);
    const wrong = await service.token(login({ password: "wrong password" }));
    const disabled = await service.token(login({ username: person.email }));
    expect(disabled.text).toBe(wrong.text);
    expect(disabled.status).toBe(wrong.status);
  });

  test("an unknown user gets the same response and headers as an incorrect password", async () => {
    const wrong = await service.token(login({ password: "wrong password" }));
    const unknown = await service.token(login({ username: "nobody@example.com" }));
    const comparable = ({ status, text, headers }: typeof wrong) => ({
      status,
      text,
      headers: [...headers].filter(([name]) => !["date", "x-request-id"].includes(name)),
    });
    expect(comparable(unknown)).toEqual(comparable(wrong));
  });

  test("an unexpected error is server_error, and the log has its location but not its message", async () => {
    const { findByEmail } = service.tegata.db.users;
    service.tegata.db.users.findByEmail = async () => {
      throw new Error(`Failed query: select ${PASSWORD}`);
    };
    const answer = await service.token(login());
    service.tegata.db.users.findByEmail = findByEmail;
    expect(answer.json).toEqual({ error: "server_error", error_description: "unexpected error" });
    expect(answer.status).toBe(500);
    const line = service.logged.find((text) => text.includes("a request failed"));
    expect(line).toContain("token.test.ts");
    expect(line).not.toContain("Failed query");
  });

  test("a thrown string is not logged", async () => {
    const { findByEmail } = service.tegata.db.users;
    const text = service.secret("thrown as it stands");
    service.tegata.db.users.findByEmail = async () => {
      throw text;
    };
    service.logged.length = 0;
    const answer = await service.token(login({ username: "someone@example.com" }));
    service.tegata.db.users.findByEmail = findByEmail;
    expect(answer).toMatchObject({ status: 500, json: { error: "server_error" } });
    expect(service.logged.join("")).toContain("a request failed");
    expect(service.logged.join("")).not.toContain(text);
  });

  test("a caller that disconnects while sending the form is not logged as a failure", async () => {
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: ${FORM}\r\nContent-Length: 99\r\n\r\nusername=`,
    );
    await once(socket, "connect");
    // After another request has been answered, this one has arrived.
    await service.request("GET", "/healthz");
    service.logged.length = 0;
    socket.destroy();
    await expect.poll(() => service.logged.join("")).toContain('"path":"/token"');
    await service.request("GET", "/healthz");
    expect(service.logged.join("")).not.toContain("a request failed");
  });
});

describe("REQUIRE_GRANT_TYPE=true", () => {
  const service = useService(ENGINES[0] ?? expect.unreachable(), { REQUIRE_GRANT_TYPE: "true" });

  test("requires grant_type in every request", async () => {
    const { email, password } = await service.person();
    expect(await service.token({ username: email, password })).toMatchObject({
      status: 400,
      json: { error: "invalid_request", error_description: "grant_type is missing" },
    });
    expect(
      await service.token({ grant_type: "password", username: email, password }),
    ).toMatchObject({ status: 200 });
  });
});
