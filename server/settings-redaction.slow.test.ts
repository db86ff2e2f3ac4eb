/** Starts the service and the command line with secrets in wrong settings, and looks for them in what they print. */
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { emptyFolder, useProcesses } from "../testing/process.ts";
import { leaksIn, secret } from "../testing/secrets.ts";
import { SETTINGS } from "./settings.ts";

const run = useProcesses();

describe("a start with wrong settings", () => {
  const wrong = Object.fromEntries(Object.values(SETTINGS).map(({ key }) => [key, secret()]));
  const lines = Object.entries(wrong).map(([key, value]) => `${key}=${value}`);

  test.each<[string, Record<string, string>, string?]>([
    ["in the environment", wrong],
    ["in production", { ...wrong, NODE_ENV: "production" }],
    ["in .env", {}, lines.join("\n")],
    ["in .env, without equals signs", {}, lines.join("\n").replaceAll("=", " ")],
    ["in .env, with open quotes", {}, lines.join("\n").replaceAll("=", '="')],
    ["in .env, with other names", {}, lines.map((line) => `X${line}`).join("\n")],
    ["a password in DATABASE_URL", { DATABASE_URL: `mysql://x:${secret()}@127.0.0.1:1/x` }],
    ["a password with a slash", { DATABASE_URL: `mysql://x:${secret()}/${secret()}@127.0.0.1/x` }],
    ["a password in ISSUER", { ISSUER: `https://x:${secret()}@example.com?${secret()}` }],
    [
      "a key instead of its file",
      {
        SIGNING_KEY_FILES: `-----BEGIN PRIVATE KEY-----\\n${secret()}\\n-----END PRIVATE KEY-----`,
      },
    ],
  ])("%s: does not print them, nor does the command line", async (_, env, file) => {
    for (const args of [["main.js"], ["cli/index.js", "clients", "list"]]) {
      const cwd = emptyFolder();
      if (file !== undefined) writeFileSync(join(cwd, ".env"), file);
      const [script = "", ...more] = args;
      // An empty BCRYPT_COST leaves the one of the file.
      const program = run(
        { BCRYPT_COST: "", ...env },
        { cwd, args: [resolve("dist/server", script), ...more] },
      );
      // It waits for a server that cannot be reached.
      const waits = program.until(/waiting for a server/).catch(() => undefined);
      await Promise.race([program.ended, waits]);
      program.signal("SIGTERM");
      await program.ended;
      expect(program.printed().length).toBeGreaterThan(20);
      expect(leaksIn(program.printed())).toEqual([]);
    }
  });
});
