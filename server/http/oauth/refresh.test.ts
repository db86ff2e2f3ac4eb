import { createHash } from "node:crypto";
import { decodeJwt } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { ENGINES } from "../../../testing/engines.ts";
import { FULL_SCOPE, useService } from "../../../testing/service.ts";

const DAY_MS = 86_400_000;
const invalidGrant = {
  status: 400,
  json: {
    error: "invalid_grant",
    error_description: "the refresh token is invalid, expired, revoked or already used",
  },
};

describe.each(ENGINES)("the refresh_token grant on $name", (engine) => {
  const service = useService(engine);
  let person: { id: number; email: string; password: string };
  beforeAll(async () => {
    person = await service.person();
  });
  const rotated = async (token: string, more = {}) =>
    service.issued(await service.refresh(token, more));

  test("returns a new access token and a new refresh token for the same session", async () => {
    const first = await service.tokens(person);
    const second = await rotated(first.refresh_token);
    expect(second).toEqual({
      access_token: expect.any(String),
      token_type: "Bearer",
      expires_in: 1800,
      scope: FULL_SCOPE,
      refresh_token: expect.stringMatching(/^\d+\.[\w-]{22}\.\d+\.[\w-]{43}\.[\w-]{22}$/),
    });
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(second.access_token).not.toBe(first.access_token);
    const sid = (token: string) => decodeJwt(token)["sid"];
    expect(sid(second.access_token)).toBe(sid(first.access_token));
    expect(await service.query("me", second.access_token)).toMatchObject({ status: 200 });
  });

  test("returns a response that must not be cached", async () => {
    const { refresh_token } = await service.tokens(person);
    const { headers } = await service.refresh(refresh_token);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("pragma")).toBe("no-cache");
  });

  test("stores only a hash of the token, which is not accepted as a token", async () => {
    const { refresh_token } = await service.tokens(person);
    const { db } = service.tegata;
    const hash = createHash("sha256").update(refresh_token).digest("base64url");
    const stored = await db.refreshTokens.find(hash);
    expect(stored).toBeDefined();
    expect(JSON.stringify(stored)).not.toContain(refresh_token);
    expect(await db.refreshTokens.find(refresh_token)).toBeUndefined();
    expect(await service.refresh(hash)).toMatchObject(invalidGrant);
  });

  test("a used token returns the same child every time", async () => {
    const { refresh_token } = await service.tokens(person);
    const child = await rotated(refresh_token);
    service.ahead += 9_000;
    const again = await rotated(refresh_token);
    service.ahead = 0;
    expect(again.refresh_token).toBe(child.refresh_token);
    expect(await service.query("me", again.access_token)).toMatchObject({ status: 200 });
    expect((await rotated(child.refresh_token)).refresh_token).not.toBe(child.refresh_token);
  });

  test("10 concurrent requests get the same child", async () => {
    const { refresh_token } = await service.tokens(person);
    const children = await Promise.all(Array.from({ length: 10 }, () => rotated(refresh_token)));
    expect(new Set(children.map((child) => child.refresh_token)).size).toBe(1);
  });

  test("a token that was used but whose child was never stored does not end the session", async () => {
    const { refresh_token } = await service.tokens(person);
    const { add } = service.tegata.db.refreshTokens;
    service.tegata.db.refreshTokens.add = async () => {
      throw new Error("the database is gone");
    };
    expect(await service.refresh(refresh_token)).toMatchObject({
      status: 500,
      json: { error: "server_error" },
    });
    service.tegata.db.refreshTokens.add = add;
    const child = await rotated(refresh_token);
    expect((await rotated(refresh_token)).refresh_token).toBe(child.refresh_token);
    await rotated(child.refresh_token);
  });

  test("a token expires after 30 days, and its child is valid for another 30 days", async () => {
    const [early, late] = [await service.tokens(person), await service.tokens(person)];
    service.ahead = 30 * DAY_MS - 10_000;
    const child = await rotated(early.refresh_token);
    service.ahead = 30 * DAY_MS + 10_000;
    expect(await service.refresh(late.refresh_token)).toMatchObject(invalidGrant);
    service.ahead = 60 * DAY_MS - 20_000;
    await rotated(child.refresh_token);
    service.ahead = 0;
  });

  test("the session expires after 90 days, even if it was refreshed", async () => {
    let tokens = await service.tokens(person);
    for (const days of [25, 50, 75, 89]) {
      service.ahead = days * DAY_MS;
      tokens = await rotated(tokens.refresh_token);
    }
    expect(await service.query("me", tokens.access_token)).toMatchObject({ status: 200 });
    // An access token never expires later than its session.
    service.ahead = 90 * DAY_MS - 600_000;
    const last = await service.refresh(tokens.refresh_token);
    const { expires_in } = last.json as { expires_in: number };
    expect(expires_in).toBeGreaterThan(500);
    expect(expires_in).toBeLessThanOrEqual(600);
    tokens = service.issued(last);
    service.ahead = 90 * DAY_MS + 10_000;
    expect(await service.refresh(tokens.refresh_token)).toMatchObject(invalidGrant);
    service.ahead = 0;
  });

  test("a token is rejected while its account is disabled, and works again when the account is enabled", async () => {
    const { refresh_token } = await service.tokens(person);
    await service.tegata.db.users.setDisabled(person.id, true);
    expect(await service.refresh(refresh_token)).toMatchObject(invalidGrant);
    await service.tegata.db.users.setDisabled(person.id, false);
    await rotated(refresh_token);
  });

  test.each([
    ["no token", "grant_type=refresh_token", "invalid_request", "refresh_token is missing"],
    [
      "an empty token",
      "grant_type=refresh_token&refresh_token=",
      "invalid_request",
      "refresh_token is missing",
    ],
    [
      "two tokens",
      "grant_type=refresh_token&refresh_token=a&refresh_token=b",
      "invalid_request",
      "a parameter is repeated",
    ],
    [
      "an unknown token",
      "grant_type=refresh_token&refresh_token=a",
      "invalid_grant",
      invalidGrant.json.error_description,
    ],
    [
      "a token of 9,000 characters",
      `grant_type=refresh_token&refresh_token=${"a".repeat(9000)}`,
      "invalid_grant",
      invalidGrant.json.error_description,
    ],
  ])("%s is rejected", async (_, body, error, error_description) => {
    expect(await service.token(body)).toMatchObject({
      status: 400,
      json: { error, error_description },
    });
  });

  test("an access token is not accepted as a refresh token, nor a refresh token as an access token", async () => {
    const { access_token, refresh_token } = await service.tokens(person);
    expect(await service.refresh(access_token)).toMatchObject(invalidGrant);
    expect(await service.query("me", refresh_token)).toMatchObject({ status: 401 });
  });

  describe("for a client with two scopes", () => {
    beforeAll(async () => {
      await service.client("app", {
        grants: "password refresh_token",
        scopes: "me items",
        public: true,
      });
      await service.client("other", { grants: "password refresh_token", public: true });
      await service.client("once", { grants: "password", public: true });
    });
    const logIn = async (client_id: string, more = {}) =>
      service.issued(
        await service.token({
          grant_type: "password",
          username: person.email,
          password: person.password,
          client_id,
          ...more,
        }),
      );

    test("the scope can be narrowed for one access token, and the next one has the full scope again", async () => {
      const first = await logIn("app");
      expect(first.scope).toBe("me items");
      const narrow = await rotated(first.refresh_token, { client_id: "app", scope: "items" });
      expect(narrow.scope).toBe("items");
      expect((await rotated(narrow.refresh_token, { client_id: "app" })).scope).toBe("me items");
    });

    test("the scope cannot be widened, and a failed attempt does not use up the token", async () => {
      const first = await logIn("app", { scope: "me" });
      for (const scope of ["me items", "items", "admin"])
        expect(
          await service.refresh(first.refresh_token, { client_id: "app", scope }),
        ).toMatchObject({
          status: 400,
          json: { error: "invalid_scope" },
        });
      await rotated(first.refresh_token, { client_id: "app" });
    });

    test("another client cannot use the token, and a failed attempt does not use it up", async () => {
      const { refresh_token } = await logIn("app");
      expect(await service.refresh(refresh_token, { client_id: "other" })).toMatchObject(
        invalidGrant,
      );
      expect(await service.refresh(refresh_token)).toMatchObject(invalidGrant);
      await rotated(refresh_token, { client_id: "app" });
      expect(await service.refresh(refresh_token, { client_id: "other" })).toMatchObject(
        invalidGrant,
      );
      await rotated(refresh_token, { client_id: "app" });
    });

    test("a client without the refresh_token grant gets no refresh token", async () => {
      expect(await logIn("once")).not.toHaveProperty("refresh_token");
    });
  });

  test("5 concurrent logins with an outdated hash all succeed", async () => {
    const { db } = service.tegata;
    const late = await service.person();
    const user = await db.users.findByEmail(late.email);
    // Another login renews the hash after this one has checked it and before it opens its session.
    const { addForUser } = db.sessions;
    let first = true;
    db.sessions.addForUser = async (session, hash) => {
      if (first) {
        first = false;
        const renewed = await service.tegata.passwords.hash(late.password);
        if (renewed.is === "hashed") await db.users.replaceHash(user?.id ?? 0, hash, renewed.hash);
      }
      return addForUser(session, hash);
    };
    const all = await Promise.all(Array.from({ length: 5 }, () => service.tokens(late)));
    db.sessions.addForUser = addForUser;
    expect(all).toHaveLength(5);
  });
});

describe("REFRESH_GRACE_SECONDS=0", () => {
  const service = useService(ENGINES[0] ?? expect.unreachable(), { REFRESH_GRACE_SECONDS: "0" });

  test("a token can be used only once, and using it again ends the session", async () => {
    const { refresh_token } = await service.tokens(await service.person());
    const child = service.issued(await service.refresh(refresh_token));
    expect(await service.refresh(refresh_token)).toMatchObject(invalidGrant);
    expect(await service.refresh(child.refresh_token)).toMatchObject(invalidGrant);
  });

  test("at most one of 10 concurrent requests succeeds", async () => {
    const { refresh_token } = await service.tokens(await service.person());
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => service.refresh(refresh_token)),
    );
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
    for (const answer of answers.filter(({ status }) => status !== 200))
      expect(answer).toMatchObject(invalidGrant);
  });
});
