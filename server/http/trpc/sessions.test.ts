import { beforeAll, describe, expect, test } from "vitest";
import { ENGINES } from "../../../testing/engines.ts";
import { PASSWORD, type Tokens, useService } from "../../../testing/service.ts";

interface Listed {
  id: string;
  current: boolean;
  createdAtMs: number;
  lastUsedAtMs: number;
}
const refusal = (status: number, reason: string) => ({
  status,
  json: { error: { data: { reason } } },
});
const data = (value: unknown) => ({ status: 200, json: { result: { data: value } } });

describe.each(ENGINES)("the sessions of a user on $name", (engine) => {
  const service = useService(engine);
  let person: { email: string; password: string };
  beforeAll(async () => {
    person = await service.person();
  });
  const list = async (token: string) =>
    ((await service.query("sessions.list", token)).json as { result: { data: Listed[] } }).result
      .data;
  const alive = async ({ access_token }: Tokens) =>
    (await service.query("me", access_token)).status === 200;
  const refreshes = async ({ refresh_token }: Tokens) =>
    (await service.refresh(refresh_token)).status === 200;

  test("are listed with the most recently used first, and with no other fields", async () => {
    const somebody = await service.person();
    const login = { grant_type: "password", username: somebody.email, password: somebody.password };
    const phone = service.issued(await service.token(login, { "user-agent": "Phone/1.0" }));
    service.ahead = 5_000;
    const laptop = service.issued(await service.token(login, { "user-agent": "Laptop/2.0" }));
    const session = {
      id: expect.stringMatching(/^[\w-]{22}$/),
      clientId: "tegata",
      clientName: "Tegata",
      apps: [],
      createdAtMs: expect.any(Number),
      lastUsedAtMs: expect.any(Number),
    };
    expect(await list(laptop.access_token)).toEqual([
      { ...session, userAgent: "Laptop/2.0", current: true },
      { ...session, userAgent: "Phone/1.0", current: false },
    ]);
    service.ahead = 10_000;
    const { access_token } = service.issued(await service.refresh(phone.refresh_token));
    const [first] = await list(access_token);
    expect(first).toMatchObject({ userAgent: "Phone/1.0", current: true });
    expect((first?.lastUsedAtMs ?? 0) - (first?.createdAtMs ?? 0)).toBeGreaterThanOrEqual(9_000);
    service.ahead = 0;
  });

  test("a long user agent is truncated to 200 characters", async () => {
    const login = { grant_type: "password", username: person.email, password: person.password };
    const headers = { "user-agent": "\u00e9".repeat(5000) };
    const { access_token } = service.issued(await service.token(login, headers));
    const mine = (await list(access_token)).find(({ current }) => current);
    expect(mine).toMatchObject({ userAgent: "\u00e9".repeat(200) });
  });

  test("a session is ended by its id, and its tokens become invalid immediately", async () => {
    const [one, two] = [await service.tokens(person), await service.tokens(person)];
    const id = (await list(two.access_token)).find(({ current }) => current)?.id ?? "";
    expect(await service.mutate("sessions.revoke", { id }, one.access_token)).toMatchObject(
      data(true),
    );
    expect(await service.mutate("sessions.revoke", { id }, one.access_token)).toMatchObject(
      data(false),
    );
    expect(await alive(two)).toBe(false);
    expect(await refreshes(two)).toBe(false);
    expect(await alive(one)).toBe(true);
    expect((await list(one.access_token)).map((session) => session.id)).not.toContain(id);
  });

  test("a session of another user is not listed and cannot be ended", async () => {
    const [mine, theirs] = [
      await service.tokens(person),
      await service.tokens(await service.person()),
    ];
    const id = (await list(theirs.access_token))[0]?.id ?? "";
    expect(await service.mutate("sessions.revoke", { id }, mine.access_token)).toMatchObject(
      data(false),
    );
    expect(await alive(theirs)).toBe(true);
    expect((await list(mine.access_token)).map((session) => session.id)).not.toContain(id);
  });

  test("revokeOthers ends all sessions except the current one", async () => {
    const somebody = await service.person();
    const [one, two, three] = [
      await service.tokens(somebody),
      await service.tokens(somebody),
      await service.tokens(somebody),
    ];
    expect(
      await service.mutate("sessions.revokeOthers", undefined, two.access_token),
    ).toMatchObject(data(2));
    expect([await alive(one), await alive(two), await alive(three)]).toEqual([false, true, false]);
    expect(
      await service.mutate("sessions.revokeOthers", undefined, two.access_token),
    ).toMatchObject(data(0));
  });

  test("logging out ends the current session", async () => {
    const tokens = await service.tokens(person);
    expect(await service.mutate("logout", undefined, tokens.access_token)).toMatchObject(
      data(true),
    );
    expect(await alive(tokens)).toBe(false);
    expect(await refreshes(tokens)).toBe(false);
  });

  test.each(["sessions.revokeOthers", "sessions.revoke", "changePassword", "logout"])(
    "%s requires a login",
    async (name) => {
      expect(await service.mutate(name, { id: "x" })).toMatchObject(refusal(401, "not_logged_in"));
      expect(await service.query("sessions.list")).toMatchObject(refusal(401, "not_logged_in"));
    },
  );

  test.each([
    ["no input", undefined, "input"],
    ["an id that is a list", { id: ["x"] }, "id"],
    ["an id that is too long", { id: "x".repeat(23) }, "id"],
    ["a user id", { id: "x", userId: 1 }, "userId"],
  ])("sessions.revoke with %s is rejected and names the field", async (_, input, field) => {
    const answer = await service.mutate("sessions.revoke", input, await service.login(person));
    expect(answer).toMatchObject(refusal(400, "invalid_input"));
    expect(answer.json).toMatchObject({
      error: { data: { fields: { [field]: { code: expect.any(String) } } } },
    });
  });

  describe("changing the password", () => {
    const NEXT = "another horse battery";
    const change = (token: string, currentPassword: string, newPassword = NEXT) =>
      service.mutate("changePassword", { currentPassword, newPassword }, token);

    test("requires the current password, takes effect immediately and ends the other sessions", async () => {
      const somebody = await service.person();
      service.secret(NEXT);
      const [here, there] = [await service.tokens(somebody), await service.tokens(somebody)];
      const wrong = await change(here.access_token, "wrong password");
      expect(wrong).toMatchObject(refusal(400, "wrong_password"));
      expect(wrong.json).toMatchObject({
        error: {
          data: { fields: { currentPassword: { code: "incorrect", message: "is incorrect" } } },
        },
      });
      expect(await alive(there)).toBe(true);

      expect(await change(here.access_token, PASSWORD)).toMatchObject(data(true));
      expect([await alive(here), await alive(there), await refreshes(there)]).toEqual([
        true,
        false,
        false,
      ]);
      expect(await refreshes(here)).toBe(true);
      const login = (password: string) => service.token({ username: somebody.email, password });
      expect(await login(PASSWORD)).toMatchObject({
        status: 400,
        json: { error: "invalid_grant" },
      });
      expect(await login(NEXT)).toMatchObject({ status: 200 });
    });

    test("to a weak password is rejected and changes nothing", async () => {
      const somebody = await service.person();
      const [here, there] = [await service.tokens(somebody), await service.tokens(somebody)];
      for (const weak of ["short", "x".repeat(73), "nul\0nul\0nul"]) {
        const answer = await change(here.access_token, PASSWORD, weak);
        expect(answer).toMatchObject(refusal(400, "weak_password"));
        expect(answer.json).toMatchObject({
          error: {
            data: { fields: { newPassword: { message: expect.stringMatching(/^must /) } } },
          },
        });
      }
      expect(await alive(there)).toBe(true);
      expect(await service.tokens(somebody)).toBeDefined();
    });

    test("twice at the same time succeeds only once", async () => {
      const somebody = await service.person();
      const token = await service.login(somebody);
      const answers = await Promise.all(
        ["one horse battery", "two horse battery"].map((next) =>
          change(token, PASSWORD, service.secret(next)),
        ),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 400]);
    });

    test("rejects a login with the old password that is in progress", async () => {
      const somebody = await service.person();
      const token = await service.login(somebody);
      const { db, passwords } = service.tegata;
      // The password changes after the login has verified the old one and before it opens its session.
      const { addForUser } = db.sessions;
      db.sessions.addForUser = async (session, hash) => {
        db.sessions.addForUser = addForUser;
        const hashed = await passwords.hash(NEXT);
        const user = await db.users.findByEmail(somebody.email);
        if (hashed.is === "hashed") await db.users.replaceHash(user?.id ?? 0, hash, hashed.hash);
        return addForUser(session, hash);
      };
      expect(await service.token({ username: somebody.email, password: PASSWORD })).toMatchObject({
        status: 400,
        json: { error: "invalid_grant" },
      });
      expect(await alive({ access_token: token } as Tokens)).toBe(true);
    });
  });
});
