/** The command that reads the audit log. */
import type { EventFilter, EventRow } from "../../db/events.ts";
import { findByLogin } from "../accounts/login.ts";
import { EVENT_TYPES } from "../audit.ts";
import { nearest } from "../nearest.ts";
import { type Command, limitOf, Misused, names, type Options, type Parts } from "./command.ts";
import { list } from "./result.ts";
import { printTable } from "./table.ts";
import { timeOf, unknownUser } from "./user.ts";

/** How many events are printed by default, and how many are read at a time. */
const DEFAULT_LIMIT = "100";
const PAGE = 500;

const UNITS_MS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

const read: Command["run"] = async (parts, _, options) => {
  const filter = await filterOf(parts, options);
  const pages = pagesOf(parts, filter, limitOf(options.limit ?? DEFAULT_LIMIT));
  return list(
    pages,
    (event) => event,
    (events) =>
      printTable(["time", "type", "user", "client", "address", "detail"], events.map(rowOf)),
  );
};

/** The events, the newest first. */
async function* pagesOf({ db }: Parts, filter: EventFilter, limit: number) {
  let left = limit;
  for (let before: number | undefined; left > 0; ) {
    const page = await db.events.list(filter, { before, limit: Math.min(left, PAGE) });
    yield page;
    before = page.at(-1)?.id;
    left = page.length < PAGE ? 0 : left - page.length;
  }
}

/** For people. JSON has all columns. */
const rowOf = ({ atMs, type, userId, clientId, address, detail }: EventRow) => [
  timeOf(atMs),
  ...[type, userId, clientId, address, detail],
];

async function filterOf(
  { db, now }: Parts,
  { user, client, type, since }: Options,
): Promise<EventFilter> {
  return {
    userId: user === undefined ? undefined : await userIdOf(db, user),
    clientId: client,
    types: type && typesOf(type),
    sinceMs: since === undefined ? undefined : sinceMsOf(since, now()),
  };
}

/** The events of an account stay when it is gone: they can be found by its id. */
async function userIdOf(db: Parts["db"], login: string): Promise<number> {
  const user = await findByLogin(db, login);
  if (user) return user.id;
  if (/^\d{1,15}$/.test(login)) return Number(login);
  throw unknownUser(login);
}

function typesOf(values: readonly string[]): string[] {
  const types = names("--type", values);
  const unknown = types.find((type) => !EVENT_TYPES.some((known) => known === type));
  if (unknown === undefined) return types;
  const meant = nearest(unknown, EVENT_TYPES);
  const hint = meant ? `did you mean ${meant}?` : `the types are ${EVENT_TYPES.join(", ")}`;
  throw new Misused(`--type: unknown type ${unknown}: ${hint}`);
}

function sinceMsOf(since: string, nowMs: number): number {
  const [, count, unit = ""] = since.match(/^(\d{1,6})([mhd])$/) ?? [];
  if (count !== undefined) return nowMs - Number(count) * (UNITS_MS[unit] ?? 0);
  const ms = /^\d{4}-\d\d-\d\d/.test(since) ? Date.parse(since) : Number.NaN;
  if (Number.isNaN(ms))
    throw new Misused(
      "--since: must be an age such as 30m, 12h or 7d, or a time such as 2026-11-28",
    );
  return ms;
}

export const AUDIT_COMMAND: Command = {
  name: "audit",
  usage: "audit [--user LOGIN] [--client ID] [--type NAMES] [--since TIME] [--limit NUMBER]",
  help: `Reads the audit log, the newest event first: time, type, user, client, address, detail.
It prints the last ${DEFAULT_LIMIT} events, or as many as --limit says; with --json, all that is known of each. A user is
named by email, username or id. TIME is an age (30m, 12h, 7d) or a time (2026-11-28T12:00Z).
Types: ${EVENT_TYPES.join(", ")}.`,
  takesArgument: false,
  options: ["user", "client", "type", "since", "limit"],
  run: read,
};
