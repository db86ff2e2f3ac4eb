/** Asking for a link to set a new password: the answer tells nothing, and mails are limited. */
import { describe, expect, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { done, provedPerson, reasonOf } from "../../testing/mail-people.ts";
import { type HttpResponse, PASSWORD, useService } from "../../testing/service.ts";

const HOUR_MS = 3_600_000;
const [engine] = ENGINES;
if (!engine) throw new Error("no engine");

describe("a forgotten password", () => {
  const service = useService(engine);
  const forgot = (email: string) => service.mutate("password.forgot", { email });

  /** An answer without what differs in every one. */
  const told = ({ status, headers, text }: HttpResponse) => ({
    status,
    text,
    headers: [...headers].filter(([name]) => !/^(date|x-request-id)$/.test(name)),
  });

  test("the answers for known, unknown, unproved and disabled addresses are the same", async () => {
    const [known, unproved, disabled] = [
      await provedPerson(service),
      await service.person(),
      await service.person(),
    ];
    await service.tegata.db.users.setDisabled(disabled.id, true);
    const [first, ...others] = [
      await forgot(known.email),
      await forgot(unproved.email),
      await forgot(disabled.email),
      await forgot("nobody@example.com"),
    ].map(told);
    expect(first).toMatchObject({ status: 200, text: '{"result":{"data":true}}' });
    for (const other of others) expect(other).toEqual(first);
    const kinds = [await service.mailTo(known.email), await service.mailTo(unproved.email)];
    expect(kinds.map(({ kind }) => kind)).toEqual(["reset", "reset"]);
    expect(service.mails.filter(({ to }) => /nobody/.test(to) || to === disabled.email)).toEqual(
      [],
    );
  });

  test("no statement about the account runs before the answer", async () => {
    const { email } = await service.person();
    const { users } = service.tegata.db;
    const { findByEmail } = users;
    let asked = 0;
    users.findByEmail = async (address) => {
      asked += 1;
      return findByEmail(address);
    };
    try {
      const before = asked;
      // What runs before the response is written has run when the procedure resolves.
      const { requestReset } = await import("./password-reset.ts");
      const requester = {
        address: "192.0.2.1",
        requestId: "r",
        userAgent: undefined,
        language: "en",
        gone: new AbortController().signal,
      } as const;
      expect(await requestReset(service.tegata, email, requester)).toEqual({ is: "accepted" });
      expect(asked).toBe(before);
      await service.mailTo(email);
      expect(asked).toBe(before + 1);
    } finally {
      users.findByEmail = findByEmail;
    }
  });

  test.each(["known", "unknown"])(
    "%s: three mails at once, then three in an hour",
    async (which) => {
      const email = which === "known" ? (await service.person()).email : `un${which}@example.com`;
      for (let i = 0; i < 3; i += 1) done(await forgot(email));
      const answer = await forgot(email.toUpperCase());
      expect(reasonOf(answer)).toBe("too_many_attempts");
      const seconds = Number(answer.headers.get("retry-after"));
      expect(seconds).toBeGreaterThan(1100);
      expect(seconds).toBeLessThanOrEqual(1200);
      service.ahead += HOUR_MS / 3;
      done(await forgot(email));
      expect(reasonOf(await forgot(email))).toBe("too_many_attempts");
    },
  );

  test("mails to prove and to change an address count with them", async () => {
    const { email, token } = await provedPerson(service);
    const newEmail = `x.${email}`;
    for (let i = 0; i < 3; i += 1) done(await forgot(newEmail));
    const change = { newEmail, password: PASSWORD };
    expect(reasonOf(await service.mutate("email.change", change, token))).toBe("too_many_attempts");
    const other = await service.person();
    const unproved = await service.login(other);
    const send = () => service.mutate("email.sendVerification", undefined, unproved);
    for (let i = 0; i < 3; i += 1) done(await send());
    expect(reasonOf(await send())).toBe("too_many_attempts");
  });

  test.each(["", "x", "a@b\r\nBcc: eve@example.com", "a@b.c, d@e.f", "ada"])(
    "%j is no address",
    async (email) => expect(reasonOf(await forgot(email))).toBe("invalid_input"),
  );
});

describe("the limit of one network address", () => {
  const service = useService(engine, { REGISTRATIONS_PER_ADDRESS: "2" });
  test("counts mails to any receivers", async () => {
    for (let i = 0; i < 2; i += 1)
      done(await service.mutate("password.forgot", { email: `p${i}@example.com` }));
    expect(reasonOf(await service.mutate("password.forgot", { email: "p3@example.com" }))).toBe(
      "too_many_attempts",
    );
  });
});

describe("production without MAIL_URL", () => {
  const service = useService(engine, {
    NODE_ENV: "production",
    BCRYPT_COST: "10",
    EMAIL_VERIFICATION: "ask",
  });
  test("sends no mail, and says so", async () => {
    const person = await service.person();
    const token = await service.login(person);
    const calls = [
      service.mutate("password.forgot", { email: person.email }),
      service.mutate("email.sendVerification", undefined, token),
      service.mutate("email.change", { newEmail: "a@example.com", password: PASSWORD }, token),
    ];
    for (const answer of await Promise.all(calls)) {
      expect(answer.status).toBe(404);
      expect(reasonOf(answer)).toBe("no_mail");
    }
    expect(service.tegata.mail.name).toMatch(/^off: set MAIL_URL/);
    const me = await service.query("me", token);
    expect(done(me)).toMatchObject({ emailVerified: false });
  });
});
