/** Reads a user that another system exported: its columns under their names there, as an account has them here. */
import type { z } from "zod";
import type { NewUser } from "../../db/users.ts";
import { fieldError, inputErrorsOf } from "./field-errors.ts";
import { Email, FullName, Username, usernameKeys } from "./identity.ts";
import { readImportedHash } from "./imported-hash.ts";

/** A line of a file, by column. */
export type ImportRecord = Readonly<Record<string, unknown>>;

/** Why a record cannot be imported. It never contains a value. */
export interface Problem {
  /** The column, as the file names it. */
  field: string;
  /** Follows the name of the field. */
  reason: string;
}

/** What a column says. */
type Meaning =
  | "email"
  | "username"
  | "fullName"
  | "metadata"
  | "hash"
  | "disabled"
  | "active"
  | "disabledUntil"
  | "disabledSince"
  | "verified"
  | "verifiedAt"
  | "createdAt";

/**
 * The columns of both FastAPI systems, of better-auth (`user` with the password of `account`), of Supabase, of Django and
 * of `tegata users export`; without case, `_` and `-`.
 */
const COLUMNS: ReadonlyMap<string, Meaning> = new Map(
  Object.entries({
    email: "email",
    username: "username",
    fullname: "fullName",
    name: "fullName",
    rawusermetadata: "metadata",
    password: "hash",
    hashedpassword: "hash",
    encryptedpassword: "hash",
    passwordhash: "hash",
    disabled: "disabled",
    banned: "disabled",
    isactive: "active",
    banneduntil: "disabledUntil",
    deletedat: "disabledSince",
    emailverified: "verified",
    emailverifiedat: "verifiedAt",
    emailconfirmedat: "verifiedAt",
    createdat: "createdAt",
    datejoined: "createdAt",
  } as const),
);

/** What a column says; undefined if it is ignored. */
export const meaningOf = (column: string): Meaning | undefined =>
  COLUMNS.get(column.toLowerCase().replaceAll(/[_-]/g, ""));

/** A value with the name of its column. */
interface Cell {
  column: string;
  text: string;
}

/** The values that are not empty, by what they say. If two columns say the same, the first that is not empty counts. */
function cellsOf(record: ImportRecord): Partial<Record<Meaning, Cell>> {
  const cells: Partial<Record<Meaning, Cell>> = {};
  for (const [column, value] of Object.entries(record)) {
    const meaning = meaningOf(column);
    const text = typeof value === "object" ? JSON.stringify(value) : String(value ?? "");
    // PostgreSQL and MySQL write \N for NULL.
    const isEmpty = value === null || text === "" || text === "\\N";
    if (meaning && !isEmpty) cells[meaning] ??= { column, text };
  }
  return cells;
}

/** A record cannot be imported. */
class Invalid extends Error {
  readonly problem: Problem;
  constructor(field: string, reason: string) {
    super(reason);
    this.problem = { field, reason };
  }
}

/** Reads a record. @param nowMs when it is imported, in epoch milliseconds */
export function readImportRecord(
  record: ImportRecord,
  nowMs: number,
): { is: "user"; user: NewUser } | { is: "invalid"; problem: Problem } {
  try {
    return { is: "user", user: userOf(cellsOf(record), nowMs) };
  } catch (error) {
    if (error instanceof Invalid) return { is: "invalid", problem: error.problem };
    throw error;
  }
}

function userOf(cells: ReturnType<typeof cellsOf>, nowMs: number): NewUser {
  if (!cells.email) throw new Invalid("email", "is missing");
  const email = parse(Email, cells.email);
  return {
    email,
    ...namesOf(cells.username, email),
    fullName: (cells.fullName ? parse(FullName, cells.fullName) : fullNameIn(cells)) ?? null,
    passwordHash: hashOf(cells.hash),
    disabled: isDisabled(cells, nowMs),
    emailVerifiedAtMs: verifiedAtMsOf(cells, nowMs),
    createdAtMs: cells.createdAt ? timeOf(cells.createdAt) : nowMs,
  };
}

function parse<Output>(rule: z.ZodType<Output>, { column, text }: Cell): Output {
  const parsed = rule.safeParse(text);
  if (parsed.success) return parsed.data;
  const { input = fieldError("invalid_value") } = inputErrorsOf(parsed.error);
  throw new Invalid(column, input.message);
}

/** A username that is the email again is none: the email logs in. */
function namesOf(cell: Cell | undefined, email: string) {
  const isEmail = cell && Email.safeParse(cell.text).data === email;
  if (!cell || isEmail) return { username: null, usernameKey: null };
  const username = parse(Username, cell);
  return { username, usernameKey: usernameKeys(username).folded };
}

/** Supabase keeps the name in JSON. */
function fullNameIn({ metadata }: ReturnType<typeof cellsOf>): string | undefined {
  if (!metadata) return undefined;
  const { column } = metadata;
  try {
    const read: unknown = JSON.parse(metadata.text);
    const { full_name, name } = {
      full_name: "",
      name: "",
      ...(read instanceof Object ? read : {}),
    };
    const text = String(full_name || name);
    return text === "" ? undefined : parse(FullName, { column, text });
  } catch (error) {
    throw error instanceof SyntaxError ? new Invalid(column, "must be JSON") : error;
  }
}

function hashOf(cell: Cell | undefined): string {
  if (!cell) throw new Invalid("password", "has no hash: its owner could not log in");
  const read = readImportedHash(cell.text);
  if (read.is === "hash") return read.hash;
  throw new Invalid(
    cell.column,
    read.scheme === "unknown"
      ? "is not a hash of a known scheme"
      : `is a hash of the scheme ${read.scheme} that is damaged, costs too much or is not supported`,
  );
}

function isDisabled(cells: ReturnType<typeof cellsOf>, nowMs: number): boolean {
  const { disabled, active, disabledUntil, disabledSince } = cells;
  return (
    (disabled !== undefined && flagOf(disabled)) ||
    (active !== undefined && !flagOf(active)) ||
    (disabledUntil !== undefined && timeOf(disabledUntil) > nowMs) ||
    (disabledSince !== undefined && timeOf(disabledSince) <= nowMs)
  );
}

/** A source that says only that an address was verified, and not when, verified it before now. */
function verifiedAtMsOf({ verifiedAt, verified }: ReturnType<typeof cellsOf>, nowMs: number) {
  if (verifiedAt) return timeOf(verifiedAt);
  return verified && flagOf(verified) ? nowMs : null;
}

function flagOf({ column, text }: Cell): boolean {
  if (/^(true|t|1|yes)$/i.test(text)) return true;
  if (/^(false|f|0|no)$/i.test(text)) return false;
  throw new Invalid(column, "must be true or false");
}

/** The last millisecond that JavaScript can write: PostgreSQL's `infinity`. */
const FOREVER_MS = 8.64e15;

/** A time in ISO 8601 or as databases write it, in UTC if it has no zone, or in epoch seconds or milliseconds. */
function timeOf({ column, text }: Cell): number {
  if (text === "infinity") return FOREVER_MS;
  if (/^\d{9,10}(\.\d+)?$/.test(text)) return Math.round(Number(text) * 1000);
  if (/^\d{12,14}$/.test(text)) return Number(text);
  const [, date, time = "00:00", zone = "Z"] =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(Z|UTC|[+-]\d\d(?::?\d\d)?)?)?$/.exec(
      text,
    ) ?? [];
  const offset = zone.replace("UTC", "Z").replace(/^([+-]\d\d):?(\d\d)?$/, "$1:$2");
  const ms = Date.parse(`${date}T${time}${offset.endsWith(":") ? `${offset}00` : offset}`);
  if (!Number.isNaN(ms)) return ms;
  throw new Invalid(column, "must be a time such as 2026-11-28T12:00:00Z");
}
