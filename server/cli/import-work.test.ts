/** What an import must not bring in: more work than every login can do, half a batch, and names of others. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Db, openDb } from "../../db/open.ts";
import { ENGINES } from "../../testing/engines.ts";
import { emptyFolder } from "../../testing/process.ts";
import { runSql } from "../../testing/sql.ts";
import { openAudit } from "../audit.ts";
import { openLog } from "../log.ts";
import type { Options } from "./command.ts";
import { IMPORT_COMMAND } from "./import.ts";

const HASH = "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW";
const KEY = "A".repeat(43);
/** Two schemes at their bounds, each of which every login could do alone, and cheap ones. */
const PBKDF2 = `$pbkdf2-sha256$2000000$c2FsdHNhbHQ$${KEY}`;
const SCRYPT = `$scrypt$ln=16,r=8,p=4$c2FsdHNhbHQ$${KEY}`;
const CHEAP_SCRYPT = `$scrypt$ln=14,r=8,p=1$c2FsdHNhbHQ$${KEY}`;
const CHEAP_ARGON2 = `$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$${KEY}`;
const SHA512 = `$pbkdf2-sha512$2000000$c2FsdHNhbHQ$${"A".repeat(86)}`;

describe.each(ENGINES)("users import on $name", (engine) => {
  let db: Db;
  let url: string;
  beforeEach(async () => {
    url = await engine.emptyDatabase();
    db = await openDb(url, { migrate: true });
  });
  afterEach(() => db.close());

  /** Imports rows of email and hash. @returns what is printed, and why it was refused */
  async function load(rows: (readonly [string, string])[], options: Options = {}) {
    const path = join(emptyFolder(), "users.jsonl");
    const lines = rows.map(([email, password]) => JSON.stringify({ email, password }));
    writeFileSync(path, lines.join("\n"));
    const printed: string[] = [];
    vi.spyOn(console, "log").mockImplementation((line) => void printed.push(String(line)));
    const log = openLog({ logLevel: "silent" }, { write: () => undefined });
    const parts = { db, log, now: () => 1_000 };
    try {
      const result = await IMPORT_COMMAND.run({ ...parts, audit: openAudit(parts) }, path, options);
      await result.printText();
      return { printed, refused: undefined };
    } catch (error) {
      return { printed, refused: String(error) };
    } finally {
      vi.restoreAllMocks();
    }
  }
  const emails = async () => (await db.users.list(0, 10_000)).map(({ email }) => email);

  const tooMuch = (line: number, scheme: string, others: string) =>
    `line ${line}: password is a hash of the scheme ${scheme} that costs too much together with the other schemes in use (${others}): every login does the work of all of them`;

  test.each([
    ["pbkdf2-sha256", PBKDF2],
    ["scrypt", SCRYPT],
    ["pbkdf2-sha512", SHA512],
  ])("takes %s at its bounds, if it is alone", async (_, hash) => {
    expect(
      await load([
        ["a@example.com", hash],
        ["b@example.com", hash],
      ]),
    ).toEqual({
      printed: ["added 2, already there 0, refused 0"],
      refused: undefined,
    });
  });

  test("names a line whose hash would be too much work for every login, and takes the others", async () => {
    const rows: [string, string][] = [
      ["a@example.com", PBKDF2],
      ["b@example.com", SCRYPT],
      ["c@example.com", CHEAP_SCRYPT],
      ["d@example.com", CHEAP_ARGON2],
      ["e@example.com", HASH],
    ];
    const expected = [tooMuch(2, "scrypt", "pbkdf2-sha256")];
    const { printed } = await load(rows, { "dry-run": true });
    expect(printed.filter((line) => !line.includes("would be added"))).toEqual([
      ...expected,
      "would add 4, already there 0, refused 1",
    ]);
    expect((await load(rows)).printed).toEqual([
      ...expected,
      "added 4, already there 0, refused 1",
    ]);
    expect(await emails()).toEqual(["a", "c", "d", "e"].map((name) => `${name}@example.com`));
    // The next import finds them in the database. An account that is there is not asked for its hash.
    const again = await load([
      ["a@example.com", SHA512],
      ["f@example.com", SHA512],
    ]);
    expect(again.printed).toEqual([
      tooMuch(2, "pbkdf2-sha512", "argon2id, pbkdf2-sha256, scrypt"),
      "added 0, already there 1, refused 1",
    ]);
  });

  test("somebody who registers meanwhile keeps the name, and the others of the batch are added", async () => {
    const list = db.users.listTakenEmails;
    vi.spyOn(db.users, "listTakenEmails").mockImplementationOnce(async (emails) => {
      const taken = await list(emails);
      const user = { username: null, fullName: null, passwordHash: "theirs", createdAtMs: 1 };
      await db.users.add({ ...user, email: "a@example.com" });
      return taken;
    });
    const { printed } = await load([
      ["a@example.com", HASH],
      ["b@example.com", HASH],
    ]);
    expect(printed).toEqual(["added 1, already there 1, refused 0"]);
    const stored = await db.users.list(0, 9);
    expect(stored.map(({ email, passwordHash }) => [email, passwordHash])).toEqual([
      ["a@example.com", "theirs"],
      ["b@example.com", HASH],
    ]);
  });

  test("adds all of a batch or none of it, if the database fails in the middle", async () => {
    const rows = Array.from({ length: 1200 }, (_, i) => [`user${i}@example.com`, HASH] as const);
    const restore = await refuseEmail(url, "user750@example.com");
    const failed = await load(rows);
    expect(failed.printed).toEqual(["added 500, already there 0, refused 0"]);
    expect(failed.refused).toBeDefined();
    expect((await emails()).length).toBe(500);
    expect(await db.events.list({}, { limit: 9 })).toMatchObject([
      { type: "users_imported", detail: "500" },
    ]);
    await restore();
    expect((await load(rows)).printed).toEqual(["added 700, already there 500, refused 0"]);
  });
});

/** Makes the database refuse the row with an email. @returns what undoes it */
async function refuseEmail(url: string, email: string): Promise<() => Promise<unknown>> {
  const [condition, refuse] = url.startsWith("file:")
    ? [`WHEN NEW.email = '${email}' BEGIN`, "SELECT RAISE(ABORT, 'refused by the test')"]
    : [
        `BEGIN IF NEW.email = '${email}' THEN`,
        "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'refused by the test'; END IF",
      ];
  await runSql(
    url,
    `CREATE TRIGGER refusing BEFORE INSERT ON users FOR EACH ROW ${condition} ${refuse}; END`,
  );
  return () => runSql(url, "DROP TRIGGER refusing");
}
