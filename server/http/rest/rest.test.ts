import { beforeAll, describe, expect, test } from "vitest";
import { ENGINES } from "../../../testing/engines.ts";
import { basic, PASSWORD, type Service, useService } from "../../../testing/service.ts";

const REALM = 'Bearer realm="tegata"';

const json = { "content-type": "application/json" };
const send = (service: Service, method: string, path: string, body?: unknown, token?: string) =>
  service.request(method, path, {
    headers: { ...json, ...(token && { authorization: `Bearer ${token}` }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
const problem = (status: number, reason: string, detail: string) => ({
  status,
  json: { status, reason, detail },
});

describe.each(ENGINES)("the REST endpoints on $name", (engine) => {
  const service = useService(engine, { FASTAPI_PATHS: "false" });
  let person: { id: number; email: string; password: string };
  let token: string;
  beforeAll(async () => {
    person = await service.person({ username: "ada" });
    token = await service.login(person);
  });

  test("registers", async () => {
    const answer = await send(service, "POST", "/api/register", {
      email: "Rest@example.com",
      password: PASSWORD,
    });
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      id: expect.any(Number),
      email: "rest@example.com",
      username: null,
      fullName: null,
    });
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  test("returns the account and whether the caller is logged in", async () => {
    expect((await send(service, "GET", "/api/users/me", undefined, token)).json).toEqual({
      id: person.id,
      email: person.email,
      username: "ada",
      fullName: null,
      disabled: false,
      emailVerified: false,
    });
    expect((await send(service, "GET", "/api/is-logged-in", undefined, token)).json).toEqual({
      isLoggedIn: true,
    });
    for (const wrong of [undefined, "broken"])
      expect((await send(service, "GET", "/api/is-logged-in", undefined, wrong)).json).toEqual({
        isLoggedIn: false,
      });
  });

  test("lists items in pages, adds items and removes them", async () => {
    const own = await service.login(await service.person());
    const call = (method: string, path: string, body?: unknown) =>
      send(service, method, path, body, own);
    for (const title of ["Foo", "Bar", "Baz"])
      expect(await call("POST", "/api/items", { title })).toMatchObject({
        status: 200,
        json: { title },
      });
    const first = (await call("GET", "/api/items?limit=2")).json as {
      items: { id: number; title: string }[];
      next: number;
    };
    expect(first.items.map(({ title }) => title)).toEqual(["Foo", "Bar"]);
    const second = (await call("GET", `/api/items?limit=2&after=${first.next}`)).json;
    expect(second).toMatchObject({ items: [{ title: "Baz" }], next: null });
    const path = `/api/items/${first.items[0]?.id}`;
    expect((await send(service, "DELETE", path, undefined, token)).json).toEqual({
      removed: false,
    });
    expect((await call("DELETE", path)).json).toEqual({ removed: true });
    expect((await call("DELETE", path)).json).toEqual({ removed: false });
    expect((await call("GET", "/api/items")).json).toMatchObject({
      items: [{ title: "Bar" }, { title: "Baz" }],
    });
  });

  test("lists and ends sessions, changes the password and logs out", async () => {
    const somebody = await service.person();
    const [here, there, elsewhere] = [
      await service.login(somebody),
      await service.login(somebody),
      await service.login(somebody),
    ];
    const list = (await send(service, "GET", "/api/sessions", undefined, here)).json as {
      id: string;
      current: boolean;
    }[];
    expect(list).toHaveLength(3);
    const mine = (await send(service, "GET", "/api/sessions", undefined, there))
      .json as typeof list;
    const id = mine.find(({ current }) => current)?.id;
    expect((await send(service, "DELETE", `/api/sessions/${id}`, undefined, here)).json).toEqual({
      ended: true,
    });
    expect((await send(service, "GET", "/api/users/me", undefined, there)).status).toBe(401);
    expect((await send(service, "POST", "/api/sessions/end-others", undefined, here)).json).toEqual(
      { ended: 1 },
    );
    expect((await send(service, "GET", "/api/users/me", undefined, elsewhere)).status).toBe(401);
    const change = {
      currentPassword: PASSWORD,
      newPassword: service.secret("another horse battery"),
    };
    expect((await send(service, "PUT", "/api/users/me/password", change, here)).json).toEqual({
      changed: true,
    });
    expect((await send(service, "POST", "/api/logout", undefined, here)).json).toEqual({
      ended: true,
    });
    expect((await send(service, "GET", "/api/users/me", undefined, here)).status).toBe(401);
  });

  describe("returns problem details for", () => {
    test.each<[string, string, string | undefined, string, unknown, ReturnType<typeof problem>]>([
      [
        "no token",
        "GET",
        undefined,
        "/api/users/me",
        undefined,
        problem(401, "not_logged_in", "Not authenticated"),
      ],
      [
        "an invalid token",
        "GET",
        "x",
        "/api/items",
        undefined,
        problem(401, "invalid_token", "Could not validate credentials"),
      ],
      [
        "a taken email",
        "POST",
        undefined,
        "/api/register",
        { email: "person1@example.com", password: PASSWORD },
        problem(409, "email_taken", "already used email address"),
      ],
      [
        "a weak password",
        "POST",
        undefined,
        "/api/register",
        { email: "a@b.c", password: "x" },
        problem(400, "weak_password", "password must be at least 8 characters long"),
      ],
      [
        "an unknown field",
        "POST",
        undefined,
        "/api/register",
        { email: "a@b.c", password: PASSWORD, id: 1 },
        problem(400, "invalid_input", "id is not a known field"),
      ],
      [
        "no body",
        "POST",
        undefined,
        "/api/register",
        undefined,
        problem(400, "invalid_input", "email is required; password is required"),
      ],
    ])("%s", async (_, method, bearer, path, body, expected) => {
      const answer = await send(service, method, path, body, bearer);
      expect(answer).toMatchObject(expected);
      expect(answer.headers.get("content-type")).toBe("application/problem+json; charset=utf-8");
      expect(answer.headers.get("www-authenticate")).toBe(
        { not_logged_in: REALM, invalid_token: 'Bearer realm="tegata", error="invalid_token"' }[
          expected.json.reason
        ] ?? null,
      );
    });

    test.each([
      ["after=x", "after"],
      ["after=-1", "after"],
      ["limit=0", "limit"],
      ["limit=101", "limit"],
      ["limit=2.5", "limit"],
      ["limit=", "limit"],
    ])("the query %s", async (query, field) => {
      const answer = await send(service, "GET", `/api/items?${query}`, undefined, token);
      expect(answer).toMatchObject({ status: 400, json: { reason: "invalid_input" } });
      expect(Object.keys((answer.json as { fields: object }).fields)).toEqual([field]);
    });

    test("an item id that is not a number", async () => {
      for (const id of ["x", "1.5", "-1", "%00"])
        expect(await send(service, "DELETE", `/api/items/${id}`, undefined, token)).toMatchObject({
          status: 400,
        });
    });

    test.each<[string, string | Uint8Array, Record<string, string>, number, string]>([
      ["invalid JSON", `{"password":"${PASSWORD}`, json, 400, "the body is not valid JSON"],
      [
        "a body of 17,000 bytes",
        JSON.stringify({ email: "x".repeat(17_000) }),
        json,
        413,
        "the body must be at most 16 kB",
      ],
      [
        "another charset",
        "{}",
        { "content-type": "application/json; charset=utf-16le" },
        415,
        "the body must be in UTF-8",
      ],
      [
        "bytes that are not UTF-8",
        new Uint8Array([0x22, 0xff, 0x22]),
        json,
        415,
        "the body must be in UTF-8",
      ],
      [
        "a compressed body",
        "{}",
        { ...json, "content-encoding": "gzip" },
        415,
        "the body must not be compressed",
      ],
    ])("%s", async (_, body, headers, status, detail) => {
      const answer = await service.request("POST", "/api/register", { body, headers });
      expect(answer).toMatchObject({ status, json: { detail } });
      expect(answer.text).not.toContain(PASSWORD);
    });

    test("a form", async () => {
      expect(
        await service.post("/api/register", { email: "a@b.c", password: PASSWORD }),
      ).toMatchObject({ status: 400 });
    });

    test("another method, with the allowed methods", async () => {
      const answer = await send(service, "PATCH", "/api/items", {}, token);
      expect(answer.status).toBe(405);
      expect(answer.headers.get("allow")).toBe("GET, POST");
    });

    test("an unknown path and a path that cannot be decoded", async () => {
      expect(await service.request("GET", "/api/nothing")).toMatchObject({
        status: 404,
        json: { title: "Not Found" },
      });
      expect(await service.request("DELETE", "/api/items/%ff")).toMatchObject({ status: 400 });
    });

    test("a disabled user and a client's own token", async () => {
      const off = await service.person();
      const theirs = await service.login(off);
      await service.tegata.db.users.setDisabled(off.id, true);
      expect(await send(service, "GET", "/api/users/me", undefined, theirs)).toMatchObject(
        problem(403, "inactive_user", "Inactive user"),
      );
      const secret = await service.client("api");
      const { access_token } = service.issued(
        await service.token({ grant_type: "client_credentials" }, basic("api", secret)),
      );
      expect(await send(service, "GET", "/api/users/me", undefined, access_token)).toMatchObject({
        status: 403,
      });
    });
  });

  describe.each([
    ["me", "items", ["GET /api/users/me", "GET /api/sessions", "POST /api/logout"]],
    ["items", "me", ["GET /api/items", "DELETE /api/items/1"]],
  ])(
    "an operation that requires the scope %s, with a token that has only %s",
    (needed, given, calls) => {
      test("is insufficient_scope with a challenge, both in REST and in tRPC", async () => {
        const login = { username: person.email, password: person.password, scope: given };
        const tokens = service.issued(await service.token(login));
        expect(tokens.scope).toBe(given);
        const challenge = `Bearer realm="tegata", error="insufficient_scope", scope="${needed}"`;
        for (const [method = "", path = ""] of calls.map((call) => call.split(" "))) {
          const answer = await send(service, method, path, undefined, tokens.access_token);
          expect(answer).toMatchObject({ status: 403, json: { reason: "insufficient_scope" } });
          expect(answer.headers.get("www-authenticate")).toBe(challenge);
        }
        const procedure = needed === "me" ? "me" : "items.list";
        const answer = await service.query(procedure, tokens.access_token);
        expect(answer).toMatchObject({
          status: 403,
          json: { error: { data: { reason: "insufficient_scope" } } },
        });
        expect(answer.headers.get("www-authenticate")).toBe(challenge);
      });
    },
  );
});

describe("an unexpected error", () => {
  const service = useService(ENGINES[0] ?? expect.unreachable(), { FASTAPI_PATHS: "false" });

  test("is a 500 without details", async () => {
    const { findOwner } = service.tegata.db.sessions;
    const token = await service.login(await service.person());
    service.tegata.db.sessions.findOwner = async () => {
      throw new Error(`Failed query: select ${PASSWORD}`);
    };
    const answer = await send(service, "GET", "/api/users/me", undefined, token);
    service.tegata.db.sessions.findOwner = findOwner;
    expect(answer.json).toEqual({ title: "Internal Server Error", status: 500 });
    expect(service.logged.join("")).toContain("a request failed");
  });
});
