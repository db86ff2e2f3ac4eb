/**
 * Mail, sent in the background: an answer never waits for a mail server, and its time never tells whether a mail was
 * sent.
 */
import type { Log } from "../log.ts";
import {
  type Letter,
  type MailKind,
  type MailSettings,
  type Message,
  writeMessage,
} from "./message.ts";
import { type MailQueue, openMailQueue } from "./queue.ts";
import type { Transport } from "./transport.ts";

/** Sends mails. */
export interface Mail {
  /** Whether mails can be sent. */
  readonly isAvailable: boolean;
  /** Where they go, for people to read. */
  readonly name: string;
  /**
   * Sends a mail in the background. If mails cannot be sent, nothing happens; if too many wait, it is dropped, and logged.
   * @param prepare finds out what to send, in the background too; undefined if there is nothing to send
   */
  post(
    about: { kind: MailKind; requestId: string | undefined },
    prepare: () => Promise<Letter | undefined>,
  ): void;
  /** How many mails wait, or are being sent. */
  waiting(): number;
  /** Whether so many wait that the next one will be dropped. */
  isFull(): boolean;
  /** Sends what still waits, as long as {@link MailQueue.close} waits. What is left is lost, and logged. */
  close(untilMs?: number): Promise<void>;
}

/** Opens the mail. @param transport undefined if mails cannot be sent */
export function openMail(
  settings: MailSettings,
  log: Log,
  transport: Transport | undefined,
  queue: MailQueue = openMailQueue(),
): Mail {
  const name = transport?.name ?? "off: set MAIL_URL for password resets and confirmed addresses";
  return {
    isAvailable: transport !== undefined,
    name,
    post(about, prepare) {
      if (!transport) return;
      let message: Message | undefined;
      const isAdded = queue.add(async (isLast) => {
        try {
          if (!message) {
            const letter = await prepare();
            if (!letter) return true;
            message = writeMessage(letter, settings);
          }
          await transport.deliver(message);
          log.info(about, "a mail was sent");
          return true;
        } catch (err) {
          const isOver = isLast || isPermanent(err);
          const text = isOver ? "a mail could not be sent" : "a mail will be tried again";
          log[isOver ? "error" : "warn"]({ ...about, ...codeOf(err), err }, text);
          return isOver;
        }
      });
      if (!isAdded) log.error(about, "a mail was dropped: too many are waiting");
    },
    waiting: queue.waiting,
    isFull: queue.isFull,
    async close(untilMs) {
      const lost = await queue.close(untilMs);
      if (lost > 0) log.error({ lost }, "mails were not sent before the end");
    },
  };
}

/** The code of an SMTP server that has refused (RFC 5321 section 4.2.1). */
function codeOf(error: unknown): { responseCode?: number } {
  const code = error instanceof Error && "responseCode" in error ? error.responseCode : undefined;
  return typeof code === "number" ? { responseCode: code } : {};
}

/** 5xx means that the same mail will be refused again. */
const isPermanent = (error: unknown) => (codeOf(error).responseCode ?? 0) >= 500;
