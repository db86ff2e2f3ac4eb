/** The language of the page, and everything that depends on it. */
import type { FieldError } from "../index.ts";
import { en, type Texts } from "./texts/en.ts";
import { ja } from "./texts/ja.ts";

/** The language of the page, which is that of the browser if the page is available in it. */
export const language = /^ja\b/.test(navigator.language) ? "ja" : "en";

/** Every text of the page, in that language. */
export const texts: Texts = language === "ja" ? ja : en;

/** What is wrong with a field, in that language. */
export function fieldErrorText({ code, limit }: FieldError): string {
  // After an update of the server, a page that is still open may receive a code that it does not know.
  const text: (limit?: number) => string =
    texts.fieldErrors[code] ?? texts.fieldErrors.invalid_value;
  return text(limit);
}

const dateAndTime = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });

/** A date and time in the format of that language. @param ms epoch milliseconds */
export const timeText = (ms: number): string => dateAndTime.format(ms);

const eventTexts: ReadonlyMap<string, (detail: string) => string> = new Map(
  Object.entries(texts.eventTypes),
);

/** What happened, in that language. A server that is newer than the page may have an event that the page does not know. */
export const eventText = ({ type, detail }: { type: string; detail: string | null }): string =>
  eventTexts.get(type)?.(detail ?? "") ?? type;
