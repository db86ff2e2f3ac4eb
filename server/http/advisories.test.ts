/** Faults that others had in the same place, each by the name of its advisory. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { PASSWORD, useService } from "../../testing/service.ts";

const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const jwe = (header: object) => `${base64url(header)}.eA.eA.eA.eA`;

/** The endpoints for users, and what each answers to a token that is none. */
const PROTECTED = [
  ["GET", "/trpc/me", 401],
  ["GET", "/trpc/me,items.list?batch=1", 401],
  ["GET", "/trpc/isLoggedIn", 200],
  ["GET", "/api/users/me", 401],
  ["GET", "/api/is-logged-in", 200],
  ["GET", "/auth/verify", 401],
  ["GET", "/users/me", 401],
  ["GET", "/api/user/me", 401],
  ["GET", "/api/is_logined", 200],
] as const;

describe.each(ENGINES)("advisories about other services, on $name", (engine) => {
  const service = useService(engine);
  let ada: { id: number; email: string; password: string };
  let token: string;
  beforeAll(async () => {
    ada = await service.person();
    token = await service.login(ada);
  });
  const ask = (method: string, path: string, headers: Record<string, string>, body?: object) =>
    service.request(method, path, {
      headers: { "content-type": "application/json", ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });

  test.each([
    ["null", "Bearer null"],
    ["a dot", "Bearer ."],
    ["six parts", "Bearer a.b.c.d.e.f"],
    ["8,000 letters", `Bearer ${"a".repeat(8_000)}`],
    ["8,000 dots", `Bearer ${".".repeat(8_000)}`],
    ["arrays for objects", `Bearer ${base64url([])}.${base64url([])}.x`],
    ["2,000 arrays", `Bearer ${"W10".repeat(2_000)}.e30.x`],
    ["a tab", "Bearer\t\u00a0x"],
    ["two schemes", "Bearer x, Basic y"],
    ["a parameter", "Bearer token=x"],
    ["no space", "bearerx"],
  ])(
    "GHSA-xmf8-cvqr-rfgj (Auth.js), T13: a header with %s is refused and throws nothing",
    async (_, authorization) => {
      service.logged.length = 0;
      for (const [method, path, status] of PROTECTED) {
        const answer = await ask(method, path, { authorization });
        expect({ path, status: answer.status }).toEqual({ path, status });
        expect(answer.text).not.toMatch(/true/);
      }
      expect(service.logged.filter((line) => line.includes('"level":50'))).toEqual([]);
    },
  );

  test.each([
    [
      "a key from a password, with two billion rounds",
      { alg: "PBES2-HS256+A128KW", enc: "A128GCM", p2c: 2 ** 31 - 1, p2s: "eA" },
    ],
    ["compressed content", { alg: "dir", enc: "A256GCM", zip: "DEF" }],
    ["a key from RSA", { alg: "RSA-OAEP", enc: "A128GCM", zip: "DEF", typ: "at+jwt" }],
  ])(
    "CVE-2024-33664, CVE-2024-28176 (python-jose, jose), T6: a token with %s is refused before it is read",
    async (_, header) => {
      for (const [method, path, status] of PROTECTED)
        expect(await ask(method, path, { authorization: `Bearer ${jwe(header)}` })).toMatchObject({
          status,
        });
      expect(await service.post("/revoke", { token: jwe(header) })).toMatchObject({ status: 200 });
    },
  );

  test("CVE-2025-61928 (better-auth): only the token says who is calling", async () => {
    const bob = await service.person();
    const authorization = `Bearer ${token}`;
    const id = String(bob.id);
    const claims = {
      "x-auth-user": id,
      "x-user-id": id,
      cookie: `user=${id}`,
      "x-forwarded-user": bob.email,
    };
    for (const path of [
      "/trpc/me",
      "/api/users/me",
      `/api/users/me?userId=${id}&id=${id}`,
      "/users/me",
    ]) {
      const own = await ask("GET", path, { authorization, ...claims });
      expect(own.text).toContain(ada.email);
      expect(own.text).not.toContain(bob.email);
      expect(await ask("GET", path, claims)).toMatchObject({ status: 401 });
    }
    const item = { title: "A lantern", userId: bob.id };
    for (const path of ["/trpc/items.add", "/api/items"])
      expect(await ask("POST", path, { authorization, ...claims }, item)).toMatchObject({
        status: 400,
      });
  });

  test("GHSA-7rqj-j65f-68wh (Auth.js), D1: an email is validated in the form in which it is stored", async () => {
    const { email } = ada;
    for (const other of [email.replace("@", "\uff20"), email.toUpperCase(), ` ${email} `]) {
      const answer = await service.mutate("register", { email: other, password: PASSWORD });
      expect(answer).toMatchObject({
        status: 409,
        json: { error: { data: { reason: "email_taken" } } },
      });
    }
    for (const other of [
      `${email}\uff20evil.test`,
      `evil\uff20${email}`,
      `"${email}"\uff20evil.test`,
    ]) {
      const answer = await service.mutate("register", { email: other, password: PASSWORD });
      expect(answer).toMatchObject({
        status: 400,
        json: { error: { data: { reason: "invalid_input" } } },
      });
    }
  });

  test("Okta, October 2024: a long username does not push the password out of bcrypt's 72 bytes", async () => {
    const username = "u".repeat(200);
    await service.person({ username });
    expect(await service.token({ username, password: PASSWORD })).toMatchObject({ status: 200 });
    for (const password of ["x", `${PASSWORD}x`, PASSWORD.slice(1)])
      expect(await service.token({ username, password })).toMatchObject({ status: 400 });
  });

  test("CVE-2025-68130 (tRPC): a form does not reach the prototype of objects", async () => {
    const body = ["__proto__[polluted]", "constructor.prototype.polluted", "__proto__.polluted"]
      .map((name) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\nyes\r\n`)
      .concat("--x--\r\n")
      .join("");
    const headers = { "content-type": "multipart/form-data; boundary=x" };
    for (const path of ["/trpc/register", "/token", "/api/token", "/api/register"]) {
      const { status } = await service.request("POST", path, { body, headers });
      expect([400, 415, 422]).toContain(status);
    }
    expect("polluted" in {}).toBe(false);
  });

  test.each(["CF-Connecting-IP", "True-Client-IP", "X-Real-IP", "X-Client-IP", "Forwarded"])(
    "GHSA-86mw-2crg-vmhc (ever-gauzy): %s is not the address of a caller",
    async (name) => {
      service.logged.length = 0;
      await ask("GET", "/healthz", { [name]: "203.0.113.7" });
      await expect.poll(() => service.logged.join("")).toContain('"path":"/healthz"');
      expect(service.logged.join("")).toContain('"ip":"127.0.0.1"');
      expect(service.logged.join("")).not.toContain("203.0.113.7");
    },
  );
});

test("CVE-2026-21710 (Node), H10: nothing reads headersDistinct or trailersDistinct, which __proto__ makes throw", () => {
  const files = ["server", "client", "db"].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => /\.ts$/.test(name) && !/\.test\.ts$/.test(name))
      .map((name) => join(folder, name)),
  );
  expect(files.length).toBeGreaterThan(50);
  for (const file of files)
    expect(readFileSync(file, "utf8"), file).not.toMatch(/(headers|trailers)Distinct/);
});
