/** Proving an address: whose link counts, and accounts that must prove theirs before they log in. */
import { describe, expect, test } from "vitest";
import { reasonOf as clientReasonOf, createTegata, memoryStore } from "../../client/index.ts";
import { ENGINES } from "../../testing/engines.ts";
import { done, provedPerson, reasonOf } from "../../testing/mail-people.ts";
import { linksOf, PASSWORD, useService } from "../../testing/service.ts";

const DAY_MS = 86_400_000;

describe.each(ENGINES)("proving an address on $name", (engine) => {
  const service = useService(engine);
  const visitor = async () => {
    const person = await service.person();
    const token = await service.login(person);
    done(await service.mutate("email.sendVerification", undefined, token));
    return { ...person, token, link: await service.linkTo(person.email) };
  };
  const verify = (link: string, token?: string) =>
    service.mutate("email.verify", { token: link }, token);

  test("a link counts in the session of its own account only", async () => {
    // The squatter has made an account with the address of a victim, who has one of their own and follows the link.
    const [squatter, victim] = [await visitor(), await visitor()];
    expect(await verify(squatter.link, victim.token)).toMatchObject({
      status: 403,
      json: { error: { data: { reason: "other_account" } } },
    });
    expect(reasonOf(await verify(squatter.link))).toBe("not_logged_in");
    for (const { token } of [squatter, victim])
      expect(done(await service.query("me", token))).toMatchObject({ emailVerified: false });
    done(await verify(squatter.link, squatter.token));
  });

  test("of fifty uses of a link at once, one succeeds", async () => {
    const { link, token } = await visitor();
    const answers = await Promise.all(Array.from({ length: 50 }, () => verify(link, token)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter((answer) => reasonOf(answer) === "link_expired")).toHaveLength(49);
  });

  test("a link works for a day, and after a change of the password", async () => {
    const { email, link, token } = await visitor();
    const newPassword = "another horse battery";
    const change = { currentPassword: PASSWORD, newPassword };
    done(await service.mutate("changePassword", change, token));
    service.ahead += DAY_MS;
    const later = await service.login({ email, password: newPassword });
    expect(reasonOf(await verify(link, later))).toBe("link_expired");
    service.ahead -= DAY_MS;
    done(await verify(link, token));
  });

  test("with the password, no session is needed; a wrong one counts as a guess", async () => {
    const { email, token, link } = await visitor();
    const prove = (password: string) =>
      service.mutate("email.verifyWithPassword", { token: link, password });
    for (let i = 0; i < 5; i += 1) expect(reasonOf(await prove("wrong"))).toBe("wrong_password");
    expect(reasonOf(await prove(PASSWORD))).toBe("too_many_attempts");
    service.ahead += 60_000;
    expect(done(await prove(PASSWORD))).toBe(true);
    expect(done(await service.query("me", token))).toMatchObject({ email, emailVerified: true });
    expect(reasonOf(await prove(PASSWORD))).toBe("link_expired");
    service.ahead -= 60_000;
  });

  test("an address that is proved gets no mail, and a link of another kind proves nothing", async () => {
    const { email, token } = await provedPerson(service);
    expect(done(await service.mutate("email.sendVerification", undefined, token))).toBe(true);
    done(await service.mutate("password.forgot", { email }));
    const mail = await service.mailTo(email);
    expect(mail.kind).toBe("reset");
    const other = await visitor();
    done(await service.mutate("password.forgot", { email: other.email }));
    expect(reasonOf(await verify(await service.linkTo(other.email), other.token))).toBe(
      "link_expired",
    );
  });

  test("deleting works once, ends everything, and keeps the events without the address", async () => {
    const { id, email, token } = await visitor();
    const remove = (password: string) => service.mutate("deleteAccount", { password }, token);
    expect(reasonOf(await remove("wrong password"))).toBe("wrong_password");
    const answers = await Promise.all([remove(PASSWORD), remove(PASSWORD), remove(PASSWORD)]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const { db } = service.tegata;
    expect(await db.sessions.list(id, 0)).toEqual([]);
    expect(await db.items.list(id, { after: 0, limit: 10 })).toEqual([]);
    const events = await db.events.list({ userId: id }, { limit: 50 });
    expect(events[0]?.type).toBe("account_deleted");
    expect(JSON.stringify(events)).not.toContain(email);
    // The address is free, and the new account has another number: it does not see the old one's events.
    const again = done(await service.mutate("register", { email, password: PASSWORD }));
    expect((again as { id: number }).id).toBeGreaterThan(id);
  });

  test("an export has no secret", async () => {
    const { id, token, link } = await visitor();
    const text = JSON.stringify(done(await service.query("exportData", token)));
    const user = await service.tegata.db.users.find(id);
    for (const secret of [user?.passwordHash ?? "", "passwordHash", PASSWORD, token, link])
      expect(text).not.toContain(secret);
    const rest = await service.request("GET", "/api/users/me/data", {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(rest).toMatchObject({ status: 200, json: { account: { id } } });
  });
});

describe.each(ENGINES)("EMAIL_VERIFICATION=required on $name", (engine) => {
  const service = useService(engine, { EMAIL_VERIFICATION: "required" });
  const logIn = (email: string, password = PASSWORD) =>
    service.token({ grant_type: "password", username: email, password });

  test("an account logs in after its address is proved with the link and the password", async () => {
    const { email } = await service.person();
    const link = await service.linkTo(email);
    expect(await logIn(email)).toMatchObject({
      status: 400,
      json: { error: "invalid_grant", reason: "email_unverified" },
    });
    const client = createTegata({ url: service.url, store: memoryStore() });
    const refused = await client.login(email, PASSWORD).catch((error: unknown) => error);
    expect(clientReasonOf(refused)).toBe("email_unverified");
    const asB = await service.post("/api/token", { username: email, password: PASSWORD });
    expect(asB).toMatchObject({ status: 401, json: { detail: "email address not confirmed" } });

    await client.api.email.verifyWithPassword.mutate({ token: link, password: PASSWORD });
    await client.login(email, PASSWORD);
    expect(await client.api.me.query()).toMatchObject({ email, emailVerified: true });
  });

  test("only who knows the password learns that the address is not proved", async () => {
    const { email } = await service.person();
    const [wrong, unknown] = [
      await logIn(email, "wrong password"),
      await logIn("nobody@example.com", "wrong password"),
    ];
    expect(wrong.text).toBe(unknown.text);
    expect(wrong.text).not.toContain("email_unverified");
  });

  test("a login with the right password sends the link again, three times an hour", async () => {
    const { email } = await service.person();
    await service.mailTo(email);
    for (let i = 0; i < 4; i += 1) expect((await logIn(email)).status).toBe(400);
    const [second, third] = [await service.mailTo(email), await service.mailTo(email)];
    expect(linksOf(second)[0]?.page).toBe("verify");
    const answer = await service.mutate("email.verifyWithPassword", {
      token: linksOf(third)[0]?.token,
      password: PASSWORD,
    });
    expect(done(answer)).toBe(true);
    expect(service.mails.filter(({ to }) => to === email)).toEqual([]);
    expect((await logIn(email)).status).toBe(200);
  });

  test("a new password that was set with a link proves the address, too", async () => {
    const { email } = await service.person();
    await service.mailTo(email);
    done(await service.mutate("password.forgot", { email }));
    const newPassword = "another horse battery";
    done(
      await service.mutate("password.reset", { token: await service.linkTo(email), newPassword }),
    );
    expect((await logIn(email, newPassword)).status).toBe(200);
  });
});
