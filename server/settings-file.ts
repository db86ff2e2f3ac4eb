/** Reads the settings file, `.env`. If a line is invalid, the whole file is rejected with the number of the line. */
import { lstatSync, readFileSync } from "node:fs";
import { nearest } from "./nearest.ts";

/** The content of a settings file. A problem names the line. It never contains a value, which may be a secret. */
export type SettingsFile =
  | { is: "read"; values: Readonly<Record<string, string>> }
  | { is: "refused"; problems: readonly string[] };

type Groups = Readonly<Record<string, string | undefined>>;

/** A line that sets a key. A value in quotes can have several lines. */
interface Entry {
  key: string;
  quote: "" | "'" | '"' | "`";
  /** The text between the quotes, or after the equals sign. */
  written: string;
}

/** An empty line or a comment. */
const NOTHING = /[ \t]*(#[^\n]*)?(\n|$)/y;
const ENTRY =
  /[ \t]*(?:export[ \t]+)?(?<key>[\w.-]+)[ \t]*=(?: *(?:'(?<single>[^']*)'|"(?<double>(?:[^"\\]|\\[\s\S])*)"|`(?<back>[^`]*)`)[ \t]*(?:#[^\n]*)?|(?<bare>(?! *["'`])[^\n]*))(?:\n|$)/y;
const LINE = /[^\n]*(\n|$)/y;

const NOT_TEXT =
  "is not text in UTF-8, or in UTF-16 with a byte order mark: save the file as UTF-8";

/**
 * Reads a settings file. A file that does not exist sets nothing.
 * @param keys the keys of all settings
 */
export function readSettingsFile(path: string, keys: readonly string[]): SettingsFile {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "") throw error;
    // A broken symbolic link exists, so it is an error.
    if (code === "ENOENT" && !lstatSync(path, { throwIfNoEntry: false }))
      return { is: "read", values: {} };
    const why = code === "EISDIR" ? "is a directory" : `cannot be read (${code})`;
    return { is: "refused", problems: [`${path}: ${why}; correct that, or remove it`] };
  }
  const parsed = parseSettingsFile(decode(bytes), keys);
  if (parsed.is === "read") return parsed;
  return { is: "refused", problems: parsed.problems.map((problem) => `${path} ${problem}`) };
}

/** Decodes UTF-8 and UTF-16. Windows PowerShell writes UTF-16 when it redirects the output of a command to a file. */
function decode(bytes: Buffer): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  return new TextDecoder().decode(bytes);
}

/**
 * Parses the text of a settings file. `parseEnv` of Node.js reads the same values from every accepted file. It does not
 * replace this function, because it guesses the meaning of invalid lines.
 * @param keys the keys of all settings
 */
export function parseSettingsFile(text: string, keys: readonly string[]): SettingsFile {
  const source = text.replaceAll(/\r\n?/g, "\n");
  const values: Record<string, string> = {};
  /** The line of each setting that has a value. */
  const setAt = new Map<string, number>();
  const problems: string[] = [];
  for (let at = 0, line = 1; at < source.length; ) {
    const nothing = matchAt(NOTHING, source, at);
    const match = nothing ?? matchAt(ENTRY, source, at) ?? matchAt(LINE, source, at);
    const whole = match?.[0] ?? "";
    const entry = match?.groups ? entryOf(match.groups) : undefined;
    if (entry) {
      values[entry.key] = readValue(entry);
      const problem = wrongWithEntry(entry, keys, setAt.get(entry.key));
      if (problem !== undefined) problems.push(`line ${line}: ${problem}`);
      if (readValue(entry).trim() !== "") setAt.set(entry.key, line);
    } else if (!nothing) problems.push(`line ${line}: ${wrongWithLine(whole)}`);
    at += whole.length;
    line += whole.split("\n").length - 1;
  }
  return problems.length > 0 ? { is: "refused", problems } : { is: "read", values };
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function entryOf({ key = "", single, double, back, bare = "" }: Groups): Entry {
  if (single !== undefined) return { key, quote: "'", written: single };
  if (double !== undefined) return { key, quote: '"', written: double };
  if (back !== undefined) return { key, quote: "`", written: back };
  return { key, quote: "", written: bare };
}

function readValue({ quote, written }: Entry): string {
  if (quote === '"') return written.replaceAll("\\n", "\n");
  return quote === "" ? written.replace(/#[^\n]*/, "").replace(/^ +| +$/g, "") : written;
}

/** Explains why a line is neither a comment nor sets a key. */
function wrongWithLine(line: string): string {
  if (/[\0\uFFFD]/.test(line)) return NOT_TEXT;
  if (/^\s*[\w.-]+\s*:/.test(line)) return "write KEY=value, with an equals sign";
  if (/^\s*(export\s+)?[\w.-]+\s*= *["'`]/.test(line))
    return "the quote is not closed, or something other than a # comment follows it";
  return "is neither KEY=value nor a # comment";
}

/** The end of a key that names a unit of time. */
const UNIT =
  /[._-](ms|millis(econds)?|s|sec(ond)?s?|m|min(ute)?s?|h|hours?|d|days?|weeks?|months?|years?)$/i;

/** Finds the setting that an unknown key looks like: misspelt, with `TEGATA_` before it, or in another unit or none. */
function meantSetting(key: string, keys: readonly string[]): string | undefined {
  const name = key.replace(/^TEGATA[._-]/i, "");
  const withoutUnit = (one: string) => one.replace(UNIT, "");
  const inUnits = keys.filter((one) => UNIT.test(one));
  const stem = nearest(withoutUnit(name), inUnits.map(withoutUnit));
  return nearest(name, keys) ?? inUnits.find((one) => withoutUnit(one) === stem);
}

/** Describes the problem of a line that sets a key. Values for other programs are not checked. */
function wrongWithEntry(
  entry: Entry,
  keys: readonly string[],
  setAt: number | undefined,
): string | undefined {
  const { key, written } = entry;
  // A line of Base64 can end with equals signs, but has nothing after them.
  const swallowed = written.match(/\n[ \t]*(?:export[ \t]+)?[A-Z_][A-Z0-9_]*[ \t]*=[ \t]*[^\s=]/);
  if (swallowed) return "the quote is not closed before the next setting";
  if (!keys.includes(key)) {
    const meant = meantSetting(key, keys);
    return meant && `${key} is not a setting; did you mean ${meant}?`;
  }
  if (setAt !== undefined) return `${key} is already set in line ${setAt}: remove one of them`;
  const problem = wrongWithValue(entry, keys);
  return problem && `${key}: ${problem}`;
}

function wrongWithValue(entry: Entry, keys: readonly string[]): string | undefined {
  const { quote, written } = entry;
  const value = readValue(entry);
  if (/[\0\uFFFD]/.test(value)) return NOT_TEXT;
  if (quote === '"' && written.includes('\\"'))
    return 'a \\" within "quotes" is not understood: put the value between single quotes';
  if ((quote === "" || quote === '"') && /\$\{\w/.test(value))
    return "variables are not expanded: write the value itself, or put it between single quotes to keep the ${";
  if (quote !== "") return undefined;
  // For Node.js the rest is a comment; for other programs it is part of the value.
  if (/^[^#]*[^#\s]#|^#\S/.test(written)) return "put a value that contains # between quotes";
  if (value !== value.trim())
    return "has a tab or another white space at its edge: remove it, or put the value between quotes";
  const next = value.match(/[ \t]([A-Z_]+)=/)?.[1];
  if (next !== undefined && keys.includes(next)) return `${next} must be in a line of its own`;
  return undefined;
}
