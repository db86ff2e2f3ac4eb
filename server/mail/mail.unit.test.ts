/** The queue of mails, with pauses that end when a test says so. */
import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { openLog } from "../log.ts";
import { openMail } from "./mail.ts";
import type { Message } from "./message.ts";
import { openMailQueue } from "./queue.ts";

const settings = {
  issuer: "https://login.example.com",
  mailFrom: "login@example.com",
  brandName: "Ada Works",
};
const ABOUT = { kind: "test", requestId: "r1" } as const;

/** A mail whose server does what `deliver` says. */
function open(deliver: (message: Message) => Promise<void>) {
  const lines: string[] = [];
  const pauses: { ms: number; end: () => void }[] = [];
  const pause = (ms: number, signal: AbortSignal) =>
    new Promise<void>((end) => {
      pauses.push({ ms, end });
      signal.addEventListener("abort", () => end());
      if (signal.aborted) end();
    });
  const log = openLog({ logLevel: "info" }, { write: (line) => void lines.push(line) });
  const mail = openMail(settings, log, { name: "a test", deliver }, openMailQueue(pause));
  const post = (to = "ada@example.com") =>
    mail.post(ABOUT, async () => ({ kind: "test", to, language: "en" }));
  const logged = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { mail, post, pauses, logged };
}
const smtpError = (responseCode?: number) =>
  Object.assign(new Error("550 no such user ada@example.com"), { code: "EENVELOPE", responseCode });
const settled = async () => {
  for (let i = 0; i < 20; i += 1) await setImmediate();
};

describe("a mail", () => {
  test("is not begun before the current work is done", async () => {
    const sent: string[] = [];
    const { post, mail } = open(async ({ to }) => void sent.push(to));
    post();
    await Promise.resolve();
    expect(sent).toEqual([]);
    await mail.close();
    expect(sent).toEqual(["ada@example.com"]);
  });

  test.each([undefined, 421, 450, 451])(
    "that fails with %s is tried three times, as the same mail, and then given up",
    async (code) => {
      const ids: string[] = [];
      const { post, pauses, logged } = open(async ({ messageId }) => {
        ids.push(messageId);
        throw smtpError(code);
      });
      post();
      await settled();
      expect(pauses.map(({ ms }) => ms)).toEqual([1000]);
      pauses[0]?.end();
      await settled();
      expect(pauses.map(({ ms }) => ms)).toEqual([1000, 30_000]);
      pauses[1]?.end();
      await settled();
      expect(ids).toHaveLength(3);
      expect(new Set(ids).size).toBe(1);
      expect(logged().map(({ level }) => level)).toEqual([40, 40, 50]);
      expect(logged()[2]).toMatchObject({
        ...ABOUT,
        ...(code !== undefined && { responseCode: code }),
        err: { code: "EENVELOPE" },
        msg: "a mail could not be sent",
      });
      expect(JSON.stringify(logged())).not.toContain("ada@");
    },
  );

  test.each([500, 535, 550, 554])("that is refused with %i is not tried again", async (code) => {
    let tries = 0;
    const { post, pauses, logged } = open(async () => {
      tries += 1;
      throw smtpError(code);
    });
    post();
    await settled();
    expect([tries, pauses]).toEqual([1, []]);
    expect(logged()).toMatchObject([{ level: 50, responseCode: code }]);
  });

  test("that finds nothing to send is over, and one that cannot find out is tried again", async () => {
    const { mail, pauses, logged } = open(async () => undefined);
    mail.post(ABOUT, async () => undefined);
    let tries = 0;
    mail.post(ABOUT, async () => {
      tries += 1;
      if (tries === 1) throw new Error("the database is away");
      return { kind: "test", to: "ada@example.com", language: "en" };
    });
    await settled();
    pauses[0]?.end();
    await settled();
    expect(tries).toBe(2);
    expect(logged().map(({ msg }) => msg)).toEqual([
      "a mail will be tried again",
      "a mail was sent",
    ]);
  });
});

describe("the queue", () => {
  test("sends four at a time, and takes 200: the next is dropped and logged", async () => {
    let waiting: (() => void)[] = [];
    let delivered = 0;
    const { post, mail, logged } = open(async () => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      delivered += 1;
    });
    for (let i = 0; i < 201; i += 1) post();
    await settled();
    expect(waiting).toHaveLength(4);
    expect(logged()).toMatchObject([
      { level: 50, msg: "a mail was dropped: too many are waiting" },
    ]);
    const closed = mail.close();
    while (delivered < 200) {
      const ready = waiting;
      waiting = [];
      for (const end of ready) end();
      expect(ready.length).toBeLessThanOrEqual(4);
      await settled();
    }
    await closed;
    expect(delivered).toBe(200);
  });

  test("tries what waits once more when it ends, without the pauses", async () => {
    let tries = 0;
    const { post, mail } = open(async () => {
      tries += 1;
      throw smtpError(450);
    });
    post();
    await settled();
    expect(tries).toBe(1);
    await mail.close();
    expect(tries).toBe(3);
    post();
    await settled();
    expect(tries).toBe(3);
  });
});
