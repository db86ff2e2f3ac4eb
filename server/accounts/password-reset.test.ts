/** Links to set a new password: who gets one, what voids it, and what it ends. */
import { describe, expect, test, vi } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { askForReset, done, provedPerson, reasonOf } from "../../testing/mail-people.ts";
import { NEW_PASSWORD, PASSWORD, useService } from "../../testing/service.ts";

const HOUR_MS = 3_600_000;

describe.each(ENGINES)("setting a new password on $name", (engine) => {
  const service = useService(engine);
  const reset = (token: string, newPassword = NEW_PASSWORD) =>
    service.mutate("password.reset", { token, newPassword: service.secret(newPassword) });
  const logIn = (email: string, password: string) =>
    service.token({ grant_type: "password", username: email, password });
  const eventsOf = async (userId: number) =>
    (await service.tegata.db.events.list({ userId }, { limit: 20 })).map(({ type }) => type);

  test("of fifty requests with one link at once, one succeeds", async () => {
    const { id, email } = await service.person();
    const token = await askForReset(service, email);
    // All have found the link to be good before the first of them changes anything.
    const { passwords } = service.tegata;
    const { hash } = passwords;
    let arrived = 0;
    let open = () => {};
    const all = new Promise<void>((resolve) => {
      open = resolve;
    });
    passwords.hash = async (...args) => {
      arrived += 1;
      if (arrived === 50) open();
      await all;
      return hash(...args);
    };
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => reset(token, `${NEW_PASSWORD} ${i}`)),
    );
    passwords.hash = hash;
    const reasons = answers.map(reasonOf);
    expect(reasons.filter((reason) => reason === undefined)).toHaveLength(1);
    expect(reasons.filter((reason) => reason === "link_expired").length).toBe(49);
    const winner = reasons.indexOf(undefined);
    const logins = await Promise.all(
      [winner, (winner + 1) % 50].map((i) => logIn(email, `${NEW_PASSWORD} ${i}`)),
    );
    expect(logins.map(({ status }) => status)).toEqual([200, 400]);
    expect((await eventsOf(id)).filter((type) => type === "password_reset")).toHaveLength(1);
  });

  test("a password that is not accepted costs nothing", async () => {
    const person = await provedPerson(service);
    const token = await askForReset(service, person.email);
    for (const weak of ["short", "password1234", "x".repeat(73), person.email])
      expect(await reset(token, weak)).toMatchObject({
        json: { error: { data: { reason: "weak_password", fields: { newPassword: {} } } } },
      });
    expect(reasonOf(await service.query("me", person.token))).toBeUndefined();
    done(await reset(token));
  });

  test("every change of the password voids all links", async () => {
    const person = await provedPerson(service);
    const links = [
      await askForReset(service, person.email),
      await askForReset(service, person.email),
    ];
    const change = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
    done(await service.mutate("changePassword", change, person.token));
    for (const link of links) expect(reasonOf(await reset(link, PASSWORD))).toBe("link_expired");
    expect((await logIn(person.email, NEW_PASSWORD)).status).toBe(200);
  });

  test("a link works for 30 minutes, and not for another account", async () => {
    const { email } = await service.person();
    const token = await askForReset(service, email);
    service.ahead += HOUR_MS / 2 - 5000;
    expect(reasonOf(await reset(token, "short"))).toBe("weak_password");
    service.ahead += 5000;
    expect(reasonOf(await reset(token))).toBe("link_expired");
    service.ahead -= HOUR_MS / 2;
    done(await reset(token));
  });

  test("all sessions end, and their refresh tokens", async () => {
    const person = await service.person();
    const [one, two] = [await service.tokens(person), await service.tokens(person)];
    done(await reset(await askForReset(service, person.email)));
    for (const { access_token, refresh_token } of [one, two]) {
      expect(reasonOf(await service.query("me", access_token))).toBe("invalid_token");
      expect((await service.refresh(refresh_token)).status).toBe(400);
    }
  });

  test("whoever made an account with the address of another loses it to the owner", async () => {
    // The squatter is logged in, has proved nothing, and has a link to an address of their own.
    const squatted = await service.person();
    const squatter = await service.tokens(squatted);
    const theirs = `squatter.${squatted.email}`;
    const change = { newEmail: theirs, password: PASSWORD };
    done(await service.mutate("email.change", change, squatter.access_token));
    const changeLink = await service.linkTo(theirs);

    done(await reset(await askForReset(service, squatted.email)));
    const confirmed = { token: changeLink };
    expect(
      reasonOf(await service.mutate("email.confirmChange", confirmed, squatter.access_token)),
    ).toBe("invalid_token");
    const theirOwn = await service.login({ email: squatted.email, password: NEW_PASSWORD });
    expect(reasonOf(await service.mutate("email.confirmChange", confirmed, theirOwn))).toBe(
      "link_expired",
    );
    expect((await service.refresh(squatter.refresh_token)).status).toBe(400);
    expect((await logIn(squatted.email, PASSWORD)).status).toBe(400);
    const token = await service.login({ email: squatted.email, password: NEW_PASSWORD });
    expect(done(await service.query("me", token))).toMatchObject({ emailVerified: true });
  });

  test("a disabled account gets no mail, and its links do nothing", async () => {
    const { id, email } = await service.person();
    const token = await askForReset(service, email);
    await service.tegata.db.users.setDisabled(id, true);
    expect(reasonOf(await reset(token))).toBe("link_expired");
    done(await service.mutate("password.forgot", { email }));
    // The mails leave in turn: when the next one has left, this one would have, too.
    await askForReset(service, (await service.person()).email);
    expect(service.mails.filter(({ to }) => to === email)).toEqual([]);
    expect(await service.tegata.db.users.find(id)).toMatchObject({ disabled: true });
  });

  test("who has waited for the throttle after wrong passwords can log in with the new one", async () => {
    const username = `Wrong.${engine.name}`;
    const { email } = await service.person({ username });
    for (const name of [email, username]) {
      for (let i = 0; i < 5; i += 1) await logIn(name, `wrong password ${i}`);
      expect((await logIn(name, PASSWORD)).status).toBe(429);
    }
    done(await reset(await askForReset(service, email)));
    for (const name of [email, username])
      expect((await logIn(name, NEW_PASSWORD)).status).toBe(200);
  });

  test("links that do not work are no guesses of passwords", async () => {
    const guess = vi.spyOn(service.tegata.throttle, "countWrong");
    const { email } = await service.person();
    const token = await askForReset(service, email);
    service.ahead += HOUR_MS;
    for (const link of [token, `${token}x`])
      expect(reasonOf(await reset(link))).toBe("link_expired");
    service.ahead -= HOUR_MS;
    expect(guess).not.toHaveBeenCalled();
  });

  test("GET and HEAD change nothing: programs that read mails open every link", async () => {
    const { id, email } = await service.person();
    const token = await askForReset(service, email);
    const before = await service.tegata.db.users.find(id);
    const input = encodeURIComponent(JSON.stringify({ token, newPassword: NEW_PASSWORD }));
    for (const path of [
      `/reset?token=${token}`,
      `/verify?token=${token}`,
      `/trpc/password.reset?input=${input}`,
      `/api/password/reset?token=${token}&newPassword=${NEW_PASSWORD}`,
      `/api/email/confirm-change?token=${token}`,
      `/api/email/take-back?token=${token}`,
    ])
      for (const method of ["GET", "HEAD"]) await service.request(method, path);
    expect(await service.tegata.db.users.find(id)).toEqual(before);
    done(await reset(token));
  });

  test("a notice goes to the address, in the language of the request", async () => {
    const { email } = await service.person();
    const token = await askForReset(service, email);
    await service.request("POST", "/api/password/reset", {
      body: JSON.stringify({ token, newPassword: NEW_PASSWORD }),
      headers: { "content-type": "application/json", "accept-language": "fr, ja;q=0.9, en;q=0.5" },
    });
    const notice = await service.mailTo(email);
    expect(notice).toMatchObject({
      kind: "password_changed",
      subject: expect.stringMatching("変更"),
    });
    expect(notice.text).not.toContain("token");
  });
});
