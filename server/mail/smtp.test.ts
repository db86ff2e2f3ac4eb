/** Mails on their way through a real SMTP server: protected or not sent, and as they arrive. */
import { mkdtempSync, readdirSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { simpleParser } from "mailparser";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { makeCertificates } from "../../testing/certificates.ts";
import { MAIL_USER, type MailServer, startMailServer } from "../../testing/mail-server.ts";
import { LANGUAGES, type Letter, writeMessage } from "./message.ts";
import { openTransport } from "./transport.ts";

const certificates = mkdtempSync(join(tmpdir(), "tegata-mail-"));
const settings = {
  issuer: "https://login.example.com/",
  mailFrom: "login@example.com",
  brandName: "Ada Works",
};
const LETTER: Letter = {
  kind: "reset",
  to: "ada@example.com",
  language: "en",
  link: { page: "reset", token: "the-token" },
};
const LOGIN = `${encodeURIComponent(MAIL_USER.user)}:${encodeURIComponent(MAIL_USER.password)}@`;

const servers = {} as Record<"smtps" | "starttls" | "plain", MailServer>;
beforeAll(async () => {
  makeCertificates(certificates);
  servers.smtps = await startMailServer({ certificates, secure: true });
  servers.starttls = await startMailServer({ certificates });
  servers.plain = await startMailServer();
});
afterAll(() => Promise.all(Object.values(servers).map((server) => server.stop())));

const send = async (
  to: keyof typeof servers,
  { scheme = "smtp", login = "", host = "localhost", query = "" },
  letter = LETTER,
) => {
  const mailUrl = `${scheme}://${login}${host}:${servers[to].port}?${query}`;
  const transport = openTransport({ mailUrl, production: true }, "/nowhere");
  await transport?.deliver(writeMessage(letter, settings));
  return servers[to].mails.at(-1) ?? expect.unreachable();
};
const CA = `ssl-ca=${certificates}/ca.pem`;
/** This machine, but written in a way that does not count as such. */
const ELSEWHERE = "127.1";

describe("the connection", () => {
  test.each<[string, keyof typeof servers, Parameters<typeof send>[1], object]>([
    ["smtps", "smtps", { scheme: "smtps", query: CA }, { secure: true, user: undefined }],
    [
      "smtps with a password",
      "smtps",
      { scheme: "smtps", login: LOGIN, query: CA },
      { secure: true, user: MAIL_USER.user },
    ],
    [
      "STARTTLS with a password, even on this machine",
      "starttls",
      { login: LOGIN, query: CA },
      { secure: true, user: MAIL_USER.user },
    ],
    ["STARTTLS elsewhere", "starttls", { host: ELSEWHERE, query: CA }, { secure: true }],
    ["no TLS on this machine without a password", "starttls", {}, { secure: false }],
    [
      "no TLS elsewhere if asked",
      "plain",
      { host: ELSEWHERE, query: "sslmode=disable" },
      { secure: false },
    ],
  ])("is protected: %s", async (_, server, url, how) => {
    expect(await send(server, url)).toMatchObject(how);
  });

  test.each<[string, keyof typeof servers, Parameters<typeof send>[1]]>([
    ["a certificate of an unknown authority", "smtps", { scheme: "smtps" }],
    [
      "one of another authority",
      "smtps",
      { scheme: "smtps", query: `ssl-ca=${certificates}/other.pem` },
    ],
    ["one of another host", "smtps", { scheme: "smtps", host: "127.0.0.1", query: CA }],
    ["one of an unknown authority, with STARTTLS", "starttls", { host: ELSEWHERE }],
    ["no STARTTLS for a password", "plain", { login: LOGIN }],
    ["no STARTTLS elsewhere", "plain", { host: ELSEWHERE }],
    ["a wrong password", "smtps", { scheme: "smtps", login: "mailer:wrong@", query: CA }],
  ])("nothing is sent over: %s", async (_, server, url) => {
    const before = servers[server].tries();
    await expect(send(server, url)).rejects.toThrow();
    expect(servers[server].tries()).toBe(before);
  });
});

describe("a mail", () => {
  test("has one receiver, a link to the issuer, and nothing to load", async () => {
    const mail = await send("plain", {});
    expect(mail).toMatchObject({
      sender: "login@example.com",
      receivers: ["ada@example.com"],
      subject: "Set a new password for Ada Works",
      messageId: expect.stringMatching(/^<[\w-]+@login\.example\.com>$/),
    });
    expect(mail.from?.value).toEqual([{ name: "Ada Works", address: "login@example.com" }]);
    expect(mail.headers.get("auto-submitted")).toBe("auto-generated");
    const url = "https://login.example.com/reset?token=the-token";
    expect(mail.text).toContain(`\n${url}\n`);
    expect(mail.html).toContain(`<a href="${url}">`);
    expect(mail.html).not.toMatch(/<img|<script|<link|url\(|@import/i);
    expect(mail.attachments).toEqual([]);
  });

  const kinds = [
    "verify",
    "reset",
    "change",
    "changed",
    "changed_again",
    "password_changed",
    "test",
  ] as const;
  test.each(LANGUAGES.flatMap((language) => kinds.map((kind) => ({ language, kind }))))(
    "in $language is readable as text and as HTML: $kind",
    async ({ language, kind }) => {
      const mail = await send("plain", {}, { ...LETTER, language, kind });
      expect(mail.subject).toContain("Ada Works");
      // RFC 2047: the header itself is ASCII.
      const [head = ""] = mail.source.split("\r\n\r\n");
      expect(head).not.toMatch(/[^\t\r\n -~]/);
      expect(/[ぁ-ん]/.test(`${mail.text}`)).toBe(language === "ja");
      expect(mail.html).toContain(`<html lang="${language}">`);
      // Both parts have the same words.
      const text = `${mail.html}`.replace(/^.*<body[^>]*>|<[^>]*>/gs, "");
      const words = text.replaceAll("&#39;", "'").replace(/\s+/g, " ");
      for (const paragraph of `${mail.text}`.trim().split(/\n+/))
        expect(words).toContain(paragraph);
    },
  );

  test.each([
    "ada+tag@example.com",
    "o'hara&co@example.com",
    "{a|b}~`^!#$%*/=?_-@example.com",
    "=?utf-8?q?x?=@example.com",
  ])("goes to %s and nobody else", async (to) => {
    const mail = await send("plain", {}, { ...LETTER, to });
    expect(mail.receivers).toEqual([to]);
    expect(mail.source).toContain(`\r\nTo: ${to}\r\n`);
  });

  test.each([
    "ada@example.com\r\nBcc: eve@example.com",
    "ada@example.com\nSubject: something else",
    "ada@example.com, eve@example.com",
    "ada@example.com> SIZE=1\r\nRCPT TO:<eve@example.com",
    "ada@example.com ",
    "<ada@example.com>",
    "ada@exämple.com",
  ])("is not written to %j", (to) => {
    expect(() => writeMessage({ ...LETTER, to }, settings)).toThrow("is not an email");
  });
});

test("development prints a mail with its link, and stores it as a file that only its user can read", async () => {
  const folder = join(mkdtempSync(join(tmpdir(), "tegata-mail-")), ".data");
  const transport = openTransport({ mailUrl: undefined, production: false }, folder);
  const printed: string[] = [];
  const print = vi.spyOn(console, "log").mockImplementation((text) => void printed.push(text));
  await transport?.deliver(writeMessage({ ...LETTER, language: "ja" }, settings));
  print.mockRestore();
  const url = "https://login.example.com/reset?token=the-token";
  expect(printed.join("")).toContain(`\n${url}\n`);
  const [file = "", ...more] = readdirSync(join(folder, "mail")).filter(
    (name) => name !== ".gitignore",
  );
  expect(more).toEqual([]);
  const path = join(folder, "mail", file);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const mail = await simpleParser(readFileSync(path));
  expect(mail).toMatchObject({
    subject: "【Ada Works】パスワードの再設定",
    text: expect.stringContaining(url),
  });
});

test("production without a mail server has no transport", () => {
  expect(openTransport({ mailUrl: undefined, production: true }, "/nowhere")).toBeUndefined();
});
