/** A login on the page follows the rules of every login, and is recorded like one. */
import { describe, expect, test } from "vitest";
import { ENGINES } from "../../../testing/engines.ts";
import { PASSWORD, useService } from "../../../testing/service.ts";
import { dataOf, Visitor } from "../../../testing/visitor.ts";

const [engine = expect.unreachable()] = ENGINES;

describe("a login on the page", () => {
  const service = useService(engine);

  test("is in the audit log, and so is how it ended", async () => {
    const person = await service.person();
    const visitor = new Visitor(service);
    await visitor.password({ ...person, password: "wrong" });
    await visitor.logIn(person);
    await visitor.logIn(person);
    await visitor.leave();
    const token = await service.login(person);
    const { events } = dataOf<{ events: { type: string; detail: string | null }[] }>(
      await service.query("events.list", token),
    );
    expect(events.map(({ type, detail }) => [type, detail])).toEqual([
      ["logged_in", null],
      ["session_ended", "logged_out"],
      ["session_ended", "logged_in_again"],
      ["logged_in", null],
      ["logged_in", null],
      ["login_failed", "wrong_password"],
      ["registered", null],
    ]);
  });

  test("says in every session that it opens when and how it was proved who the user is", async () => {
    const person = await service.person();
    const visitor = new Visitor(service);
    service.stoppedAt = Date.now();
    await visitor.logIn(person);
    const proof = { amr: "pwd", authTimeMs: service.stoppedAt };
    service.stoppedAt += 60_000;
    await visitor.open();
    const { db, now } = service.tegata;
    const [browser] = await db.sessions.list(person.id, now());
    expect(browser).toMatchObject({ ...proof, browser: true, parentId: null, scope: "" });
    const of = { userId: person.id, clientId: "tegata", parentId: browser?.id ?? "" };
    const [child] = await db.sessions.listSurplus(of, 0, now());
    expect(await db.sessions.find(child ?? "")).toMatchObject({
      session: { ...proof, browser: false, parentId: browser?.id, createdAtMs: now() },
    });
    service.stoppedAt = undefined;
  });

  test("finds the session of a client's login of no use as a browser's", async () => {
    const person = await service.person();
    await service.login(person);
    const { db, tickets, now } = service.tegata;
    const [session] = await db.sessions.list(person.id, now());
    const purpose = { name: "browser session", data: expect.anything() };
    const visitor = new Visitor(service);
    const sealed = tickets.seal(
      purpose,
      { sessionId: session?.id, authTimeMs: session?.authTimeMs, isKept: false },
      now() + 60_000,
    );
    visitor.cookie = `__Host-tegata=${sealed}`;
    expect(await visitor.show()).toMatchObject({ is: "log_in" });
  });
});

describe("with PASSWORD_GRANT=off", () => {
  const service = useService(engine, { PASSWORD_GRANT: "off" });

  test("the page still logs in, and its tokens are refreshed", async () => {
    const person = await service.person();
    expect(
      await service.token({ grant_type: "password", username: person.email, password: PASSWORD }),
    ).toMatchObject({ status: 400, json: { error: "unsupported_grant_type" } });
    const visitor = new Visitor(service);
    await visitor.logIn(person);
    const { refreshToken } = await visitor.open();
    const { access_token } = service.issued(await service.refresh(refreshToken));
    expect(await service.query("me", access_token)).toMatchObject({ status: 200 });
  });
});

describe("with EMAIL_VERIFICATION=required", () => {
  const service = useService(engine, { EMAIL_VERIFICATION: "required" });

  test("only the right password is told that the address must be confirmed, and gets a link", async () => {
    const person = await service.person();
    await service.mailTo(person.email);
    const visitor = new Visitor(service);
    expect(await visitor.password({ ...person, password: "wrong" })).toMatchObject({
      status: 400,
      json: { error: { data: { reason: "incorrect_login" } } },
    });
    expect(await visitor.password(person)).toMatchObject({
      status: 403,
      json: { error: { data: { reason: "email_unverified" } } },
    });
    expect(visitor.setCookie).toBe("");
    const token = await service.linkTo(person.email);
    const input = { token, password: person.password };
    expect(await service.mutate("email.verifyWithPassword", input)).toMatchObject({ status: 200 });
    expect(await visitor.logIn(person)).toMatchObject({ is: "logged_in" });
  });
});
