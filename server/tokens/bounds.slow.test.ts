/** How many sessions, and how many refresh tokens of a session, there are at most. */

import { createHash } from "node:crypto";
import { decodeJwt } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { basic, useService } from "../../testing/service.ts";

const DAY_MS = 86_400_000;
const hashOf = (token: string) => createHash("sha256").update(token).digest("base64url");
const refused = { status: 400, json: { error: "invalid_grant" } };
const sid = (token: string) => decodeJwt<{ sid: string }>(token).sid;

describe.each(ENGINES)("on $name, the number of sessions is limited:", (engine) => {
  const service = useService(engine);
  let person: Awaited<ReturnType<typeof service.person>>;
  beforeAll(async () => {
    person = await service.person();
  });

  /** Adds sessions that were last used in the last `count` milliseconds. */
  const fill = (count: number, owner: { userId: number } | { clientId: string }) => {
    const nowMs = service.tegata.now();
    const common = {
      clientId: "tegata",
      scope: "me",
      userAgent: null,
      expiresAtMs: nowMs + DAY_MS,
    };
    const rows = Array.from({ length: count }, (_, i) => {
      const usedAtMs = nowMs - i;
      return {
        ...common,
        id: `${Object.values(owner)}-${i}`,
        createdAtMs: 1,
        lastUsedAtMs: usedAtMs,
      };
    });
    const { sessions, users } = service.tegata.db;
    return Promise.all(
      rows.map(async (row) => {
        if ("clientId" in owner) return sessions.add({ ...row, ...owner, userId: null });
        const hash = (await users.findByEmail(person.email))?.passwordHash ?? "";
        return sessions.addForUser({ ...row, ...owner }, hash);
      }),
    );
  };
  const active = async (id: string) => {
    const found = await service.tegata.db.sessions.find(id);
    return found?.session.revokedAtMs === null;
  };
  const endedFor = (id: string) =>
    service.logged.filter((line) => line.includes(id) && line.includes("too_many_sessions")).length;

  test("a login ends the session of the user that was not used for the longest time", async () => {
    const other = await service.login(await service.person());
    const idle = await service.tokens(person);
    service.ahead = 1000;
    await fill(99, { userId: person.id });
    expect(await active(sid(idle.access_token))).toBe(true);
    const token = await service.login(person);
    expect(await active(sid(idle.access_token))).toBe(false);
    expect(endedFor(sid(idle.access_token))).toBe(1);
    expect(await service.refresh(idle.refresh_token)).toMatchObject(refused);
    for (const alive of [token, other])
      expect(await service.query("me", alive)).toMatchObject({ status: 200 });
    expect(await active(`${person.id}-98`)).toBe(true);
  });

  test("concurrent logins of a user leave 100 sessions, and each of them gets one", async () => {
    const tokens: string[] = [];
    // More at once would be throttled.
    for (let i = 0; i < 5; i += 1)
      tokens.push(...(await Promise.all(Array.from({ length: 4 }, () => service.login(person)))));
    for (const token of tokens)
      expect(await service.query("me", token)).toMatchObject({ status: 200 });
    const { sessions } = service.tegata.db;
    const nowMs = service.tegata.now();
    const owner = { userId: person.id, clientId: "tegata", parentId: null };
    expect(await sessions.listSurplus(owner, 99, nowMs)).toHaveLength(1);
    expect(await sessions.listSurplus(owner, 100, nowMs)).toEqual([]);
  });

  test("a token for a client itself ends the oldest one of more than 1000, and none of another client", async () => {
    const secret = await service.client("busy");
    await service.client("other");
    const login = { grant_type: "client_credentials" };
    await fill(1, { clientId: "other" });
    await fill(1000, { clientId: "busy" });
    const { access_token } = service.issued(await service.token(login, basic("busy", secret)));
    const introspect = (token: string) =>
      service.post("/introspect", { token }, basic("busy", secret));
    expect(await introspect(access_token)).toMatchObject({ json: { active: true } });
    expect(await active("busy-999")).toBe(false);
    expect(endedFor("busy-999")).toBe(1);
    for (const id of ["busy-998", "other-0"]) expect(await active(id)).toBe(true);
  });

  test.each(["/api/token", "/token"])(
    "a session without a refresh token, from %s, is over when its access token is",
    async (path) => {
      const owner = await service.person();
      await service.client(`no-refresh${path}`, { grants: "password", public: true });
      const more =
        path === "/token" ? { grant_type: "password", client_id: "no-refresh/token" } : {};
      const answer = await service.post(path, {
        username: owner.email,
        password: owner.password,
        ...more,
      });
      const { access_token } = answer.json as { access_token: string };
      expect(await service.query("me", service.secret(access_token))).toMatchObject({
        status: 200,
      });
      const { db, now } = service.tegata;
      expect(await db.refreshTokens.listOfSessions([sid(access_token)])).toEqual([]);
      expect(await db.sessions.list(owner.id, now())).toHaveLength(1);
      expect(await db.sessions.list(owner.id, now() + 1_800_000)).toEqual([]);
    },
  );
});

describe.each(ENGINES)("on $name, a session with many generations of refresh tokens", (engine) => {
  const service = useService(engine, { REFRESH_GRACE_SECONDS: "30" });
  const next = async (token: string) => service.issued(await service.refresh(token)).refresh_token;
  const count = async (accessToken: string) =>
    (await service.tegata.db.refreshTokens.listOfSessions([sid(accessToken)])).length;
  /** Logs in and refreshes 40 times. */
  const old = async () => {
    const { access_token, refresh_token } = await service.tokens(await service.person());
    const chain = [refresh_token];
    for (let i = 0; i < 40; i += 1) chain.push(await next(chain.at(-1) ?? ""));
    const [first = "", second = ""] = chain;
    return { access_token, first, second, last: chain.at(-1) ?? "", chain };
  };
  const isAlive = async (accessToken: string) =>
    (await service.query("me", accessToken)).status === 200;

  test("keeps a few of them", async () => {
    const { access_token, chain } = await old();
    expect(await count(access_token)).toBeLessThanOrEqual(21);
    // A token whose child was just used still returns its child.
    expect(await next(chain.at(-3) ?? "")).toBe(chain.at(-2));
    expect(await next(chain.at(-12) ?? "")).toBe(chain.at(-11));
  });

  test("ends if a token comes back that was deleted long ago", async () => {
    const other = await service.tokens(await service.person());
    const { access_token, first, last } = await old();
    expect(await service.refresh(first)).toMatchObject(refused);
    expect(await isAlive(access_token)).toBe(false);
    expect(await service.refresh(last)).toMatchObject(refused);
    expect(await isAlive(other.access_token)).toBe(true);
    expect(service.logged.filter((line) => line.includes(sid(access_token))).join("")).toMatch(
      /"level":40.*"reason":"refresh_token_reused".*"sessions ended"/,
    );
  });

  test("ends if such a token is revoked, and is not described by introspection", async () => {
    const { access_token, first } = await old();
    const secret = await service.client("api");
    expect(await service.post("/introspect", { token: first }, basic("api", secret))).toMatchObject(
      {
        status: 200,
        json: { active: false },
      },
    );
    expect(await isAlive(access_token)).toBe(true);
    expect(await service.post("/revoke", { token: first })).toMatchObject({ status: 200 });
    expect(await isAlive(access_token)).toBe(false);
  });

  test("does not end because of a token that Tegata did not issue", async () => {
    const { access_token, first, second, last } = await old();
    const [userId, session, generation, secret, tag] = first.split(".");
    const otherSession = sid(await service.login(await service.person()));
    const tokens = [
      [userId, session, 2, secret, tag],
      [userId, session, generation, secret, second.split(".")[4]],
      [userId, session, generation, secret?.toLowerCase(), tag],
      [userId, otherSession, generation, secret, tag],
      [Number(userId) + 1, session, generation, secret, tag],
      [userId, session, generation, secret, tag, ""],
      [userId, session, generation, secret],
      [userId, session, generation, secret, `${tag}é`],
    ].map((parts) => parts.join("."));
    for (const token of tokens) expect(await service.refresh(token)).toMatchObject(refused);
    const another = await service.client("another", { grants: "refresh_token", public: true });
    expect(another).toBe("");
    expect(await service.refresh(first, { client_id: "another" })).toMatchObject(refused);
    expect(await isAlive(access_token)).toBe(true);
    await next(last);
  });

  test("ends if a token of version 0.1 comes back, which has no tag and is kept", async () => {
    const { access_token } = await service.tokens(await service.person());
    const { db, now } = service.tegata;
    const value = service.secret("v".repeat(43));
    const times = { createdAtMs: now(), expiresAtMs: now() + DAY_MS };
    await db.refreshTokens.add({
      hash: hashOf(value),
      sessionId: sid(access_token),
      generation: 0,
      ...times,
    });
    let last = value;
    for (let i = 0; i < 25; i += 1) last = await next(last);
    service.ahead = 40_000;
    expect(await service.refresh(value)).toMatchObject(refused);
    service.ahead = 0;
    expect(await isAlive(access_token)).toBe(false);
  });

  test("does not end because of a token that the database does not have yet, or not any more", async () => {
    const { access_token, chain, last } = await old();
    const { db } = service.tegata;
    await db.refreshTokens.remove([hashOf(last)]);
    expect(await service.refresh(last)).toMatchObject(refused);
    expect(await isAlive(access_token)).toBe(true);
    // Its parent still leads to it: nothing is lost.
    expect(await next(chain.at(-2) ?? "")).toBe(last);
  });
});

describe.each(ENGINES)("on $name, with a clock that jumps,", (engine) => {
  const service = useService(engine);

  test.each([
    [-DAY_MS, true],
    [-40_000, true],
    [-20_000, false],
    [DAY_MS, true],
  ])(
    "by %i ms, a token comes back whose child was used: the session ends is %s",
    async (ms, ends) => {
      const first = await service.tokens(await service.person());
      const child = service.issued(await service.refresh(first.refresh_token));
      service.issued(await service.refresh(child.refresh_token));
      service.ahead = ms;
      const answer = await service.refresh(first.refresh_token);
      service.ahead = 0;
      expect(answer.status).toBe(ends ? 400 : 200);
      expect((await service.query("me", first.access_token)).status).toBe(ends ? 401 : 200);
    },
  );
});
