/** The encodings of a body and of a query, tolerant: what they are given need not be valid. */

/** A field: its name, and its value as JSON, or nearly. */
export type Field = readonly [name: string, value: string];

/** Bytes, written as the latin1 text that has them. */
export const latin1 = (text: string): string => Buffer.from(text).toString("latin1");

/** Percent-encodes all but letters and digits; text with a lone surrogate becomes bytes that are not UTF-8. */
export const percent = (text: string): string =>
  text.isWellFormed()
    ? encodeURIComponent(text).replace(/[^\w%]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)
    : "%ed%a0%80";

/** What a form has for a value: a string without its quotes. */
export function plain(json: string): string {
  try {
    const parsed: unknown = JSON.parse(json);
    return typeof parsed === "string" ? parsed : json;
  } catch {
    return json;
  }
}

/** Unlike JSON.stringify, it can repeat a name. */
export const asJson = (fields: readonly Field[]): string =>
  `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(",")}}`;

/** A form or a query. */
export const asPairs = (fields: readonly Field[]): string =>
  fields.map(([name, value]) => `${percent(name)}=${percent(plain(value))}`).join("&");

const asParts = (fields: readonly Field[]): string =>
  [
    ...fields.map(
      ([name, value]) =>
        `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${plain(value)}\r\n`,
    ),
    "--x--\r\n",
  ].join("");

/** How a body is encoded, in latin1, by its media type. */
export const ENCODINGS: ReadonlyMap<string, (fields: readonly Field[]) => string> = new Map([
  ["application/json", (fields) => latin1(asJson(fields))],
  ["application/x-www-form-urlencoded", asPairs],
  ["multipart/form-data", (fields) => latin1(asParts(fields))],
]);
