/** What a mail says, as plain text and as simple HTML: no images, and nothing that tells whether it was opened. */
import { randomUUID } from "node:crypto";
import type { Settings } from "../settings.ts";
import { en } from "./texts/en.ts";
import { ja } from "./texts/ja.ts";

/** The languages of the mails. The first is used if nobody asked for one. */
export const LANGUAGES = ["en", "ja"] as const;

/** A language of the mails. */
export type Language = (typeof LANGUAGES)[number];

/** What a mail is about. */
export type MailKind =
  | "verify"
  | "reset"
  | "change"
  | "changed"
  | "changed_again"
  | "password_changed"
  | "test";

/** A mail that is to be written. */
export interface Letter {
  kind: MailKind;
  /** An email as `identity.ts` has parsed it: an ASCII addr-spec, which cannot add a header. */
  to: string;
  language: Language;
  /** The page that the mail links to, and its ticket. */
  link?: { page: "verify" | "reset" | "change-email" | "take-back"; token: string };
}

/** A mail that is written. */
export interface Message {
  kind: MailKind;
  from: { name: string; address: string };
  to: string;
  subject: string;
  text: string;
  html: string;
  /** The same at every try, so that a receiver can tell that it has the mail already. */
  messageId: string;
}

/** What the texts mention. */
interface Words {
  brand: string;
  /** The host of the service. */
  host: string;
}

/** The texts of one mail. A mail with a link has a `button`. */
interface Wording {
  subject: string;
  before: string[];
  button?: string;
  after: string[];
}

/** The mails of a language. */
export type Wordings = Record<MailKind, (words: Words) => Wording>;

const WORDINGS: Record<Language, Wordings> = { en, ja };

/** What `identity.ts` makes of an email. Anything else could be read as two receivers, or as another command. */
const ADDRESS = /^[\w.!#$%&'*+/=?^`{|}~-]+@[a-z\d.-]+$/;

/** The settings that a mail depends on. */
export type MailSettings = Pick<Settings, "issuer" | "mailFrom" | "brandName">;

/**
 * Writes a mail. Its links begin with the issuer, never with what a request says.
 * @throws if the receiver is not an email
 */
export function writeMessage(
  { kind, to, language, link }: Letter,
  { issuer, mailFrom, brandName }: MailSettings,
): Message {
  if (!ADDRESS.test(to)) throw new Error("the receiver of a mail is not an email");
  const host = new URL(issuer).hostname;
  const words = WORDINGS[language][kind]({ brand: brandName, host });
  const url = link && `${issuer.replace(/\/$/, "")}/${link.page}?token=${link.token}`;
  return {
    kind,
    from: { name: brandName, address: mailFrom ?? `no-reply@${host}` },
    to,
    subject: words.subject,
    text: textOf(words, url),
    html: htmlOf(words, url, language),
    messageId: `<${randomUUID()}@${host}>`,
  };
}

function textOf({ before, after }: Wording, url: string | undefined): string {
  return `${[...before, ...(url === undefined ? [] : [url]), ...after].join("\n\n")}\n`;
}

function htmlOf(
  { subject, before, button = "", after }: Wording,
  url: string | undefined,
  language: Language,
): string {
  const paragraph = (text: string) => `<p>${escapeHtml(text)}</p>`;
  const link = (text: string) => `<a href="${escapeHtml(url ?? "")}">${escapeHtml(text)}</a>`;
  // The URL is written out, too: some programs show no links.
  const action = url === undefined ? [] : [`<p><b>${link(button)}</b></p>`, `<p>${link(url)}</p>`];
  const body = [...before.map(paragraph), ...action, ...after.map(paragraph)].join("\n");
  return `<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><title>${escapeHtml(subject)}</title></head>
<body style="font-family: sans-serif; line-height: 1.5; max-width: 36em">
${body}
</body>
</html>
`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const escapeHtml = (text: string) =>
  text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? "");
