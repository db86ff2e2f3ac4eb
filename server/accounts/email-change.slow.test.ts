/** Changing an address and taking it back, also when a thief does it. */
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

const DAY_MS = 86_400_000;

describe.each(ENGINES)("changing an address on $name", (engine) => {
  const service = useService(engine);
  let addresses = 0;
  const anAddress = () => {
    addresses += 1;
    return `address${addresses}@example.org`;
  };
  const confirm = (link: string, session: string) =>
    service.mutate("email.confirmChange", { token: link }, session);
  const takeBack = (token: string) => service.mutate("email.takeBack", { token });
  const logIn = (email: string, password = PASSWORD) =>
    service.token({ grant_type: "password", username: email, password });
  /** Changes the address of a user who is logged in. @returns the link in the mail to the old one */
  const change = async (person: { email: string; token: string; password: string }, to: string) => {
    done(await confirm(await askForChange(service, person, to), person.token));
    const notice = await service.mailTo(person.email);
    return { notice, link: linksOf(notice)[0]?.token };
  };

  test("asks for the password, and counts wrong ones as guesses", async () => {
    const { email, token } = await provedPerson(service);
    const newEmail = anAddress();
    const wrong = () =>
      service.mutate("email.change", { newEmail, password: "wrong password" }, token);
    expect(await wrong()).toMatchObject({
      json: {
        error: { data: { reason: "wrong_password", fields: { password: { code: "incorrect" } } } },
      },
    });
    for (let i = 0; i < 4; i += 1) expect(reasonOf(await wrong())).toBe("wrong_password");
    expect(reasonOf(await wrong())).toBe("too_many_attempts");
    // The counter is that of logins.
    expect((await logIn(email)).status).toBe(429);
    expect(service.mails.filter(({ to }) => to === newEmail)).toEqual([]);
  });

  test("an address of somebody is refused, when it is asked for and when it is used", async () => {
    const [one, other] = [await provedPerson(service), await provedPerson(service)];
    const taken = { newEmail: other.email, password: PASSWORD };
    expect(reasonOf(await service.mutate("email.change", taken, one.token))).toBe("email_taken");
    const newEmail = anAddress();
    const link = await askForChange(service, one, newEmail);
    done(await service.mutate("register", { email: newEmail, password: PASSWORD }));
    expect(reasonOf(await confirm(link, one.token))).toBe("email_taken");
    expect(done(await service.query("me", one.token))).toMatchObject({ email: one.email });
  });

  test("the owner of a mailbox does not vouch for the account of a stranger", async () => {
    const [stranger, owner] = [await provedPerson(service), await provedPerson(service)];
    const newEmail = anAddress();
    const link = await askForChange(service, stranger, newEmail);
    expect(reasonOf(await service.mutate("email.confirmChange", { token: link }))).toBe(
      "not_logged_in",
    );
    expect(reasonOf(await confirm(link, owner.token))).toBe("other_account");
    expect(done(await service.query("me", stranger.token))).toMatchObject({
      email: stranger.email,
    });
    done(await confirm(link, stranger.token));
  });

  test("a link is used up, also if the address has been changed back since", async () => {
    const person = await provedPerson(service);
    const there = anAddress();
    const link = await askForChange(service, person, there);
    done(await confirm(link, person.token));
    const wish = { newEmail: person.email, password: PASSWORD };
    done(await service.mutate("email.change", wish, person.token));
    // The old address also gets a link to take the change back.
    const isBack = ({ to, kind }: { to: string; kind: string }) =>
      to === person.email && kind === "change";
    await expect.poll(() => service.mails.some(isBack)).toBe(true);
    const back = service.mails.find(isBack) ?? expect.unreachable();
    done(await confirm(linksOf(back)[0]?.token ?? "", person.token));
    expect(reasonOf(await confirm(link, person.token))).toBe("link_expired");
    expect(done(await service.query("me", person.token))).toMatchObject({ email: person.email });
  });

  test("who knows one password cannot ask about any number of addresses", async () => {
    const [one, other] = [await provedPerson(service), await provedPerson(service)];
    const ask = () =>
      service.mutate("email.change", { newEmail: other.email, password: PASSWORD }, one.token);
    // The owner of the other address has got one mail by now.
    for (let i = 0; i < 2; i += 1) expect(reasonOf(await ask())).toBe("email_taken");
    expect(reasonOf(await ask())).toBe("too_many_attempts");
  });

  test("of links to one address in the mails of several accounts, one wins", async () => {
    const people = [await provedPerson(service), await provedPerson(service)];
    const newEmail = anAddress();
    const links: string[] = [];
    for (const person of people) links.push(await askForChange(service, person, newEmail));
    const answers = await Promise.all(people.map(({ token }, i) => confirm(links[i] ?? "", token)));
    expect(answers.map(reasonOf).sort()).toEqual(["email_taken", undefined]);
  });

  test("of fifty uses of a link at once, one succeeds: to change and to take back", async () => {
    const person = await provedPerson(service);
    const link = await askForChange(service, person, anAddress());
    const changes = await Promise.all(
      Array.from({ length: 50 }, () => confirm(link, person.token)),
    );
    expect(changes.filter(({ status }) => status === 200)).toHaveLength(1);
    const back = await service.linkTo(person.email);
    const undone = await Promise.all(Array.from({ length: 50 }, () => takeBack(back)));
    expect(undone.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(undone.filter((answer) => reasonOf(answer) === "link_expired")).toHaveLength(49);
  });

  test("the links to the old address die with it, and a change of the password voids the others", async () => {
    const person = await provedPerson(service);
    const resetLink = await askForReset(service, person.email);
    const [link, second] = [
      await askForChange(service, person, anAddress()),
      await askForChange(service, person, anAddress()),
    ];
    done(await confirm(link, person.token));
    const reset = { token: resetLink, newPassword: NEW_PASSWORD };
    expect(reasonOf(await service.mutate("password.reset", reset))).toBe("link_expired");
    expect(reasonOf(await confirm(second, person.token))).toBe("link_expired");

    const other = await provedPerson(service);
    const waiting = await askForChange(service, other, anAddress());
    const passwords = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
    done(await service.mutate("changePassword", passwords, other.token));
    expect(reasonOf(await confirm(waiting, other.token))).toBe("link_expired");
  });

  test("a link works for an hour, and the one to take back for 7 days", async () => {
    const person = await provedPerson(service);
    const late = await askForChange(service, person, anAddress());
    service.ahead += DAY_MS / 24;
    expect(reasonOf(await confirm(late, await service.login(person)))).toBe("link_expired");
    service.ahead -= DAY_MS / 24;
    done(await confirm(late, person.token));
    const back = await service.linkTo(person.email);
    service.ahead += 7 * DAY_MS;
    expect(reasonOf(await takeBack(back))).toBe("link_expired");
    service.ahead -= DAY_MS / 24;
    done(await takeBack(back));
    service.ahead -= 7 * DAY_MS - DAY_MS / 24;
  });

  test("taking back ends the sessions and the password of the thief, whatever the thief did since", async () => {
    const owner = await provedPerson(service);
    const theirs = anAddress();
    const { link = "" } = await change(owner, theirs);
    const passwords = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
    done(await service.mutate("changePassword", passwords, owner.token));
    expect((await service.mailTo(theirs)).kind).toBe("password_changed");
    const resetLink = await askForReset(service, theirs);
    expect(done(await takeBack(link))).toEqual({ email: owner.email });
    expect(reasonOf(await service.query("me", owner.token))).toBe("invalid_token");
    for (const login of [owner.email, theirs])
      for (const password of [PASSWORD, NEW_PASSWORD])
        expect((await logIn(login, password)).status).toBe(400);
    const reset = { token: resetLink, newPassword: PASSWORD };
    expect(reasonOf(await service.mutate("password.reset", reset))).toBe("link_expired");
    expect(await service.tegata.db.users.find(owner.id)).toMatchObject({ email: owner.email });
  });

  test("a thief who changes the address twice cannot keep the account, nor get it back later", async () => {
    const owner = await provedPerson(service);
    const [first, second] = [anAddress(), anAddress()];
    const { link = "" } = await change(owner, first);
    const { notice, link: thiefs } = await change({ ...owner, email: first }, second);
    expect(notice.kind).toBe("changed_again");
    expect(thiefs).toBeUndefined();
    expect(done(await takeBack(link))).toEqual({ email: owner.email });

    // The owner goes on, and changes the address, too.
    const reset = { token: await askForReset(service, owner.email), newPassword: NEW_PASSWORD };
    done(await service.mutate("password.reset", reset));
    await service.mailTo(owner.email);
    const password = NEW_PASSWORD;
    const token = await service.login({ email: owner.email, password });
    const moved = await change({ email: owner.email, token, password }, anAddress());
    expect(moved.notice.kind).toBe("changed");
    done(await takeBack(moved.link ?? ""));
  });

  test("after 7 days, the new address is the one that can take back", async () => {
    const person = await provedPerson(service);
    const [first, second] = [anAddress(), anAddress()];
    await change(person, first);
    service.ahead += 7 * DAY_MS;
    const token = await service.login({ email: first, password: PASSWORD });
    const { link = "" } = await change({ ...person, email: first, token }, second);
    expect(done(await takeBack(link))).toEqual({ email: first });
    service.ahead -= 7 * DAY_MS;
  });

  test("an address that was never proved is not told: it may be a stranger's", async () => {
    const person = await service.person();
    const token = await service.login(person);
    done(await confirm(await askForChange(service, { ...person, token }, anAddress()), token));
    await askForReset(service, (await service.person()).email);
    expect(service.mails.filter(({ to }) => to === person.email)).toEqual([]);
    expect(done(await service.query("me", token))).toMatchObject({ emailVerified: true });
  });

  test("an address that somebody else has taken since can be had after a reset of their password", async () => {
    const person = await provedPerson(service);
    const { link = "" } = await change(person, anAddress());
    done(await service.mutate("register", { email: person.email, password: PASSWORD }));
    expect(reasonOf(await takeBack(link))).toBe("email_taken");
    const reset = { token: await askForReset(service, person.email), newPassword: NEW_PASSWORD };
    done(await service.mutate("password.reset", reset));
    const token = await service.login({ email: person.email, password: NEW_PASSWORD });
    done(await service.mutate("deleteAccount", { password: NEW_PASSWORD }, token));
    expect(done(await takeBack(link))).toEqual({ email: person.email });
  });

  test("the links of a disabled account do nothing", async () => {
    const person = await provedPerson(service);
    const { link = "" } = await change(person, anAddress());
    const waiting = await askForChange(service, { ...person }, anAddress());
    await service.tegata.db.users.setDisabled(person.id, true);
    expect(reasonOf(await takeBack(link))).toBe("link_expired");
    expect(reasonOf(await confirm(waiting, person.token))).toBe("inactive_user");
  });

  test("the audit log has it, without addresses", async () => {
    const person = await provedPerson(service);
    const { link = "" } = await change(person, anAddress());
    done(await takeBack(link));
    const events = await service.tegata.db.events.list({ userId: person.id }, { limit: 20 });
    expect(events.map(({ type }) => type)).toEqual([
      "sessions_ended",
      "email_taken_back",
      "email_changed",
      "email_verified",
      "logged_in",
      "registered",
    ]);
    expect(JSON.stringify(events)).not.toContain("@");
  });
});
