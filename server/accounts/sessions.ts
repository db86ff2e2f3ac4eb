/** The sessions of an account, for operators. */
import type { Session } from "../../db/sessions.ts";
import type { Origin } from "../requester.ts";
import type { Tegata } from "../tegata.ts";
import { endSessions } from "../tokens/sessions.ts";
import { findByLogin } from "./login.ts";

type Parts = Pick<Tegata, "db" | "log" | "now" | "audit">;

/**
 * Lists the active sessions of an account, the last used first.
 * @param login an email or a username
 * @returns undefined if there is no such account
 */
export async function listSessions(
  { db, now }: Parts,
  login: string,
): Promise<Session[] | undefined> {
  const user = await findByLogin(db, login);
  return user && db.sessions.list(user.id, now());
}

/**
 * Ends all sessions of an account, and with them all of their tokens, immediately.
 * @param login an email or a username
 * @returns how many were active; undefined if there is no such account
 */
export async function endAllSessions(
  parts: Parts,
  login: string,
  by: Origin,
): Promise<number | undefined> {
  const user = await findByLogin(parts.db, login);
  return user && endSessions(parts, { userId: user.id }, "ended_by_operator", by);
}
