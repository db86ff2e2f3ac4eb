/** The queries of every request that carries a token: a session with its user, also by a refresh token. */
import { Column, eq, getTableColumns, inArray } from "drizzle-orm";
import type { AnyMySqlColumn } from "drizzle-orm/mysql-core";
import { alias } from "./alias.ts";
import type { Connection } from "./connect.ts";
import { gather } from "./gather.ts";
import type { PublicUser } from "./public-user.ts";
import type { RefreshToken } from "./refresh-tokens.ts";
import type { Tables } from "./schema.ts";
import type { Session } from "./sessions.ts";
import type { User } from "./users.ts";

/** How many keys a query can look up. There are only a few sizes, because the server prepares a statement for each. */
const SIZES = [1, 2, 4, 8, 16, 32, 64] as const;
const MOST = 64;

/** A session with its user; `user` is null if the client acts on its own behalf. */
export interface SessionWithUser {
  session: Session;
  user: User | null;
}

/** The owner of a token: a user, or, if `user` is null, the client itself. */
export interface TokenOwner {
  session: Pick<Session, "id" | "clientId" | "scope" | "expiresAtMs" | "revokedAtMs" | "parentId">;
  user: PublicUser | null;
}

/** A refresh token with its session and the user. */
export interface RefreshTokenWithUser {
  token: RefreshToken;
  session: Session;
  user: User;
}

/** Makes the function that finds a session by its id. */
export function sessionLookup(
  connection: Connection,
): (id: string) => Promise<SessionWithUser | undefined> {
  const { users, sessions } = connection.tables;
  return lookupById<Session, User>(connection, getTableColumns(sessions), getTableColumns(users));
}

/**
 * Makes the function that finds the owner of a token. Every request asks for it, and each column takes time: it reads only
 * those that requests need.
 */
export function ownerLookup(
  connection: Connection,
): (sessionId: string) => Promise<TokenOwner | undefined> {
  const { users, sessions } = connection.tables;
  const { id, clientId, scope, expiresAtMs, revokedAtMs, parentId } = sessions;
  const ofSession = { id, clientId, scope, expiresAtMs, revokedAtMs, parentId };
  const { passwordHash, usernameKey, emailChangedAtMs, ...ofUser } = getTableColumns(users);
  return lookupById<TokenOwner["session"], PublicUser>(connection, ofSession, ofUser);
}

/** Makes the function that finds some columns of a session and of its user. */
function lookupById<S extends Ending & { id: string }, U>(
  connection: Connection,
  ofSession: Columns<S>,
  ofUser: Columns<U>,
): (id: string) => Promise<{ session: S; user: U | null } | undefined> {
  const { sql, tables } = connection;
  const { users, sessions } = tables;
  const { parent, end } = parentOf(tables);
  const textOf = (ids: string[]) =>
    sql
      .select({ session: ofSession, user: ofUser, end })
      .from(sessions)
      .leftJoin(users, eq(users.id, sessions.userId))
      .leftJoin(parent, eq(parent.id, sessions.parentId))
      .where(inArray(sessions.id, ids))
      .toSQL().sql;
  const read = ownerReader<S, U>(ofSession, ofUser, 0);
  return lookup(connection, textOf, (row) => {
    const found = read(row);
    return [found.session.id, found];
  });
}

/** Makes the function that finds a refresh token by its hash. */
export function refreshTokenLookup(
  connection: Connection,
): (hash: string) => Promise<RefreshTokenWithUser | undefined> {
  const { sql, tables } = connection;
  const { users, sessions, refreshTokens } = tables;
  const { parent, end } = parentOf(tables);
  const textOf = (hashes: string[]) =>
    sql
      .select({ token: refreshTokens, session: sessions, user: users, end })
      .from(refreshTokens)
      .innerJoin(sessions, eq(sessions.id, refreshTokens.sessionId))
      .innerJoin(users, eq(users.id, sessions.userId))
      .leftJoin(parent, eq(parent.id, sessions.parentId))
      .where(inArray(refreshTokens.hash, hashes))
      .toSQL().sql;
  const ofToken = getTableColumns(refreshTokens);
  const tokenOf = rowReader<RefreshToken>(ofToken, 0);
  const read = ownerReader<Session, User>(
    getTableColumns(sessions),
    getTableColumns(users),
    widthOf(ofToken),
  );
  const find = lookup(connection, textOf, (row) => {
    const token = tokenOf(row);
    return [token.hash, { token, ...read(row) }];
  });
  return async (hash) => {
    const found = await find(hash);
    return found?.user ? { ...found, user: found.user } : undefined;
  };
}

/**
 * Makes the function that finds a row by its key. The text is built once, and the rows are read here: drizzle would
 * take as long as everything else that a request needs.
 */
function lookup<Row>(
  { rows }: Connection,
  textOf: (keys: string[]) => string,
  read: (row: readonly unknown[]) => [key: string, row: Row],
): (key: string) => Promise<Row | undefined> {
  const queries = SIZES.map((size) => ({ size, text: textOf(Array<string>(size).fill("")) }));
  return gather(MOST, async (keys: readonly string[], sinceMs) => {
    const query = queries.find(({ size }) => size >= keys.length);
    if (!query) throw new Error("too many keys");
    const repeated = Array<string>(query.size - keys.length).fill(keys[0] ?? "");
    const found = await rows(query.text, [...keys, ...repeated], sinceMs);
    return new Map(found.map(read));
  });
}

/** The session that has opened another one, and the columns of its end. */
function parentOf({ sessions }: Tables) {
  const parent = alias(sessions, "parent");
  const { expiresAtMs, revokedAtMs } = parent;
  return { parent, end: { expiresAtMs, revokedAtMs } };
}

/** The end of a session, and the session that has opened it. */
type Ending = Pick<Session, "expiresAtMs" | "revokedAtMs" | "parentId">;
/** The end of the session that has opened another one; `expiresAtMs` is null if it is not there. */
type ParentEnd = Pick<Session, "revokedAtMs"> & { expiresAtMs: number | null };

/** A session with the end that it really has: its own, or that of its parent if that comes first. */
function endedWith<S extends Ending>(session: S, parent: ParentEnd): S {
  // A parent that is not there has been deleted, because it was over.
  const expiresAtMs = Math.min(session.expiresAtMs, parent.expiresAtMs ?? 0);
  return { ...session, revokedAtMs: session.revokedAtMs ?? parent.revokedAtMs, expiresAtMs };
}

/** Makes the function that reads a session, its user and the end of its parent from a row that has them from an index on. */
function ownerReader<S extends Ending, U>(ofSession: Columns<S>, ofUser: Columns<U>, from: number) {
  const sessionOf = rowReader<S>(ofSession, from);
  const userAt = from + widthOf(ofSession);
  const userOf = rowReader<U>(ofUser, userAt);
  const parentAt = userAt + widthOf(ofUser);
  const endOf = (row: readonly unknown[]): ParentEnd => ({
    expiresAtMs: numberOf(row[parentAt]),
    revokedAtMs: numberOf(row[parentAt + 1]),
  });
  return (row: readonly unknown[]): { session: S; user: U | null } => {
    const own = sessionOf(row);
    const session = own.parentId === null ? own : endedWith(own, endOf(row));
    return { session, user: row[userAt] === null ? null : userOf(row) };
  };
}

/** The columns of what is read, by its names. */
type Columns<Row> = Readonly<Record<keyof Row & string, AnyMySqlColumn>>;

const widthOf = (columns: object) => Object.keys(columns).length;

const numberOf = (value: unknown) => (value === null ? null : Number(value));

/** Makes the function that reads columns from a row that has them from an index on, in their order. */
function rowReader<Row>(columns: Columns<Row>, from: number) {
  const all = Object.entries<AnyMySqlColumn>(columns).map(([name, column], i) => ({
    name,
    // Most columns are as the driver reads them.
    column: column.mapFromDriverValue === Column.prototype.mapFromDriverValue ? undefined : column,
    at: from + i,
  }));
  return (row: readonly unknown[]): Row => {
    const read: Record<string, unknown> = {};
    for (const { name, column, at } of all) {
      const value = row[at];
      read[name] = column && value !== null ? column.mapFromDriverValue(value) : value;
    }
    return read as Row;
  };
}
