import { describe, expect, test } from "vitest";
import { loadSettings } from "../environment.ts";
import { readMailUrl } from "./mail-url.ts";

describe("MAIL_URL", () => {
  const server = { host: "mail.test", port: 587, tls: "starttls", ca: undefined, login: undefined };
  test.each<[string, object]>([
    ["smtp://mail.test", {}],
    ["SMTPS://mail.test/", { tls: "smtps", port: 465 }],
    ["smtp://mail.test:25?sslmode=disable", { tls: "none", port: 25 }],
    ["smtp://localhost:1025", { host: "localhost", tls: "none", port: 1025 }],
    ["smtp://[::1]", { host: "::1", tls: "none" }],
    ["smtp://127.0.0.1", { host: "127.0.0.1", tls: "none" }],
    ["smtp://u:p@localhost", { host: "localhost", login: { user: "u", pass: "p" } }],
    [
      "smtps://a%40b.c:p%3A%2F%40%25+x@mail.test:2465",
      { tls: "smtps", port: 2465, login: { user: "a@b.c", pass: "p:/@%+x" } },
    ],
  ])("%s is understood", (url, more) => {
    expect(readMailUrl(url)).toEqual({ is: "server", server: { ...server, ...more } });
  });

  test.each([
    "mail.test",
    "http://mail.test",
    "smtp://",
    "smtp://user@mail.test",
    "smtp://secret:secret/secret@mail.test",
    "smtp://secret:se@cret@mail.test",
    "smtp://secret:%secret@mail.test",
    "smtp://mail.test:99999",
    "smtp://mail.test/secret",
    "smtp://mail.test?secret=1",
    "smtp://mail.test?sslmode=prefer",
    "smtp://secret:secret@mail.test?sslmode=disable",
    "smtp://secret:secret@localhost?sslmode=disable",
    "smtps://mail.test?sslmode=disable",
    "smtp://mail.test?ssl-ca=/secret.pem",
    "smtp://mail.test?sslmode=disable&sslmode=disable",
  ])("%s is refused, in words that repeat nothing of it", (url) => {
    const read = readMailUrl(url);
    expect(read).toEqual({ is: "invalid", message: expect.stringMatching(/^\w/) });
    expect("message" in read && read.message).not.toContain("secret");
  });
});

describe("the settings of mail", () => {
  const production = {
    NODE_ENV: "production",
    SECRET_KEY: "a secret of the tests and long enough 0123456789",
  };
  const mail = { MAIL_URL: "smtps://mail.test", MAIL_FROM: "login@mail.test" };
  test.each<[object, RegExp | undefined]>([
    [mail, undefined],
    [{ MAIL_URL: mail.MAIL_URL }, /^MAIL_FROM: must be set/],
    [{ ...mail, MAIL_FROM: "Tegata <login@mail.test>" }, /^MAIL_FROM: must be an email address/],
    [{ ...production, EMAIL_VERIFICATION: "required" }, /^MAIL_URL: must be set/],
    [{ ...production, ...mail, EMAIL_VERIFICATION: "required" }, undefined],
    [{ ...production, EMAIL_VERIFICATION: "ask" }, undefined],
    [{ EMAIL_VERIFICATION: "required" }, undefined],
    [{ EMAIL_VERIFICATION: "yes" }, /^EMAIL_VERIFICATION: must be off, ask or required/],
  ])("%j", (env, problem) => {
    const loaded = loadSettings({ ...env });
    const problems = loaded.is === "invalid" ? loaded.problems : [];
    expect(problems).toEqual(problem ? [expect.stringMatching(problem)] : []);
  });
});
