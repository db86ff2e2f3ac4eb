/** Where mails go: to a mail server; in development, if none is set, to the console and to files. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SendMailOptions } from "nodemailer";
import type { Settings } from "../settings.ts";
import { type MailServer, readMailUrl } from "./mail-url.ts";
import type { Message } from "./message.ts";

/** Delivers mails. */
export interface Transport {
  /** Where to, for people to read. Contains no password. */
  readonly name: string;
  /** @throws what the mail server or the connection answered; `responseCode` is the SMTP code, if there is one */
  deliver(message: Message): Promise<void>;
}

/** A transport that can be tried. */
interface TriableTransport extends Transport {
  /** Connects and logs in, and sends nothing. @throws as `deliver` */
  verify(): Promise<void>;
}

/** The longest pause of a mail server in any step, in milliseconds. */
const TIMEOUT_MS = 10_000;

/**
 * Opens the transport that the settings name.
 * @param folder where development stores mails
 * @returns undefined in production without a mail server
 */
export function openTransport(
  { mailUrl, production }: Pick<Settings, "mailUrl" | "production">,
  folder: string,
): TriableTransport | undefined {
  if (mailUrl !== undefined) {
    const read = readMailUrl(mailUrl);
    if (read.is === "invalid") throw new Error(`MAIL_URL: ${read.message}`);
    return serverTransport(read.server);
  }
  return production ? undefined : developmentTransport(join(folder, "mail"));
}

/** Sends each mail over a connection of its own: an idle one may have been closed by the time it is needed. */
function serverTransport({ host, port, tls, ca, login }: MailServer): TriableTransport {
  const options = {
    host,
    port,
    secure: tls === "smtps",
    requireTLS: tls === "starttls",
    ignoreTLS: tls === "none",
    ...(login && { auth: login }),
    ...(ca !== undefined && { tls: { ca } }),
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    dnsTimeout: TIMEOUT_MS,
    // Nothing in a mail may name a file or a URL to send.
    disableFileAccess: true,
    disableUrlAccess: true,
  };
  return {
    name: `${tls === "smtps" ? "smtps" : "smtp"}://${host}:${port}`,
    async deliver(message) {
      const { createTransport } = await import("nodemailer");
      await createTransport(options).sendMail(optionsOf(message));
    },
    async verify() {
      const { createTransport } = await import("nodemailer");
      await createTransport(options).verify();
    },
  };
}

/**
 * Prints mails, with their links, and stores them as files that mail programs open. This is the one place where a link is
 * printed, and it is never in production.
 */
function developmentTransport(folder: string): TriableTransport {
  return {
    name: `the console, and files in ${folder}`,
    async deliver(message) {
      const { createTransport } = await import("nodemailer");
      const composer = createTransport({ streamTransport: true });
      const composed = await composer.sendMail(optionsOf(message));
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFile(join(folder, ".gitignore"), "*\n");
      const name = `${Date.now()}-${message.messageId.slice(1, 9)}.eml`;
      await writeFile(join(folder, name), composed.message, { mode: 0o600 });
      console.log(`\nTo: ${message.to}\nSubject: ${message.subject}\n\n${message.text}`);
    },
    verify: async () => undefined,
  };
}

/** RFC 3834 section 5: no program answers a mail with this header. */
const HEADERS = { "Auto-Submitted": "auto-generated" };

function optionsOf({ from, to, subject, text, html, messageId }: Message): SendMailOptions {
  return {
    from,
    // Both are parsed: `writeMessage` has made sure that it is one address.
    to: { name: "", address: to },
    envelope: { from: from.address, to: [to] },
    subject,
    text,
    html,
    messageId,
    headers: HEADERS,
  };
}
