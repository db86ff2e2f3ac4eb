/**
 * Tickets: sealed texts that carry what a later step must know, such as the links in mails. Nothing of them is stored.
 * What a ticket is used for makes it single-use: a statement that only the first use can carry out.
 */
import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { z } from "zod";

/** What a ticket is for. One that was sealed for another purpose does not open. */
export interface Purpose<Data> {
  name: string;
  data: z.ZodType<Data>;
}

/** Seals and opens tickets. */
export interface Tickets {
  /**
   * Seals data, which the holder of the ticket can read but not change.
   * @param endMs when it stops opening, in epoch milliseconds
   * @returns URL-safe text
   */
  seal<Data>(purpose: Purpose<Data>, data: Data, endMs: number): string;
  /** @returns the data; undefined if the text is not such a ticket, or not any more */
  open<Data>(purpose: Purpose<Data>, text: string): Data | undefined;
}

/** The longest ticket, in characters: it must fit a line of a mail, and the URL of a page. */
const MAX_LENGTH = 1200;
/** The content and its HMAC-SHA-256, in base64url. */
const FORM = /^([\w-]+)\.([\w-]{43})$/;

const Content = z.strictObject({ endMs: z.number(), data: z.unknown() });

/**
 * Opens them.
 * @param keys the first seals, all open
 * @param now epoch milliseconds
 */
export function openTickets(keys: readonly Buffer[], now: () => number): Tickets {
  /** A key for each purpose: no ticket can be taken for another, whatever it contains. */
  const sealOf = (key: Buffer, { name }: Purpose<unknown>, content: string) =>
    createHmac("sha256", Buffer.from(hkdfSync("sha256", key, "", name, 32)))
      .update(content)
      .digest("base64url");

  return {
    seal(purpose, data, endMs) {
      const [key] = keys;
      if (!key) throw new Error("there is no key to seal with");
      const content = Buffer.from(JSON.stringify({ endMs, data })).toString("base64url");
      const text = `${content}.${sealOf(key, purpose, content)}`;
      if (text.length > MAX_LENGTH) throw new Error("the data of a ticket is too long");
      return text;
    },

    open(purpose, text) {
      const [, content = "", seal = ""] = (text.length <= MAX_LENGTH && FORM.exec(text)) || [];
      // All keys are tried, so that the time does not tell which one fits.
      const fits = keys.map((key) => isEqual(sealOf(key, purpose, content), seal));
      if (!fits.includes(true)) return undefined;
      const { endMs, data } = Content.parse(
        JSON.parse(Buffer.from(content, "base64url").toString()),
      );
      const read = purpose.data.safeParse(data);
      return endMs > now() && read.success ? read.data : undefined;
    },
  };
}

const isEqual = (one: string, other: string) =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
