import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Db, openDb } from "../../db/open.ts";
import { ENGINES } from "../../testing/engines.ts";
import { openAudit } from "../audit.ts";
import { openLog } from "../log.ts";
import { AUDIT_COMMAND } from "./audit.ts";
import { parseCall } from "./call.ts";
import { Refused } from "./command.ts";

const DAY_MS = 86_400_000;

describe.each(ENGINES)("tegata audit on $name", (engine) => {
  let db: Db;
  let userId: number;
  beforeAll(async () => {
    db = await openDb(await engine.emptyDatabase(), { migrate: true });
    const user = { email: "ada@example.com", username: "ada", usernameKey: "ada", fullName: null };
    const added = await db.users.add({ ...user, passwordHash: "x", createdAtMs: 1 });
    userId = added.is === "added" ? added.id : expect.unreachable();
    const none = { sessionId: null, requestId: null, userAgent: null, detail: null };
    for (const [type, daysAgo, more] of [
      ["registered", 9, { userId }],
      ["logged_in", 3, { userId, clientId: "page" }],
      ["logged_in", 3, { userId: 4711, clientId: "page" }],
      ["client_failed", 1, { clientId: "page" }],
      ["login_failed", 0, { detail: "unknown_name", requestId: "r-1", userAgent: "a browser" }],
    ] as const)
      await db.events.add({
        ...none,
        userId: null,
        clientId: null,
        address: "192.0.2.1",
        type,
        atMs: Date.now() - daysAgo * DAY_MS,
        ...more,
      });
  });
  afterAll(() => db.close());

  /** Runs the command in this process. @returns what it prints */
  const tegata = async (...args: string[]) => {
    const call = parseCall(["audit", ...args], [AUDIT_COMMAND]);
    if (call.is !== "command") throw new Error("not a command");
    const printed: string[] = [];
    const take = (text: unknown, done?: unknown) => {
      if (done instanceof Function) done();
      return printed.push(String(text)) > 0;
    };
    vi.spyOn(console, "log").mockImplementation(take);
    vi.spyOn(process.stdout, "write").mockImplementation(take);
    try {
      const parts = {
        db,
        log: openLog({ logLevel: "silent" }, { write: () => undefined }),
        now: Date.now,
      };
      const audit = openAudit(parts);
      const result = await call.command.run({ ...parts, audit }, call.argument, call.options);
      await (call.isJson ? result.printJson() : result.printText());
      return printed.join("");
    } finally {
      vi.mocked(console.log).mockRestore();
      vi.mocked(process.stdout.write).mockRestore();
    }
  };
  const events = async (...args: string[]) =>
    JSON.parse(await tegata("--json", ...args)) as { id: number; type: string }[];
  const types = async (...args: string[]) => (await events(...args)).map(({ type }) => type);

  test("filters, and prints lines for people or for programs", async () => {
    const all = ["login_failed", "client_failed", "logged_in", "logged_in", "registered"];
    expect(await types()).toEqual(all);
    expect(await types("--user", "ada")).toEqual(["logged_in", "registered"]);
    expect(await types("--user", "ADA@example.com")).toEqual(["logged_in", "registered"]);
    expect(await types("--user", "4711")).toEqual(["logged_in"]);
    expect(await types("--client", "page")).toEqual(["client_failed", "logged_in", "logged_in"]);
    expect(await types("--type", "registered,login_failed")).toEqual([
      "login_failed",
      "registered",
    ]);
    expect(await types("--since", "2d")).toEqual(all.slice(0, 2));
    const time = new Date(Date.now() - 4 * DAY_MS).toISOString();
    expect(await types("--since", time)).toEqual(all.slice(0, 4));
    expect(await types("--limit", "2")).toEqual(all.slice(0, 2));
    expect(await types("--user", "ada", "--type", "logged_in", "--since", "1h")).toEqual([]);

    const [forPrograms] = await events("--limit", "1");
    expect(forPrograms).toEqual({
      id: expect.any(Number),
      atMs: expect.any(Number),
      type: "login_failed",
      userId: null,
      clientId: null,
      sessionId: null,
      address: "192.0.2.1",
      requestId: "r-1",
      userAgent: "a browser",
      detail: "unknown_name",
    });
    const forPeople = await tegata("--user", "ada", "--limit", "1");
    expect(forPeople).toMatch(
      new RegExp(`^[\\dT:.-]+Z\tlogged_in\t${userId}\tpage\t192\\.0\\.2\\.1\t-$`),
    );
  });

  test.each([
    [["--user", "nobody"], /^unknown user nobody$/],
    [
      ["--type", "login_fialed"],
      /^--type: unknown type login_fialed: did you mean login_failed\?$/,
    ],
    [["--type", "x"], /^--type: unknown type x: the types are registered, /],
    [["--since", "yesterday"], /^--since: must be an age such as 30m, 12h or 7d, or a time/],
    [["--since", "2026-13-45"], /^--since: must be /],
    [["--limit", "0"], /^--limit: must be a whole number from 1 /],
    [["--limit", "many"], /^--limit: must be a whole number from 1 /],
  ])("%j is rejected", async (args, why) => {
    await expect(tegata(...args)).rejects.toThrow(why);
    await expect(tegata(...args)).rejects.toThrow(Refused);
  });

  test("reads page by page, up to the limit or to the end", async () => {
    const [row = expect.fail()] = await db.events.list({}, { limit: 1 });
    const list = vi
      .spyOn(db.events, "list")
      .mockImplementation(async (_, { before = 1001, limit }) =>
        Array.from({ length: Math.min(limit, before - 1) }, (_, i) => ({
          ...row,
          id: before - 1 - i,
        })),
      );
    const ids = async (limit: number) =>
      (await events("--limit", String(limit))).map(({ id }) => id);
    const all = Array.from({ length: 1000 }, (_, i) => 1000 - i);
    expect(await ids(900)).toEqual(all.slice(0, 900));
    expect(await ids(5000)).toEqual(all);
    list.mockRestore();
  });
});
