import { describe, expect, test, vi } from "vitest";
import { doors, from, guess, WRONG } from "../../testing/doors.ts";
import { ENGINES } from "../../testing/engines.ts";
import { type HttpResponse, useService } from "../../testing/service.ts";

const [TOKEN = expect.unreachable()] = doors;

/** Everything in a response but what differs each time. */
const shape = ({ status, text, headers }: HttpResponse) => ({
  status,
  text,
  headers: [...headers].filter(([name]) => !["date", "x-request-id"].includes(name)),
});

describe.each(ENGINES)("throttled logins on $name", (engine) => {
  const service = useService(engine, { TRUST_PROXY: "1" });

  /** A person with tokens, and a stopped clock: nothing is forgotten by itself. */
  const someone = async (more: object = {}) => {
    service.stoppedAt = Date.now();
    const person = await service.person(more);
    const tokens = await service.tokens(person);
    return { ...person, name: person.email, tokens, token: tokens.access_token };
  };

  test.each(doors)(
    "$name: five wrong passwords, then 429 with Retry-After (security L3)",
    async (door) => {
      const person = await someone();
      const wrong = { ...person, password: WRONG };
      for (let i = 0; i < 5; i += 1)
        expect(await door.ask(service, wrong)).toMatchObject({ status: door.refused });
      for (const wait of [1, 2, 4]) {
        const answer = await door.ask(service, wrong);
        expect(answer).toMatchObject({ status: 429, json: door.throttled });
        expect(answer.headers.get("retry-after")).toBe(String(wait));
        expect(answer.headers.get("cache-control")).toBe("no-store");
        service.ahead += wait * 1000;
        expect(await door.ask(service, wrong)).toMatchObject({ status: door.refused });
      }
    },
  );

  test.each(doors)("$name: all doors share one counter (security L6)", async (door) => {
    const person = await someone();
    for (let i = 0; i < 5; i += 1) await door.ask(service, { ...person, password: WRONG });
    for (const other of doors)
      expect(await other.ask(service, { ...person, password: WRONG })).toMatchObject({
        status: 429,
      });
  });

  test("the right password meets the same 429, while tokens in hand live on (security L7)", async () => {
    const person = await someone();
    for (let i = 0; i < 5; i += 1) await guess(service, person.email);
    const wrong = await guess(service, person.email);
    const right = await TOKEN.ask(service, person);
    expect(shape(right)).toEqual(shape(wrong));
    expect(right).toMatchObject({ status: 429 });
    expect(await service.query("me", person.token)).toMatchObject({ status: 200 });
    expect(await service.refresh(person.tokens.refresh_token)).toMatchObject({ status: 200 });
    service.ahead += 1000;
    expect(await TOKEN.ask(service, person)).toMatchObject({ status: 200 });
    expect(await guess(service, person.email)).toMatchObject({ status: 400 });
  });

  test("every spelling of a name has the same counter (security L10)", async () => {
    await someone({ username: "Haruka" });
    const spellings = ["Haruka", "haruka", " HARUKA ", "ｈａｒｕｋａ", "HaRuKa"];
    for (const name of spellings)
      expect(await guess(service, name)).toMatchObject({
        status: 400,
      });
    for (const name of spellings)
      expect(await guess(service, name)).toMatchObject({
        status: 429,
      });
    const emails = [
      "who@example.com",
      "WHO@example.com",
      " who@EXAMPLE.com",
      "ｗｈｏ@example.com",
      "who＠example.com",
    ];
    for (const name of emails)
      expect(await guess(service, name)).toMatchObject({
        status: 400,
      });
    expect(await guess(service, "who@example.com")).toMatchObject({ status: 429 });
  });

  test("of 50 parallel guesses, five are evaluated (security L5)", async () => {
    const person = await someone();
    const verify = vi.spyOn(service.tegata.passwords, "verify");
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        TOKEN.ask(service, { ...person, password: i === 49 ? person.password : WRONG }),
      ),
    );
    expect(verify).toHaveBeenCalledTimes(5);
    verify.mockRestore();
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(45);
  });

  test("a login does not reset the counter of another account (security L8)", async () => {
    const [ada, eve] = [await someone(), await someone()];
    for (let i = 0; i < 5; i += 1) await guess(service, ada.email);
    expect(await TOKEN.ask(service, eve)).toMatchObject({ status: 200 });
    expect(await TOKEN.ask(service, ada)).toMatchObject({ status: 429 });
  });

  test("nor does the owner of an old username that differs by case alone (security L8)", async () => {
    const victim = await someone({ username: "rival" });
    const { passwordHash } =
      (await service.tegata.db.users.findByEmail(victim.email)) ?? expect.unreachable();
    const old = { username: "RIVAL", usernameKey: "@RIVAL", email: "old@example.com" };
    await service.tegata.db.users.add({ ...old, fullName: null, passwordHash, createdAtMs: 1 });
    const ask = (name: string, password: string) =>
      TOKEN.ask(service, { name, password, token: "" }, from("198.51.100.1"));
    for (let i = 0; i < 4; i += 1) await ask("rival", WRONG);
    expect(await ask("RIVAL", victim.password)).toMatchObject({ status: 200 });
    expect(await ask("rival", WRONG)).toMatchObject({ status: 400 });
    expect(await ask("rival", WRONG)).toMatchObject({ status: 429 });
  });

  test("strangers cannot lock out an owner who has logged in from the same address before (security L9)", async () => {
    const person = await someone();
    expect(await TOKEN.ask(service, person, from("203.0.113.5"))).toMatchObject({ status: 200 });
    for (let i = 0; i < 5; i += 1) await guess(service, person.email, from(`198.51.100.${i}`));
    expect(await TOKEN.ask(service, person, from("198.51.100.9"))).toMatchObject({ status: 429 });
    expect(await TOKEN.ask(service, person, from("203.0.113.5"))).toMatchObject({ status: 200 });
  });

  test.each(doors.slice(0, 3))(
    "$name: known, unknown, disabled and impossible names cannot be told apart, throttled or not",
    async (door) => {
      const [known, disabled] = [await someone(), await someone()];
      await service.tegata.db.users.setDisabled(disabled.id, true);
      const answersTo = async (name: string, password: string) => {
        const answers: object[] = [];
        for (let i = 0; i < 8; i += 1)
          answers.push(shape(await door.ask(service, { name, password, token: "" })));
        return answers;
      };
      const expected = await answersTo(known.email, WRONG);
      expect(expected.map((answer) => (answer as HttpResponse).status)).toEqual([
        ...Array(5).fill(door.refused),
        ...Array(3).fill(429),
      ]);
      const mark = `${door.name.length}`;
      for (const name of [
        `no${mark}@example.com`,
        `no${mark}`,
        `@@${mark}`,
        mark + "x".repeat(5000),
      ])
        expect(await answersTo(name, WRONG)).toEqual(expected);
      expect(await answersTo(disabled.email, disabled.password)).toEqual(expected);
    },
  );
});
