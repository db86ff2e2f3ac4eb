import { describe, expect, test } from "vitest";
import { z } from "zod";
import { openKeys } from "./keys.ts";
import { openTickets, type Purpose } from "./tickets.ts";

const OLD = "an old secret that is long enough 0123456789";
const NEW = "a new secret that is long enough 0123456789";
const keysOf = async (...secrets: string[]) => (await openKeys(secrets, [])).tickets;

const data = z.strictObject({ userId: z.int(), email: z.string() });
const RESET: Purpose<z.infer<typeof data>> = { name: "reset", data };
const VERIFY: Purpose<z.infer<typeof data>> = { name: "verify", data };
const ADA = { userId: 1, email: "ada@example.com" };

describe("a ticket", async () => {
  let nowMs = 1000;
  const tickets = openTickets(await keysOf(NEW), () => nowMs);
  const ticket = tickets.seal(RESET, ADA, 2000);

  test("opens until its end", () => {
    expect(ticket).toMatch(/^[\w.-]{1,300}$/);
    nowMs = 1999;
    expect(tickets.open(RESET, ticket)).toEqual(ADA);
    nowMs = 2000;
    expect(tickets.open(RESET, ticket)).toBeUndefined();
    nowMs = 1000;
  });

  test("is the same for the same data, end and secret, in every process", async () => {
    expect(openTickets(await keysOf(NEW), () => nowMs).seal(RESET, ADA, 2000)).toBe(ticket);
  });

  test("does not open for another purpose", () => {
    expect(tickets.open(VERIFY, ticket)).toBeUndefined();
  });

  test("does not open with data that the purpose does not have", () => {
    const odd: Purpose<unknown> = { name: "reset", data: z.unknown() };
    for (const sealed of [null, {}, { ...ADA, userId: "1" }, { ...ADA, admin: true }])
      expect(tickets.open(RESET, tickets.seal(odd, sealed, 2000))).toBeUndefined();
  });

  test("does not open if any character is changed, missing or added", () => {
    const isBroken = (text: string) => expect(tickets.open(RESET, text), text).toBeUndefined();
    for (let i = 0; i < ticket.length; i += 1) {
      isBroken(ticket.slice(0, i));
      isBroken(ticket.slice(0, i) + ticket.slice(i + 1));
      for (const other of ["A", "B", ".", "=", " "])
        if (ticket[i] !== other) isBroken(ticket.slice(0, i) + other + ticket.slice(i + 1));
    }
    for (const more of ["A", "=", ".", "\n", ` ${ticket}`]) isBroken(ticket + more);
    isBroken(` ${ticket}`);
  });

  test.each(["", ".", "..", "a.b", `.${"A".repeat(43)}`, "x".repeat(100_000), "チケット"])(
    "is not what anybody makes up: %#",
    (text) => expect(tickets.open(RESET, text)).toBeUndefined(),
  );

  test("opens with every secret, and is sealed with the first", async () => {
    const before = openTickets(await keysOf(OLD), () => nowMs).seal(RESET, ADA, 2000);
    const during = openTickets(await keysOf(NEW, OLD), () => nowMs);
    expect(during.open(RESET, before)).toEqual(ADA);
    expect(tickets.open(RESET, during.seal(RESET, ADA, 2000))).toEqual(ADA);
    expect(tickets.open(RESET, before)).toBeUndefined();
  });

  test("has a bounded length", () => {
    const email = "x".repeat(2000);
    expect(() => tickets.seal(RESET, { ...ADA, email }, 2000)).toThrow("too long");
  });
});
