/** What the code must not contain, because no request could show that it is absent. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const files = ["server", "db", "client"].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(ts|js|vue)$/.test(name) && !/\.test\.ts$|node_modules/.test(name))
    .map((name) => join(folder, name)),
);
/** The files whose text matches. */
const filesWith = (pattern: RegExp) =>
  files.filter((file) => pattern.test(readFileSync(file, "utf8")));

test.each([
  ["HTML from text", /v-html|(inner|outer)HTML|insertAdjacentHTML|document\.write/, []],
  // The script of Redis is a constant.
  ["code from text", /\beval\(|new Function\(/, ["db/redis.ts"]],
  ["SQL from text", /sql\.(raw|identifier)|multipleStatements: true/, []],
  // It writes migrations, and runs on the machine of a developer only.
  ["other programs", /node:child_process/, ["db/generate.ts"]],
  ["XML", /DOMParser|XMLSerializer|from "[^"]*xml[^"]*"/i, []],
])("nothing makes or starts %s", (_, pattern, except: string[]) => {
  expect(filesWith(pattern)).toEqual(except);
});

test("hashes, HMACs and derived keys use SHA-256", () => {
  const calls = /\b(?:createHash|createHmac|hkdfSync)\(\s*"([^"]*)"/g;
  const used = files.flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(calls)].map(([, algorithm]) => algorithm),
  );
  expect(used.length).toBeGreaterThan(5);
  expect(new Set(used)).toEqual(new Set(["sha256"]));
  // It makes a long random text from a seed. Nothing is encrypted.
  expect(filesWith(/createCipher|createDecipher|publicEncrypt/)).toEqual(["server/tokens/rsa.ts"]);
});

test("Math.random makes no secret: only pauses, and the mark of a login", () => {
  expect(filesWith(/Math\.random/)).toEqual([
    "server/sweeper.ts",
    "db/connect-sqlite.ts",
    "db/driver-errors.ts",
    "client/session.ts",
  ]);
});

test("fields for passwords hide what is typed, and accept pasting and password managers", () => {
  const fields = files
    .filter((file) => file.endsWith(".vue"))
    .flatMap((file) => readFileSync(file, "utf8").match(/<(Field|input)\b[^>]*>/g) ?? [])
    .filter((tag) => /[pP]assword"/.test(tag));
  expect(fields.length).toBe(5);
  for (const tag of fields) {
    expect(tag).toContain('type="password"');
    expect(tag).toMatch(/autocomplete="(current|new)-password"/);
  }
  expect(filesWith(/@paste|onpaste|"paste"/)).toEqual([]);
});
