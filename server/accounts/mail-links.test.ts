/** What the links in mails do, once each: prove an address, set a new password, change an address and take it back. */
import { describe, expect, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import {
  askForChange,
  askForReset,
  done,
  provedPerson,
  reasonOf,
} from "../../testing/mail-people.ts";
import { linksOf, NEW_PASSWORD, PASSWORD, useService } from "../../testing/service.ts";

describe.each(ENGINES)("links in mails on $name", (engine) => {
  const service = useService(engine, { EMAIL_VERIFICATION: "ask" });
  const me = async (token: string) => done(await service.query("me", token));

  const proved = () => provedPerson(service);

  test("an address is proved with the link that a new account gets", async () => {
    const person = await service.person();
    const mail = await service.mailTo(person.email);
    const [link] = linksOf(mail);
    expect(link?.page).toBe("verify");
    const token = await service.login(person);
    expect(await me(token)).toMatchObject({ emailVerified: false });
    done(await service.mutate("email.verify", { token: link?.token }, token));
    expect(await me(token)).toMatchObject({ emailVerified: true });
    expect(reasonOf(await service.mutate("email.verify", { token: link?.token }, token))).toBe(
      "link_expired",
    );
  });

  test("a forgotten password is replaced, and all sessions end", async () => {
    const { email, token } = await proved();
    const link = await askForReset(service, email);
    const reset = { token: link, newPassword: service.secret(NEW_PASSWORD) };
    expect(done(await service.mutate("password.reset", reset))).toBe(true);
    expect(reasonOf(await service.query("me", token))).toBe("invalid_token");
    expect(reasonOf(await service.mutate("password.reset", reset))).toBe("link_expired");
    await service.login({ email, password: NEW_PASSWORD });
    expect((await service.mailTo(email)).kind).toBe("password_changed");
  });

  test("an address is changed when the new one is proved, and taken back from the old one", async () => {
    const { email, token } = await proved();
    const newEmail = `new.${email}`;
    const change = await askForChange(service, { token, password: PASSWORD }, newEmail);
    expect(await me(token)).toMatchObject({ email });
    expect(done(await service.mutate("email.confirmChange", { token: change }, token))).toEqual({
      email: newEmail,
    });
    expect(await me(token)).toMatchObject({ email: newEmail, emailVerified: true });

    const takeBack = await service.linkTo(email);
    expect(done(await service.mutate("email.takeBack", { token: takeBack }))).toEqual({ email });
    expect(reasonOf(await service.query("me", token))).toBe("invalid_token");
    const old = await service.token({ username: email, password: PASSWORD });
    expect(old).toMatchObject({ status: 400, json: { error: "invalid_grant" } });
    const reset = { token: await askForReset(service, email), newPassword: NEW_PASSWORD };
    done(await service.mutate("password.reset", reset));
    await service.login({ email, password: NEW_PASSWORD });
  });

  test("an account is deleted with its sessions, and its data exported before", async () => {
    const { id, email, token } = await proved();
    expect(done(await service.query("exportData", token))).toMatchObject({
      account: { id, email },
      sessions: [{ clientId: "tegata" }],
      items: [{ title: "Foo" }],
      events: [{ type: "email_verified" }, { type: "logged_in" }, { type: "registered" }],
    });
    expect(
      reasonOf(await service.mutate("deleteAccount", { password: "wrong password" }, token)),
    ).toBe("wrong_password");
    done(await service.mutate("deleteAccount", { password: PASSWORD }, token));
    expect(reasonOf(await service.query("me", token))).toBe("invalid_token");
    expect(await service.tegata.db.users.find(id)).toBeUndefined();
  });
});
