import { statSync } from "node:fs";
import passwords from "@zxcvbn-ts/language-common/src/passwords.json" with { type: "json" };
import { describe, expect, test } from "vitest";
import { isPattern, openCommonPasswords } from "./common-passwords.ts";

const isCommon = openCommonPasswords();

test("the list has every common password of its source that is long enough, in less than 52 kB", () => {
  const long = passwords.filter((password) => password.length >= 8);
  expect(long.length).toBeGreaterThan(10_000);
  expect(long.filter((password) => !isCommon(password))).toEqual([]);
  expect(statSync("server/accounts/common-passwords.br").size).toBeLessThan(52_000);
});

describe("a common password", () => {
  test.each([
    "password",
    "12345678",
    "iloveyou",
    "qwerty123",
    "passw0rd",
    "trustno1",
    "password1",
    "password2026!",
    "password!!!!!!",
    "iloveyou!",
    "qwerty123?",
    "12345678901",
  ])("is %j", (password) => expect(isCommon(password)).toBe(true));

  test.each([
    "correct horse battery",
    "another horse battery",
    "passwordplease",
    "my password",
    "password-2026-07",
    "vq3tz8kw",
    "",
  ])("is not %j", (password) => expect(isCommon(password)).toBe(false));
});

describe("a pattern", () => {
  test.each([
    "xxxxxxxx",
    "        ",
    "鍵鍵鍵鍵鍵鍵鍵鍵",
    "😀😀😀😀😀😀😀😀",
    "😀🐎😀🐎😀🐎😀🐎",
    "abcabcabca",
    "1234123412341234",
    "90123456",
    "87654321",
    "hijklmno",
    "zyxwvuts",
    "asdfghjk",
    "poiuytrewq",
    "wertzuiop",
    "1qaz2wsx3edc",
    "edcrfvtgb",
  ])("is %j", (password) => expect(isPattern(password)).toBe(true));

  test.each(["eight88i", "abcdefgi", "abcdeabcde", "13572468", "qwertzui1", "鍵鍵鍵鍵鍵鍵鍵錠"])(
    "is not %j",
    (password) => expect(isPattern(password)).toBe(false),
  );
});
