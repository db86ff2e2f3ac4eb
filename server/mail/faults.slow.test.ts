/** What becomes of a mail, and of the request that asks for it, when the mail server fails. */
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { done } from "../../testing/mail-people.ts";
import { type Fate, type MailServer, startMailServer } from "../../testing/mail-server.ts";
import { linksOf, Service } from "../../testing/service.ts";

const [engine] = ENGINES;
if (!engine) throw new Error("no engine");

describe("a mail server that", () => {
  const service = new Service();
  let server: MailServer;
  beforeAll(async () => {
    server = await startMailServer();
    await service.start(engine, {
      MAIL_URL: `smtp://127.0.0.1:${server.port}`,
      MAIL_FROM: "login@example.com",
    });
  });
  afterAll(async () => {
    await service.stop();
    await server.stop();
  });
  const logged = (msg: string) =>
    service.logged
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((line) => line["msg"] === msg);

  test.each<[string, Fate[]]>([
    ["takes it", []],
    ["refuses it for now", [451]],
    ["hangs up", ["drop"]],
  ])("%s: the mail arrives in the end, with a link that works", async (_, fates) => {
    server.fates.push(...fates);
    const person = await service.person();
    done(await service.mutate("password.forgot", { email: person.email }));
    const arrived = () => server.mails.find(({ receivers }) => receivers[0] === person.email);
    await expect.poll(arrived).toBeDefined();
    const [link] = linksOf({ text: arrived()?.text ?? "" });
    const reset = {
      token: service.secret(link?.token ?? ""),
      newPassword: "another horse battery",
    };
    expect(link?.page).toBe("reset");
    done(await service.mutate("password.reset", reset));
    const all = () => server.mails.filter(({ receivers }) => receivers[0] === person.email);
    await expect.poll(() => all().map(({ subject }) => subject)).toHaveLength(2);
  });

  test.each([550, 552, 554])(
    "refuses it for good with %i: it is logged, without the address",
    async (code) => {
      server.fates.push(code);
      const { email } = await service.person();
      const before = logged("a mail could not be sent").length;
      const tries = server.tries();
      done(await service.mutate("password.forgot", { email }));
      await expect.poll(() => logged("a mail could not be sent").length).toBe(before + 1);
      expect(logged("a mail could not be sent").at(-1)).toMatchObject({
        level: 50,
        kind: "reset",
        responseCode: code,
        requestId: expect.any(String),
      });
      expect(server.tries()).toBe(tries + 1);
      expect(service.logged.join("")).not.toContain(email);
    },
  );

  test("is away: nobody but the log notices", async () => {
    const other = new Service();
    await other.start(engine, { MAIL_URL: "smtp://127.0.0.1:1", MAIL_FROM: "login@example.com" });
    try {
      const { email } = await other.person();
      const [known, unknown] = [
        await other.mutate("password.forgot", { email }),
        await other.mutate("password.forgot", { email: "nobody@example.com" }),
      ];
      expect([known.status, known.text]).toEqual([unknown.status, unknown.text]);
      await expect.poll(() => other.logged.join("")).toContain("a mail will be tried again");
    } finally {
      await other.stop();
    }
    expect(other.logged.join("")).toContain("a mail could not be sent");
  });

  test("is slow: answers do not wait, and the end of the service does", async () => {
    const slow = await startMailServer({
      onMailFrom: (_, __, answer) => void setTimeout(1500).then(() => answer()),
    });
    const other = new Service();
    await other.start(engine, {
      MAIL_URL: `smtp://127.0.0.1:${slow.port}`,
      MAIL_FROM: "login@example.com",
    });
    const people = [await other.person(), await other.person(), await other.person()];
    for (const { email } of people) done(await other.mutate("password.forgot", { email }));
    // All were answered before any of them could be sent.
    expect(slow.mails).toEqual([]);
    await other.stop();
    expect(slow.mails).toHaveLength(3);
    await slow.stop();
  });
});
