import { connect } from "node:net";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { ENGINES } from "../../../testing/engines.ts";
import { PASSWORD, useService } from "../../../testing/service.ts";

const TOO_SHORT = { code: "too_short", message: "must be at least 8 characters long", limit: 8 };
const TOO_MANY_BYTES = {
  code: "too_many_bytes",
  message: "must be at most 72 bytes long in UTF-8",
  limit: 72,
};
const INVALID_UNICODE = { code: "invalid_unicode", message: "must be valid Unicode" };
const REALM = 'Bearer realm="tegata"';

const data = (value: unknown) => ({ status: 200, json: { result: { data: value } } });
const refusal = (status: number, reason: string) => ({
  status,
  json: { error: { data: { httpStatus: status, reason } } },
});

describe.each(ENGINES)("the procedures on $name", (engine) => {
  const service = useService(engine);
  let ada: { id: number; email: string; password: string };
  let token: string;
  beforeAll(async () => {
    ada = await service.person({ username: "ada", fullName: "Ada 😀" });
    token = await service.login(ada);
  });

  describe("register", () => {
    test("returns the account and nothing else", async () => {
      const input = {
        email: "Grace@Example.COM",
        password: PASSWORD,
        username: "grace",
        fullName: "Grace é",
      };
      expect(await service.mutate("register", input)).toMatchObject(
        data({
          id: expect.any(Number),
          email: "grace@example.com",
          username: "grace",
          fullName: "Grace é",
        }),
      );
      const { json } = await service.mutate("register", {
        ...input,
        email: "g2@example.com",
        username: "g2",
      });
      expect(Object.keys((json as { result: { data: object } }).result.data)).toEqual([
        "id",
        "email",
        "username",
        "fullName",
      ]);
    });

    test.each([
      ["of 200 three-byte characters", "鍵".repeat(200)],
      ["of 100 four-byte characters", "𠮷".repeat(100)],
      ["with characters that look like others", "\ufb01\u2460x"],
    ])("keeps names %s unchanged", async (_, name) => {
      const email = `${Buffer.byteLength(name)}@example.com`;
      const input = { email, password: PASSWORD, username: name, fullName: name };
      expect(await service.mutate("register", input)).toMatchObject(
        data({ username: name, fullName: name }),
      );
      expect(await service.token({ username: name, password: PASSWORD })).toMatchObject({
        status: 200,
      });
    });

    test("accepts an email of 254 characters, with 64 before the @", async () => {
      const domain = [63, 63, 61].map((length) => "d".repeat(length)).join(".");
      const email = `${"l".repeat(64)}@${domain}`;
      expect(email).toHaveLength(254);
      expect(await service.mutate("register", { email, password: PASSWORD })).toMatchObject(
        data({ email }),
      );
      expect(await service.token({ username: email, password: PASSWORD })).toMatchObject({
        status: 200,
      });
    });

    test("does not require a username or a full name", async () => {
      expect(
        await service.mutate("register", { email: "noname@example.com", password: PASSWORD }),
      ).toMatchObject(data({ email: "noname@example.com", username: null, fullName: null }));
    });

    test.each([
      ["email", { email: "PERSON1@example.com" }],
      ["username", { email: "new@example.com", username: "ada" }],
    ])("a taken %s is a conflict that names the field", async (column, names) => {
      const answer = await service.mutate("register", { password: PASSWORD, ...names });
      expect(answer).toMatchObject(refusal(409, `${column}_taken`));
      const taken = { [column]: { code: "taken", message: "is already in use" } };
      expect(answer.json).toMatchObject({
        error: { message: `${column} is already in use`, data: { fields: taken } },
      });
    });

    test("one of 20 concurrent registrations with the same email succeeds, and 19 get email_taken", async () => {
      const input = { email: "race@example.com", password: PASSWORD };
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => service.mutate("register", input)),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      const losers = answers.filter(({ status }) => status !== 200);
      for (const loser of losers) expect(loser).toMatchObject(refusal(409, "email_taken"));
      expect(losers).toHaveLength(19);
    });

    test("the composed and the decomposed form of a username are the same username", async () => {
      const input = { email: "nfc@example.com", password: PASSWORD, username: "Jos\u00e9" };
      expect(await service.mutate("register", input)).toMatchObject({ status: 200 });
      const decomposed = { ...input, email: "nfd@example.com", username: "Jose\u0301" };
      expect(await service.mutate("register", decomposed)).toMatchObject(
        refusal(409, "username_taken"),
      );
      expect(await service.token({ username: "Jose\u0301", password: PASSWORD })).toMatchObject({
        status: 200,
      });
    });
  });

  describe("me", () => {
    test("returns the account of the token's user and nothing else", async () => {
      expect((await service.query("me", token)).json).toEqual({
        result: {
          data: {
            id: ada.id,
            email: ada.email,
            username: "ada",
            fullName: "Ada 😀",
            disabled: false,
            emailVerified: false,
          },
        },
      });
    });

    test("has responses and errors that must not be cached", async () => {
      for (const answer of [
        await service.query("me", token),
        await service.query("me"),
        await service.query("nothing"),
      ])
        expect(answer.headers.get("cache-control")).toBe("no-store");
    });

    test.each<[string, Record<string, string>, string]>([
      ["no header", {}, REALM],
      ["a scheme without a token", { authorization: "Bearer " }, REALM],
      ["another scheme", { authorization: `Basic ${btoa("ada:secret")}` }, REALM],
      [
        "undefined as the token",
        { authorization: "Bearer undefined" },
        'Bearer realm="tegata", error="invalid_token"',
      ],
      [
        "two tokens in one header",
        { authorization: "Bearer a b" },
        'Bearer realm="tegata", error="invalid_token"',
      ],
      [
        "characters that a token cannot contain",
        { authorization: 'Bearer "<é>"' },
        'Bearer realm="tegata", error="invalid_token"',
      ],
    ])("%s: 401 with a challenge", async (_, headers, challenge) => {
      const answer = await service.request("GET", "/trpc/me", { headers });
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toBe(challenge);
      expect(answer.json).toMatchObject({
        error: { data: { reason: challenge === REALM ? "not_logged_in" : "invalid_token" } },
      });
    });

    test.each(["bearer", "BEARER", "Bearer  "])(
      "the scheme can be written as %j",
      async (scheme) => {
        const headers = { authorization: `${scheme} ${token}` };
        expect(await service.request("GET", "/trpc/me", { headers })).toMatchObject({
          status: 200,
        });
      },
    );

    test("a token in the URL or in the body is ignored", async () => {
      expect(await service.query(`me?access_token=${token}`)).toMatchObject(
        refusal(401, "not_logged_in"),
      );
      const answer = await service.mutate("sessions.revokeOthers", { access_token: token });
      expect(answer).toMatchObject(refusal(401, "not_logged_in"));
    });

    test("two Authorization headers are rejected", async () => {
      expect(await rawStatus(service.url, [`Authorization: Bearer ${token}`])).toBe(200);
      const twice = [`Authorization: Bearer ${token}`, `authorization: Bearer ${token}`];
      expect(await rawStatus(service.url, twice)).toBe(401);
    });

    test("disabling and enabling a user takes effect immediately", async () => {
      const person = await service.person();
      const theirs = await service.login(person);
      expect(await service.query("me", theirs)).toMatchObject({ status: 200 });
      await service.tegata.db.users.setDisabled(person.id, true);
      const refused = await service.query("me", theirs);
      expect(refused).toMatchObject(refusal(403, "inactive_user"));
      expect(refused.headers.get("www-authenticate")).toBe(REALM);
      expect(await service.query("isLoggedIn", theirs)).toMatchObject(data(false));
      await service.tegata.db.users.setDisabled(person.id, false);
      expect(await service.query("me", theirs)).toMatchObject({ status: 200 });
    });

    test("ending a session invalidates its tokens immediately, and no others", async () => {
      const [one, two] = [await service.login(ada), await service.login(ada)];
      expect(await service.query("me", one)).toMatchObject({ status: 200 });
      expect(await service.mutate("logout", undefined, one)).toMatchObject({ status: 200 });
      const answer = await service.query("me", one);
      expect(answer).toMatchObject(refusal(401, "invalid_token"));
      expect(answer.headers.get("www-authenticate")).toBe(
        'Bearer realm="tegata", error="invalid_token"',
      );
      expect(await service.query("me", two)).toMatchObject({ status: 200 });
      expect(await service.mutate("logout", undefined, one)).toMatchObject(
        refusal(401, "invalid_token"),
      );
    });
  });

  describe("isLoggedIn", () => {
    test("is true with a valid token", async () => {
      expect(await service.query("isLoggedIn", token)).toMatchObject(data(true));
    });

    test.each([
      "",
      "Bearer",
      "Bearer x",
      "Bearer a.b.c",
      "Bearer ..",
      "Basic Og==",
      "Nonsense",
      "Bearer \u00ff",
    ])("is false and not an error with %j", async (authorization) => {
      const answer = await service.request("GET", "/trpc/isLoggedIn", {
        headers: { authorization },
      });
      expect(answer).toMatchObject(data(false));
    });
  });

  describe("a batch", () => {
    test("of a successful and a rejected call returns both results and the challenge", async () => {
      const answer = await service.query("isLoggedIn,me?batch=1");
      expect(answer.status).toBe(207);
      expect(answer.headers.get("www-authenticate")).toBe(REALM);
      expect(answer.json).toMatchObject([
        { result: { data: false } },
        { error: { data: { reason: "not_logged_in" } } },
      ]);
    });

    test.each([101, 1000])("of %i calls is rejected as a whole", async (size) => {
      const path = Array.from({ length: size }, () => "isLoggedIn").join(",");
      expect(await service.query(`${path}?batch=1`)).toMatchObject(refusal(400, "batch_too_large"));
      expect(await service.query(`${",".repeat(size)}?batch=1`)).toMatchObject({ status: 400 });
    });
  });

  describe("invalid input is reported by field and not repeated", () => {
    afterEach(async () => {
      expect(await service.query("me", token)).toMatchObject({ status: 200 });
      expect(service.logged.join("")).not.toContain("a procedure failed");
    });
    const good = { email: "bad@example.com", password: PASSWORD };
    const long = (length: number) => "x".repeat(length);

    test.each<[string, unknown, string]>([
      ["a string", "x", "input"],
      ["null", null, "input"],
      ["an array", [good], "input"],
      ["a number", 5, "input"],
      ["no email", { password: PASSWORD }, "email"],
      ["an email that is a number", { ...good, email: 5 }, "email"],
      ["an email that is an array", { ...good, email: ["bad@example.com"] }, "email"],
      ["an email that is an object", { ...good, email: { toString: "x" } }, "email"],
      [
        "an email of 255 characters",
        { ...good, email: `${long(60)}@${long(60)}.${long(60)}.${long(60)}.${long(11)}` },
        "email",
      ],
      ["a local part of 65 characters", { ...good, email: `${long(65)}@example.com` }, "email"],
      ["an email with no @", { ...good, email: "bad.example.com" }, "email"],
      ["an email with nothing before the @", { ...good, email: "@example.com" }, "email"],
      ["an email with two @", { ...good, email: "a@b@example.com" }, "email"],
      ["an email with a NUL", { ...good, email: "bad@example.com\0" }, "email"],
      ["an email in quotes", { ...good, email: '"bad"@example.com' }, "email"],
      ["an email with a comment", { ...good, email: "bad(x)@example.com" }, "email"],
      ["an email with an emoji", { ...good, email: "😀@example.com" }, "email"],
      ["an email with a Kelvin sign", { ...good, email: "\u212A@example.com" }, "email"],
      ["a domain with a leading hyphen", { ...good, email: "bad@-example.com" }, "email"],
      ["a domain label with a trailing hyphen", { ...good, email: "bad@example-.com" }, "email"],
      ["a domain label of 64 characters", { ...good, email: `bad@${long(64)}.com` }, "email"],
      ["an address literal", { ...good, email: "bad@[127.0.0.1]" }, "email"],
      ["no password", { email: good.email }, "password"],
      ["a password that is a number", { ...good, password: 1234567890 }, "password"],
      ["a password that is an array", { ...good, password: [PASSWORD] }, "password"],
      ["an empty username", { ...good, username: "" }, "username"],
      ["a username with an @", { ...good, username: "a@b" }, "username"],
      ["a username with an invisible character", { ...good, username: "a\u200dda" }, "username"],
      [
        "a username that normalization expands to 201 characters",
        { ...good, username: "\ufb2c".repeat(67) },
        "username",
      ],
      [
        "a full name that normalization expands",
        { ...good, fullName: "\u{1d160}".repeat(100) },
        "fullName",
      ],
      ["a username of invisible characters", { ...good, username: "\u3164\u2800" }, "username"],
      ["a username with a Hangul filler", { ...good, username: "a\u115fda" }, "username"],
      ["a username that is a combining mark", { ...good, username: "\u0301" }, "username"],
      ["a username with a replacement character", { ...good, username: "a\ufffd" }, "username"],
      ["a full name with a right-to-left override", { ...good, fullName: "a\u202eb" }, "fullName"],
      ["a username of 201 characters", { ...good, username: long(201) }, "username"],
      ["a username with a NUL", { ...good, username: "a\0" }, "username"],
      ["a username that is a lone surrogate", { ...good, username: "\ud83d" }, "username"],
      ["a full name of 201 characters", { ...good, fullName: long(201) }, "fullName"],
      ["a full name that is null", { ...good, fullName: null }, "fullName"],
      ["an unknown field", { ...good, disabled: false }, "disabled"],
      ["an id", { ...good, id: 1 }, "id"],
      ["a password hash", { ...good, passwordHash: "x" }, "passwordHash"],
      [
        "__proto__",
        JSON.parse(
          `{"email":"bad@example.com","password":"${PASSWORD}","__proto__":{"disabled":true}}`,
        ),
        "__proto__",
      ],
    ])("%s", async (_, input, field) => {
      const answer = await service.mutate("register", input);
      expect(answer).toMatchObject(refusal(400, "invalid_input"));
      const { error } = answer.json as { error: { message: string; data: { fields: object } } };
      expect(Object.keys(error.data.fields)).toEqual([field]);
      expect(error.message).toMatch(new RegExp(`^${field} (must|is|has) `));
      expect(answer.text).not.toContain(PASSWORD);
      expect(answer.text).not.toMatch(/stack|at .*\.ts|insert into/i);
    });

    test("at most 5 unknown fields are named, each by its first 50 characters", async () => {
      const more = Array.from({ length: 20 }, (_, i) => [`${i}${long(100)}`, 1]);
      const answer = await service.mutate("register", { ...good, ...Object.fromEntries(more) });
      expect(answer).toMatchObject(refusal(400, "invalid_input"));
      const { fields } = (answer.json as { error: { data: { fields: object } } }).error.data;
      expect(Object.keys(fields).map((field) => field.length)).toEqual([50, 50, 50, 50, 50]);
    });

    test.each([
      ["of 7 characters", "seven77", TOO_SHORT],
      ["of 7 emojis", "😀".repeat(7), TOO_SHORT],
      ["of 7 letters in 14 code points", "e\u0301".repeat(7), TOO_SHORT],
      ["of 73 bytes", "x".repeat(73), TOO_MANY_BYTES],
      ["of 25 kanji", "鍵".repeat(25), TOO_MANY_BYTES],
      [
        "with a NUL",
        "nul\0nul\0nul",
        { code: "nul_character", message: "must not contain a NUL character" },
      ],
      ["with a lone surrogate", "surrogate\ud800", INVALID_UNICODE],
      ["with a replacement character", "replaced\ufffd", INVALID_UNICODE],
    ])("a password %s", async (_, password, problem) => {
      const answer = await service.mutate("register", { ...good, password });
      expect(answer).toMatchObject(refusal(400, "weak_password"));
      expect(answer.json).toMatchObject({ error: { data: { fields: { password: problem } } } });
      expect(answer.text).not.toContain(password);
    });

    test.each<[string, string, Record<string, string>, number]>([
      ["invalid JSON", `{"email":"${PASSWORD}`, { "content-type": "application/json" }, 400],
      ["100,000 nested arrays", "[".repeat(100_000), { "content-type": "application/json" }, 413],
      [
        "17,000 bytes",
        JSON.stringify({ ...good, fullName: long(17_000) }),
        { "content-type": "application/json" },
        413,
      ],
      [
        "a form",
        `email=x&password=${PASSWORD}`,
        { "content-type": "application/x-www-form-urlencoded" },
        415,
      ],
      ["plain text", JSON.stringify(good), { "content-type": "text/plain" }, 415],
      [
        "8,000 nested arrays",
        "[".repeat(8000) + "]".repeat(8000),
        { "content-type": "application/json" },
        400,
      ],
      ["no bytes", "", { "content-type": "application/json" }, 400],
    ])("a body of %s", async (_, body, headers, status) => {
      const answer = await service.request("POST", "/trpc/register", { body, headers });
      expect(answer).toMatchObject({ status });
      expect(answer.text).not.toContain(PASSWORD);
      expect(answer.text).not.toMatch(/stack|at .*\.ts|Unexpected token/i);
    });

    test("invalid JSON is repeated neither in the response nor in the log", async () => {
      service.logged.length = 0;
      const body = '{"password": hunter2-hunter2}';
      const headers = { "content-type": "application/json" };
      const answer = await service.request("POST", "/trpc/register", { body, headers });
      expect(answer).toMatchObject({
        status: 400,
        json: { error: { message: expect.stringMatching(`^${notOurs}\\([A-Z_]+\\)$`) } },
      });
      expect(answer.text + service.logged.join("")).not.toContain("hunter2");
    });

    const notOurs = "invalid request ";
    const wrongMethod = `${notOurs}(METHOD_NOT_SUPPORTED): a query takes GET or POST, a mutation POST`;
    const nothing = "unknown procedure";
    test.each<[string, string, number, string, string]>([
      ["GET", "/trpc/nothing", 404, "no_such_procedure", nothing],
      ["GET", "/trpc/__proto__", 404, "no_such_procedure", nothing],
      ["GET", "/trpc/constructor", 404, "no_such_procedure", nothing],
      ["GET", "/trpc/register", 405, "bad_request", wrongMethod],
      ["POST", "/trpc/nothing", 404, "no_such_procedure", nothing],
      ["GET", "/trpc/elsewhere/me", 404, "no_such_procedure", nothing],
    ])("%s %s", async (method, path, status, reason, message) => {
      const init =
        method === "POST" ? { body: "{}", headers: { "content-type": "application/json" } } : {};
      const answer = await service.request(method, path, init);
      expect(answer.status).toBe(status);
      expect(answer.json).toMatchObject({ error: { message, data: { reason } } });
    });

    test.each(["HEAD", "OPTIONS", "PUT", "DELETE", "PROPFIND"])(
      "%s: 405 with Allow",
      async (method) => {
        const answer = await service.request(method, "/trpc/me");
        expect(answer.status).toBe(405);
        expect(answer.headers.get("allow")).toBe("GET, POST");
      },
    );

    test.each([
      ["TRACE /trpc/me", "tegata.test", 405],
      ["GET /trpc/me", "user@tegata.test", 400],
      ["GET http://user:password@tegata.test/trpc/me", "tegata.test", 400],
      ["GET http://", "tegata.test", 400],
      ["POST http://[/token", "tegata.test", 400],
      ["GET http://tegata.test/trpc/isLoggedIn", "tegata.test", 200],
    ])("%s with the host %s: %i", async (start, host, status) => {
      expect(await rawStatus(service.url, [], `${start} HTTP/1.1`, host)).toBe(status);
    });

    test.each([
      "/nothing",
      "/trpc/../etc/passwd",
      "/Token",
      "/.env",
      "/healthz/",
      "/revoke/",
      "/HEALTHZ",
    ])("%s: 404", async (path) => {
      expect(await service.request("GET", path)).toMatchObject({ status: 404 });
    });
  });

  test("an unexpected error is internal, and the log has its location but not its message", async () => {
    const { findOwner } = service.tegata.db.sessions;
    service.tegata.db.sessions.findOwner = async () => {
      throw new Error(`Failed query: select ${token}`);
    };
    const answer = await service.query("me", token);
    service.tegata.db.sessions.findOwner = findOwner;
    expect(answer).toMatchObject(refusal(500, "internal"));
    expect(answer.text).not.toMatch(/Failed|router\.test/);
    const line = service.logged.find((text) => text.includes("a procedure failed"));
    expect(line).toContain("router.test.ts");
    expect(line).not.toContain("Failed query");
    service.logged.length = 0;
  });

  test("the log of an unexpected error does not contain the input", async () => {
    const { add } = service.tegata.db.users;
    service.tegata.db.users.add = async () => {
      throw new Error("Failed query");
    };
    service.logged.length = 0;
    const password = service.secret("a password that nobody is to read");
    const answer = await service.mutate("register", { email: "internal@example.com", password });
    service.tegata.db.users.add = add;
    expect(answer).toMatchObject(refusal(500, "internal"));
    expect(service.logged.join("")).toContain("a procedure failed");
    expect(service.logged.join("")).not.toContain(password);
    expect(service.logged.join("")).not.toContain("internal@example.com");
    service.logged.length = 0;
  });
});

/** The status of a request that no client library would send. */
function rawStatus(
  url: string,
  headers: string[],
  start = "GET /trpc/me HTTP/1.1",
  host = "tegata.test",
): Promise<number> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname).once("error", reject);
    socket.once("data", (chunk) => {
      socket.destroy();
      resolve(Number(String(chunk).split(" ")[1]));
    });
    socket.write([start, `Host: ${host}`, ...headers, "", ""].join("\r\n"));
  });
}
