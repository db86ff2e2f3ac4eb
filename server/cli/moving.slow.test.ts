/** Moving users in from the files of other systems, and out again. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Db, openDb } from "../../db/open.ts";
import { ENGINES } from "../../testing/engines.ts";
import { people } from "../../testing/people.ts";
import { emptyFolder } from "../../testing/process.ts";
import { openAudit } from "../audit.ts";
import { openLog } from "../log.ts";
import type { Command, Options } from "./command.ts";
import { EXPORT_COMMAND } from "./export.ts";
import { IMPORT_COMMAND } from "./import.ts";

const HASH = "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW";
const BETTER_AUTH =
  "3234c091cab159f731c94a8d970b5654:7470057ccaced5414f4bf5c6fa2f29578ecfb41e042ba58c268b746cecbf92a8a389612f92960a028c72ddd584bc8a7ad22dc2fcbdf90c6100a3155f77cbf88f";
const NOW = Date.parse("2026-11-28T12:00:00Z");

/** Writes a file. @returns its name */
function file(text: string, name = "users"): string {
  const path = join(emptyFolder(), name);
  writeFileSync(path, text);
  return path;
}

/** Runs a command in this process. @returns what it prints, to both streams, and why it was refused */
async function run(
  db: Db,
  command: Command,
  argument: string,
  { isJson = false, ...options }: Options & { isJson?: boolean } = {},
) {
  const printed: string[] = [];
  const take = (line: unknown, done?: unknown) => {
    if (done instanceof Function) done();
    return printed.push(String(line)) > 0;
  };
  vi.spyOn(console, "log").mockImplementation(take);
  vi.spyOn(console, "error").mockImplementation(take);
  vi.spyOn(process.stdout, "write").mockImplementation(take);
  const log = openLog({ logLevel: "silent" }, { write: () => undefined });
  const parts = { db, log, now: () => NOW };
  try {
    const result = await command.run({ ...parts, audit: openAudit(parts) }, argument, options);
    await (isJson ? result.printJson() : result.printText());
    return { printed, refused: undefined };
  } catch (error) {
    return { printed, refused: error instanceof Error ? error.message : "" };
  } finally {
    vi.restoreAllMocks();
  }
}

const REFUSED = "some lines were refused; correct them and run it again";

describe.each(ENGINES)("users import on $name", (engine) => {
  let db: Db;
  beforeEach(async () => {
    db = await openDb(await engine.emptyDatabase(), { migrate: true });
  });
  afterEach(() => db.close());
  const load = (text: string, options?: Parameters<typeof run>[3]) =>
    run(db, IMPORT_COMMAND, file(text), options);
  const stored = async () =>
    (await db.users.list(0, 100)).map(({ id: _, usernameKey: __, ...user }) => user);
  const base = {
    username: null,
    fullName: null,
    passwordHash: HASH,
    disabled: false,
    emailVerifiedAtMs: null,
    emailChangedAtMs: null,
    createdAtMs: NOW,
  };

  test.each([
    [
      "the first FastAPI system",
      `username,full_name,email,hashed_password,disabled\njohndoe,John Doe,johndoe@example.com,${HASH},False\n`,
      { email: "johndoe@example.com", username: "johndoe", fullName: "John Doe" },
    ],
    [
      "the second FastAPI system",
      `email,password\r\nAda@Example.COM,${HASH}\r\n`,
      { email: "ada@example.com" },
    ],
    [
      "better-auth, as JSON lines",
      JSON.stringify({
        email: "ada@example.com",
        name: "Ada",
        emailVerified: true,
        password: BETTER_AUTH,
        createdAt: "2025-01-02T03:04:05.678Z",
      }),
      {
        email: "ada@example.com",
        fullName: "Ada",
        passwordHash: expect.stringMatching(/^\$scrypt\$ln=14,r=16,p=1\$.{43}\$.{86}\$nfkc$/),
        emailVerifiedAtMs: NOW,
        createdAtMs: Date.parse("2025-01-02T03:04:05.678Z"),
      },
    ],
    [
      "better-auth on MySQL, as CSV",
      `email,name,emailVerified,password\nada@example.com,"Lovelace, ""Ada""",0,${BETTER_AUTH}\n`,
      {
        email: "ada@example.com",
        fullName: 'Lovelace, "Ada"',
        passwordHash: expect.stringMatching(/^\$scrypt\$/),
      },
    ],
    [
      "Supabase",
      `email,encrypted_password,email_confirmed_at,banned_until,raw_user_meta_data\nada@example.com,${HASH.replace("$2b", "$2a")},2024-05-06 07:08:09.123456+00,2030-01-01 00:00:00+00,"{""full_name"": ""Ada""}"\n`,
      {
        email: "ada@example.com",
        fullName: "Ada",
        passwordHash: HASH.replace("$2b", "$2a"),
        disabled: true,
        emailVerifiedAtMs: Date.parse("2024-05-06T07:08:09.123Z"),
      },
    ],
    [
      "Supabase, with a ban that is over",
      `email,encrypted_password,email_confirmed_at,banned_until,raw_user_meta_data\nada@example.com,${HASH},,2020-01-01 00:00:00+00,{}\n`,
      { email: "ada@example.com" },
    ],
    [
      "Django",
      `username,email,is_active,password,date_joined\nada@example.com,ada@example.com,f,bcrypt$${HASH},2020-01-02 03:04:05+02:00\n`,
      {
        email: "ada@example.com",
        disabled: true,
        createdAtMs: Date.parse("2020-01-02T01:04:05Z"),
      },
    ],
    [
      "a spreadsheet, with a byte order mark and empty lines",
      `\uFEFFEmail,Password\n\nada@example.com,${HASH}\n\n`,
      { email: "ada@example.com" },
    ],
  ])("reads the users of %s", async (_, text, expected) => {
    expect(await load(text)).toEqual({
      printed: ["added 1, already there 0, refused 0"],
      refused: undefined,
    });
    expect(await stored()).toEqual([{ ...base, ...expected }]);
    const again = await load(text);
    expect(again.printed).toEqual(["added 0, already there 1, refused 0"]);
    expect(await stored()).toEqual([{ ...base, ...expected }]);
  });

  test("names each line that is broken, and never a password or a hash", async () => {
    const secret = "hunter2-is-not-a-hash";
    const text = [
      "email,username,password,disabled",
      `nobody,,${HASH},`,
      `a@example.com,a@b,${HASH},`,
      `b@example.com,,${secret},`,
      "c@example.com,,,",
      `d@example.com,,$2b$16${HASH.slice(6)},`,
      `e@example.com,,${HASH},perhaps`,
      `f@example.com,${HASH}`,
      `,,${HASH},`,
      `h@example.com,h,${HASH},no`,
      `g@example.com,"x"y,${HASH},`,
      `i@example.com,,${HASH},`,
    ].join("\n");
    const { printed, refused } = await load(text);
    expect(printed).toEqual([
      "line 2: email must be an email address, with an @",
      "line 3: username must not contain @",
      "line 4: password is not a hash of a known scheme",
      "line 5: password has no hash: its owner could not log in",
      "line 6: password is a hash of the scheme 2b that is damaged, costs too much or is not supported",
      "line 7: disabled must be true or false",
      "line 8: has more or fewer values than there are columns",
      "line 9: email is missing",
      'line 11: has a " in the middle of a value: in quotes, write ""; nothing after it was read',
      "added 1, already there 0, refused 9",
    ]);
    expect(refused).toBe(REFUSED);
    expect(printed.join()).not.toContain(secret);
    expect(printed.join()).not.toContain(HASH.slice(8));
    expect((await stored()).map(({ email }) => email)).toEqual(["h@example.com"]);
  });

  test("names broken lines of JSON, too", async () => {
    const good = JSON.stringify({ email: "a@example.com", password: HASH });
    const { printed } = await load(`${good}\n{"email": "b@example.com", \n[1]\n\n{}\n`);
    expect(printed).toEqual([
      "line 2: is not a JSON object",
      "line 3: is not a JSON object",
      "line 5: email is missing",
      "added 1, already there 0, refused 3",
    ]);
  });

  test.each([
    ["a file without column names", `ada@example.com,${HASH}\n`, /^no column is named email/],
    ["a JSON array", `[{"email":"ada@example.com"}]`, /^the file is a JSON array; write one/],
  ])("refuses %s", async (_, text, why) => {
    const { printed, refused } = await load(text);
    expect([printed, refused]).toEqual([[], expect.stringMatching(why)]);
  });

  test("a quote without its end does not take in the whole file", async () => {
    const { printed } = await load(`email,password\n"a@example.com,${HASH}\n`);
    expect(printed).toEqual([
      expect.stringMatching(/^line \d: has a " without its end; nothing after it was read$/),
      "added 0, already there 0, refused 1",
    ]);
  });

  test("leaves the accounts that are there as they are, and says whose names are in use", async () => {
    const taken = { username: "Haruka", usernameKey: "haruka", fullName: null, createdAtMs: 1 };
    await db.users.add({ ...taken, email: "haruka@example.com", passwordHash: "theirs" });
    const before = await stored();
    const { printed } = await load(
      [
        "email,username,password,plan",
        `haruka@example.com,HARUKA,${HASH},free`,
        `haruka@example.com,other,${HASH},free`,
        `other@example.com,ｈａｒｕｋａ,${HASH},free`,
        `new@example.com,new,${HASH},free`,
        `NEW@example.com,new,${HASH},free`,
        `new2@example.com,NEW,${HASH},free`,
      ].join("\n"),
    );
    expect(printed).toEqual([
      "line 3: email is already in use (haruka@example.com)",
      "line 4: username is already in use (other@example.com)",
      "line 7: username is already in use (new2@example.com)",
      "ignored columns: plan",
      "added 1, already there 2, refused 3",
    ]);
    expect((await stored()).slice(0, 1)).toEqual(before);
  });

  test("a dry run says what would happen to each line, and changes nothing", async () => {
    const rows = Array.from({ length: 501 }, (_, i) => `user${i}@example.com,u${i},${HASH}`);
    // In another batch than the line that it repeats.
    const text = ["email,username,password", ...rows, `again@example.com,U0,${HASH}`].join("\n");
    const { printed } = await load(text, { "dry-run": true });
    expect(printed.slice(0, 1)).toEqual(["line 2: user0@example.com would be added"]);
    expect(printed.slice(-2)).toEqual([
      "line 503: username is already in use (again@example.com)",
      "would add 501, already there 0, refused 1",
    ]);
    expect(await stored()).toEqual([]);
    expect((await db.events.list({}, { limit: 9 })).length).toBe(0);
    const really = await load(text);
    expect(really.printed).toEqual([printed.at(-2), "added 501, already there 0, refused 1"]);
    expect(await db.events.list({}, { limit: 9 })).toMatchObject([
      { type: "users_imported", detail: "501", address: "cli" },
    ]);
  });

  test("--json prints one value with each line that is named, and the counts", async () => {
    const text = `email,password,plan\na@example.com,${HASH},x\nb,x,x\n`;
    const lines = [
      { line: 2, is: "added", email: "a@example.com" },
      { line: 3, is: "broken", field: "email", reason: expect.any(String) },
    ];
    const counts = { ignoredColumns: ["plan"], added: 1, exists: 0, taken: 0, broken: 1 };
    const tried = await load(text, { isJson: true, "dry-run": true });
    expect(JSON.parse(tried.printed.join(""))).toEqual({ lines, dryRun: true, ...counts });
    const { printed, refused } = await load(text, { isJson: true });
    expect(JSON.parse(printed.join(""))).toEqual({
      ...{ lines: lines.slice(1), dryRun: false },
      ...counts,
    });
    expect(refused).toBe(REFUSED);
  });
});

describe.each(ENGINES)("users export on $name", (engine) => {
  const open = async () => openDb(await engine.emptyDatabase(), { migrate: true });

  test.each(["csv", "jsonl"])(
    "gives what the import takes: exported from a database and from its copy, %s is the same",
    async (format) => {
      const [first, second] = [await open(), await open()];
      const folder = emptyFolder();
      const [from, to] = [join(folder, `a.${format}`), join(folder, `b.${format}`)];
      await first.users.addAll(fc.sample(people(NOW), 1).flat());
      expect(await run(first, EXPORT_COMMAND, from)).toMatchObject({ refused: undefined });
      expect(await run(second, IMPORT_COMMAND, from)).toMatchObject({ refused: undefined });
      await run(second, EXPORT_COMMAND, to);
      expect(readFileSync(to, "utf8")).toBe(readFileSync(from, "utf8"));
      await first.close();
      await second.close();
    },
  );

  test("refuses to replace a file", async () => {
    const db = await open();
    const path = file("here", "users.csv");
    expect(await run(db, EXPORT_COMMAND, path)).toEqual({
      printed: [],
      refused: `${path} exists; name a new file`,
    });
    expect(readFileSync(path, "utf8")).toBe("here");
    await db.close();
  });
});
