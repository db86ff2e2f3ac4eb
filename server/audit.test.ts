import { decodeJwt } from "jose";
import { describe, expect, test, vi } from "vitest";
import { ENGINES } from "../testing/engines.ts";
import { basic, PASSWORD, useService } from "../testing/service.ts";
import { setDisabled } from "./accounts/disable.ts";
import { addClient, removeClient } from "./clients/changes.ts";
import { OPERATOR } from "./requester.ts";

const sid = (token: string) => decodeJwt<{ sid: string }>(token).sid;

describe.each(ENGINES)("the audit log on $name", (engine) => {
  const service = useService(engine, { TRUST_PROXY: "1", REFRESH_GRACE_SECONDS: "0" });

  /** Headers that tell one request from the others. */
  const from = (requestId: string) => ({
    "x-request-id": requestId,
    "x-forwarded-for": "203.0.113.9",
    "user-agent": "a test",
  });
  /** The events of one request, in the order of their ids, as soon as there are `count`. */
  const eventsOf = async (requestId: string, count = 1) => {
    const of = async () =>
      (await service.tegata.db.events.list({}, { limit: 1000 }))
        .filter((event) => event.requestId === requestId)
        .toReversed();
    await expect.poll(of).toHaveLength(count);
    return of();
  };
  const origin = { address: "203.0.113.9", userAgent: "a test", atMs: expect.any(Number) };
  const none = { userId: null, clientId: null, sessionId: null, detail: null };
  const call = (procedure: string, input: unknown, token: string, requestId: string) =>
    service.request("POST", `/trpc/${procedure}`, {
      body: input === undefined ? "" : JSON.stringify(input),
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${token}`,
        ...from(requestId),
      },
    });

  test("has registrations and logins, with user, client, session, address, device and request", async () => {
    const email = "ada@example.com";
    const input = JSON.stringify({ email, password: service.secret(PASSWORD) });
    const headers = { "content-type": "application/json", ...from("register-1") };
    await service.request("POST", "/trpc/register", { body: input, headers });
    const { id: userId } = (await service.tegata.db.users.findByEmail(email)) ?? expect.fail();
    expect(await eventsOf("register-1")).toEqual([
      {
        id: expect.any(Number),
        ...none,
        ...origin,
        type: "registered",
        requestId: "register-1",
        userId,
      },
    ]);

    const form = { username: email, password: PASSWORD };
    const { access_token } = service.issued(await service.token(form, from("login-1")));
    expect(await eventsOf("login-1")).toMatchObject([
      {
        ...none,
        ...origin,
        type: "logged_in",
        userId,
        clientId: "tegata",
        sessionId: sid(access_token),
      },
    ]);
    expect((await service.post("/api/token", form, from("login-2"))).status).toBe(200);
    expect(await eventsOf("login-2")).toMatchObject([
      { type: "logged_in", userId, clientId: "tegata" },
    ]);
  });

  test("has failed logins with their reason, and never what was typed", async () => {
    const person = await service.person();
    const off = await service.person();
    expect(await setDisabled(service.tegata, off.email, true, OPERATOR)).toBe(true);
    const typed = "hunter2-typed-as-a-name";
    const wrong = "hunter2-as-password";
    const attempts = [
      [person.email, wrong, person.id, "wrong_password"],
      [off.email, wrong, off.id, "wrong_password"],
      [off.email, PASSWORD, off.id, "account_disabled"],
      [typed, wrong, null, "unknown_name"],
      [`${typed}@example.com`, wrong, null, "unknown_name"],
    ] as const;
    for (const [i, [username, password, userId, detail]] of attempts.entries()) {
      const requestId = `failed-${i}`;
      await service.token({ username, password }, from(requestId));
      expect(await eventsOf(requestId)).toMatchObject([
        { ...none, ...origin, type: "login_failed", userId, clientId: "tegata", detail },
      ]);
    }
    const all = JSON.stringify(await service.tegata.db.events.list({}, { limit: 1000 }));
    for (const secret of [typed, wrong, person.email, PASSWORD]) expect(all).not.toContain(secret);
  });

  test("has every end of a session, with its reason, user and client", async () => {
    const person = await service.person();
    const { id: userId } = person;
    const tokens = await Promise.all([1, 2, 3, 4, 5].map(() => service.login(person)));
    const [one = "", two = "", three = "", four = ""] = tokens;
    const of = { ...origin, userId, clientId: "tegata" };

    await call("sessions.revoke", { id: sid(two) }, one, "end-1");
    expect(await eventsOf("end-1")).toMatchObject([
      { ...of, type: "session_ended", sessionId: sid(two), detail: "ended_by_user" },
    ]);
    await call("logout", undefined, three, "end-2");
    expect(await eventsOf("end-2")).toMatchObject([
      { ...of, type: "session_ended", sessionId: sid(three), detail: "logged_out" },
    ]);
    await service.post("/revoke", { token: four }, from("end-3"));
    expect(await eventsOf("end-3")).toMatchObject([
      { ...of, type: "session_ended", sessionId: sid(four), detail: "token_revoked" },
    ]);
    await call("sessions.revokeOthers", undefined, one, "end-4");
    expect(await eventsOf("end-4")).toMatchObject([
      { ...of, type: "other_sessions_ended", sessionId: sid(one), detail: "ended_by_user" },
    ]);
    // A session that is over is not ended again.
    await service.post("/revoke", { token: four }, from("end-5"));
    expect((await call("sessions.revoke", { id: sid(two) }, one, "end-6")).status).toBe(200);
    await eventsOf("end-5", 0);
    await eventsOf("end-6", 0);
  });

  test("has a change of the password, the failed one too, and the end of the other sessions", async () => {
    const person = await service.person();
    const [token, other] = [await service.login(person), await service.login(person)];
    const of = { ...origin, userId: person.id, clientId: "tegata", sessionId: sid(token) };
    const newPassword = service.secret("another horse battery");
    const change = (currentPassword: string, requestId: string) =>
      call("changePassword", { currentPassword, newPassword }, token, requestId);
    expect((await change(service.secret("not this one, wrong"), "change-1")).status).toBe(400);
    expect(await eventsOf("change-1")).toMatchObject([{ ...of, type: "password_change_failed" }]);
    expect((await change(person.password, "change-2")).status).toBe(200);
    expect(await eventsOf("change-2", 2)).toMatchObject([
      { ...of, type: "password_changed", detail: null },
      { ...of, type: "other_sessions_ended", detail: "password_changed" },
    ]);
    expect((await service.query("me", other)).status).toBe(401);
  });

  test("has the theft of a refresh token", async () => {
    const person = await service.person();
    const { refresh_token, access_token } = await service.tokens(person);
    service.issued(await service.refresh(refresh_token));
    const form = { grant_type: "refresh_token", refresh_token };
    expect((await service.token(form, from("theft-1"))).status).toBe(400);
    expect(await eventsOf("theft-1")).toMatchObject([
      {
        ...origin,
        type: "refresh_token_reused",
        userId: person.id,
        clientId: "tegata",
        sessionId: sid(access_token),
      },
    ]);
  });

  test("has the administration of clients and users, by the operator", async () => {
    const person = await service.person();
    const { tegata } = service;
    const client = { id: "audited", isPublic: true, grants: ["password", "refresh_token"] };
    expect(
      await addClient(tegata, { ...client, scopes: ["me"] }, client.grants, OPERATOR),
    ).toMatchObject({ is: "added" });
    service.issued(
      await service.token({
        grant_type: "password",
        client_id: "audited",
        username: person.email,
        password: person.password,
      }),
    );
    expect(await removeClient(tegata, "audited", OPERATOR)).toBe(true);
    // Changes nothing, so there is no event.
    expect(await removeClient(tegata, "audited", OPERATOR)).toBe(false);
    for (const disabled of [true, true, false, false])
      expect(await setDisabled(tegata, person.email, disabled, OPERATOR)).toBe(true);
    const events = (await tegata.db.events.list({}, { limit: 1000 })).toReversed();
    const by = { address: "cli", requestId: null, userAgent: null };
    const ofClient = events.filter(
      ({ clientId, type }) => clientId === "audited" && type !== "logged_in",
    );
    expect(ofClient).toMatchObject([
      { ...by, type: "client_added", detail: "password refresh_token" },
      { ...by, type: "client_removed" },
      { ...by, type: "sessions_ended", detail: "client_removed" },
    ]);
    const ofUser = events.filter(
      ({ userId, address }) => userId === person.id && address === "cli",
    );
    expect(ofUser).toMatchObject([{ type: "user_disabled" }, { type: "user_enabled" }]);
  });

  test("has clients that fail to authenticate, without the id of an unknown one", async () => {
    const secret = await service.client("strict");
    const form = { grant_type: "client_credentials" };
    const tryAs = (id: string, password: string, requestId: string) =>
      service.token(form, { ...basic(id, password), ...from(requestId) });
    await tryAs("strict", "a wrong secret", "client-1");
    expect(await eventsOf("client-1")).toMatchObject([
      { ...none, ...origin, type: "client_failed", clientId: "strict" },
    ]);
    await tryAs("a typed name", secret, "client-2");
    expect(await eventsOf("client-2")).toMatchObject([
      { ...none, ...origin, type: "client_failed" },
    ]);
    service.issued(await tryAs("strict", secret, "client-3"));
    await eventsOf("client-3", 0);
  });

  test("has nothing of a request that only reads", async () => {
    const person = await service.person();
    const token = await service.login(person);
    const types = async () =>
      (await service.tegata.db.events.list({ userId: person.id }, { limit: 9 })).map(
        ({ type }) => type,
      );
    await expect.poll(types).toEqual(["logged_in", "registered"]);
    const add = vi.spyOn(service.tegata.db.events, "add");
    expect((await service.query("me", token)).status).toBe(200);
    expect(add).not.toHaveBeenCalled();
    add.mockRestore();
  });

  test("an event that cannot be stored is in the log, and the login succeeds", async () => {
    const person = await service.person();
    const add = vi.spyOn(service.tegata.db.events, "add").mockRejectedValue(new Error("x"));
    service.logged.length = 0;
    expect((await service.token({ username: person.email, password: PASSWORD })).status).toBe(200);
    await expect.poll(() => service.logged.join("")).toContain("could not be recorded");
    add.mockRestore();
    const line = service.logged.find((text) => text.includes("could not be recorded")) ?? "{}";
    expect(JSON.parse(line)).toMatchObject({
      level: 50,
      event: { type: "logged_in", userId: person.id },
    });
  });

  test("a login does not wait for the audit log", async () => {
    const person = await service.person();
    const store: (() => void)[] = [];
    const add = vi
      .spyOn(service.tegata.db.events, "add")
      .mockImplementation(() => new Promise((resolve) => void store.push(resolve)));
    for (const password of [PASSWORD, "wrong password"]) {
      const { status } = await service.token({ username: person.email, password });
      expect(status).toBe(password === PASSWORD ? 200 : 400);
    }
    expect(add).toHaveBeenCalledTimes(2);
    add.mockRestore();
    for (const resolve of store) resolve();
  });
});
