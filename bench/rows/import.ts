/** Moving in: users with their hashes, from a file to the default database. */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { hashSync } from "@node-rs/bcrypt";
import { emptyFolder } from "../../testing/process.ts";
import { addPeople, emailOf, PASSWORD, SECRET_KEY, upTo } from "../lab.ts";
import { atMost } from "../table.ts";
import type { Row } from "./row.ts";

const run = promisify(execFile);

/** What the goal is for. */
const GOAL_USERS = 100_000;

/** `tegata users import`, with fewer users than the goal is for: the time for each is the same. */
export const imported: Row = {
  name: "import",
  async measure({ importedUsers, emptyFile }) {
    const cwd = emptyFolder();
    const hash = hashSync(PASSWORD, 4);
    const lines = upTo(importedUsers).map((n) => `${emailOf(n)},${hash}`);
    writeFileSync(join(cwd, "users.csv"), `email,password_hash\n${lines.join("\n")}\n`);
    const databaseUrl = emptyFile();
    await addPeople(databaseUrl, 0);
    const env = { PATH: process.env["PATH"], DATABASE_URL: databaseUrl, SECRET_KEY };
    const startedAt = performance.now();
    const args = [resolve("dist/server/cli/index.js"), "users", "import", "users.csv"];
    await run(process.execPath, args, { cwd, env });
    const seconds = (performance.now() - startedAt) / 1000;
    const rate = (importedUsers / seconds).toFixed(0);
    return [
      atMost(
        `import of ${GOAL_USERS} users (SQLite), from ${importedUsers} (${rate} per second)`,
        (seconds * GOAL_USERS) / importedUsers,
        60,
        { unit: " s" },
      ),
    ];
  },
};
