import { once } from "node:events";
import { connect } from "node:net";
import { beforeAll, describe, expect, test } from "vitest";
import { openApp } from "../../testing/apps.ts";
import { addApp } from "../../testing/authorization.ts";
import { ENGINES } from "../../testing/engines.ts";
import { basic, FULL_SCOPE, PASSWORD, useService } from "../../testing/service.ts";
import { arrive } from "../../testing/visitor.ts";

describe.each(ENGINES)("/auth/verify on $name", (engine) => {
  const service = useService(engine);
  let person: Awaited<ReturnType<typeof service.person>>;
  let token: string;
  beforeAll(async () => {
    person = await service.person({ username: "ada" });
    token = await service.login(person);
  });
  const bearer = (value: string) => ({ authorization: `Bearer ${value}` });
  const verify = (headers: Record<string, string> = {}, query = "", method = "GET") =>
    service.request(method, `/auth/verify${query}`, { headers });

  test.each(["GET", "HEAD", "POST"])(
    "%s with a valid token is 204 with the id of the user",
    async (method) => {
      // What the caller says about itself does not count.
      const answer = await verify({ ...bearer(token), "x-auth-user": "0" }, "", method);
      expect(answer).toMatchObject({ status: 204, text: "" });
      expect(answer.headers.get("x-auth-user")).toBe(String(person.id));
      expect(answer.headers.get("x-auth-client")).toBe("tegata");
      expect(answer.headers.get("x-auth-scopes")).toBe(FULL_SCOPE);
      expect(answer.headers.get("cache-control")).toBe("no-store");
    },
  );

  test.each(["PUT", "DELETE", "PATCH", "OPTIONS"])("%s is 405", async (method) => {
    expect((await verify(bearer(token), "", method)).status).toBe(405);
  });

  test("without a valid token it is 401 with a challenge, and names no user", async () => {
    for (const [headers, challenge] of [
      [{}, 'Bearer realm="tegata"'],
      [basic("ada", PASSWORD), 'Bearer realm="tegata"'],
      [bearer("x.y.z"), 'Bearer realm="tegata", error="invalid_token"'],
    ] as const) {
      const answer = await verify(headers);
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toBe(challenge);
      expect(answer.headers.get("x-auth-user")).toBeNull();
    }
  });

  test("the scopes that the query names are required", async () => {
    const me = { username: "ada", password: PASSWORD, scope: "me" };
    const narrow = service.issued(await service.token(me)).access_token;
    for (const [query, status] of [
      ["?scope=me", 204],
      ["?scope=items", 403],
      ["?scope=me%20items", 403],
      ["?scope=me&scope=items", 403],
      ["?scope=admin", 403],
      ["?scope=me?items", 403],
    ] as const)
      expect(await verify(bearer(narrow), query), query).toMatchObject({ status });
    expect(await verify(bearer(token), "?scope=me+items")).toMatchObject({ status: 204 });
    const refused = await verify(bearer(narrow), "?scope=me+items");
    expect(refused.headers.get("www-authenticate")).toBe(
      'Bearer realm="tegata", error="insufficient_scope", scope="items"',
    );
  });

  test.each([
    "?scope=",
    "?scope=a%0d%0aSet-Cookie:x",
    "?scope=%22",
    "?scope=a%20%20b",
    "?scope=ä",
    "?client=",
    "?client=a,b",
    "?client=a%0d%0aSet-Cookie:x",
    "?client=tegata%20%20app",
    "?scope=me&client=ä",
  ])(
    "a query that names no scopes or no clients is refused, and not repeated: %s",
    async (query) => {
      const { status, headers, text } = await verify(bearer(token), query);
      expect(status).toBe(400);
      expect(headers.get("www-authenticate")).toBeNull();
      expect(text).not.toMatch(/Set-Cookie|%22|ä/);
    },
  );

  test("a client's own token and a disabled account are 403", async () => {
    const secret = await service.client("machine");
    const own = await service.token({ grant_type: "client_credentials" }, basic("machine", secret));
    const other = await service.person();
    const theirs = await service.login(other);
    await service.tegata.db.users.setDisabled(other.id, true);
    for (const value of [service.issued(own).access_token, theirs]) {
      const answer = await verify(bearer(value));
      expect(answer.status).toBe(403);
      expect(answer.headers.get("x-auth-user")).toBeNull();
    }
  });

  describe("a token of another application", () => {
    const tokens = new Map<string, string>();
    beforeAll(async () => {
      await addApp(service);
      const scopes = "me items orders:read";
      await addApp(service, { id: "stranger", firstParty: false, scopes });
      await addApp(service, { id: "reader", firstParty: false, scopes });
      const { visitor } = await arrive(service);
      for (const [client, scope] of [
        ["app", "me"],
        ["stranger", "me items"],
        ["reader", "orders:read"],
      ] as const)
        tokens.set(client, (await openApp(service, visitor, client, scope)).access_token);
      tokens.set("tegata", token);
    });

    test.each([
      // Without more, only the operator's own.
      ["", ["tegata", "app"]],
      // A user may let anybody read the account: that does not open another service. A scope that names the service does.
      ["?scope=me", ["tegata", "app"]],
      ["?scope=items", ["tegata"]],
      ["?scope=orders:read", ["reader"]],
      ["?client=tegata", ["tegata"]],
      ["?client=stranger", ["stranger"]],
      ["?client=stranger%20app", ["stranger", "app"]],
      ["?client=stranger&client=reader", ["stranger", "reader"]],
      ["?client=reader&scope=orders:read", ["reader"]],
      ["?client=stranger&scope=orders:read", []],
      ["?client=nobody", []],
    ])("with %j in the query opens for %j", async (query, expected) => {
      const opened: string[] = [];
      for (const client of ["tegata", "app", "stranger", "reader"]) {
        const answer = await verify(bearer(tokens.get(client) ?? ""), query);
        const isOpen = answer.status === 204;
        expect(answer.status).toBe(isOpen ? 204 : 403);
        expect(answer.headers.get("x-auth-client")).toBe(isOpen ? client : null);
        expect(answer.headers.has("x-auth-user")).toBe(isOpen);
        if (isOpen) opened.push(client);
      }
      expect(opened.sort()).toEqual(expected.toSorted());
    });
  });

  test("a session that has ended is rejected at the next request", async () => {
    const tokens = await service.tokens(person);
    expect(await verify(bearer(tokens.access_token))).toMatchObject({ status: 204 });
    await service.post("/revoke", { token: tokens.refresh_token });
    expect(await verify(bearer(tokens.access_token))).toMatchObject({ status: 401 });
  });

  test("two Authorization headers are rejected", async () => {
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    const header = `Authorization: Bearer ${token}\r\n`;
    socket.write(
      `GET /auth/verify HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${header}${header}\r\n`,
    );
    const [head] = (await once(socket, "data")) as [Buffer];
    expect(head.toString()).toMatch(/^HTTP\/1.1 401 /);
    socket.destroy();
  });
});
