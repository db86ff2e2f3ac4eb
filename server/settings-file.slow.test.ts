/** The settings file in the working directory of a running process. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { emptyFolder, useProcesses } from "../testing/process.ts";
import { SECRET_KEY } from "../testing/service.ts";

const run = useProcesses();

/** Creates a folder with this settings file. */
function folderWith(file: string | Buffer): string {
  const cwd = emptyFolder();
  writeFileSync(join(cwd, ".env"), file);
  return cwd;
}

test("reads a settings file in UTF-16, and ignores misspelled keys in the environment", async () => {
  const text = `\uFEFFPORT=0\r\nDATABASE_URL=file:kept.db\r\nSECRET_KEY=${SECRET_KEY}\r\n`;
  const service = run(
    { SECERT_KEY: "x", DATABASE_URI: "x", TEGATA_PORT: "tcp://10.0.0.1:3000" },
    { cwd: folderWith(Buffer.from(text, "utf16le")) },
  );
  await service.until(/database +SQLite, kept\.db$/m);
  await service.until(/secret +SECRET_KEY$/m);
  service.signal("SIGTERM");
  expect(await service.ended).toEqual({ code: 0, signal: null });
});

const REFUSED: [string, string, RegExp][] = [
  [
    "an invalid line",
    "PORT=0\njunk\nSECRET_KEY=x",
    /^ {2}\.env line 2: is neither KEY=value nor a # comment$/,
  ],
  ["a misspelled key", "SECERT_KEY=hidden", /^ {2}\.env line 1: SECERT_KEY .* SECRET_KEY\?$/],
];

test.each(REFUSED)(
  "the service does not start if the settings file has %s",
  async (_, file, problem) => {
    const service = run({ PORT: "0" }, { cwd: folderWith(file) });
    expect(await service.ended).toEqual({ code: 1, signal: null });
    const [first, ...problems] = service.printed().trimEnd().split("\n");
    expect(first).toBe("Tegata cannot start. Fix these settings:");
    expect(problems).toEqual([expect.stringMatching(problem)]);
  },
);

test("the service and the command line fail if .env is a directory", async () => {
  const cwd = emptyFolder();
  mkdirSync(join(cwd, ".env"));
  const service = run({ PORT: "0" }, { cwd });
  expect(await service.ended).toEqual({ code: 1, signal: null });
  expect(service.printed()).toMatch(/^ {2}\.env: is a directory; correct that, or remove it$/m);
  const args = [resolve("dist/server/cli/index.js"), "clients", "list"];
  const command = run({}, { cwd, args });
  expect(await command.ended).toEqual({ code: 1, signal: null });
  expect(command.printed()).toMatch(/^\.env: is a directory;/);
});
