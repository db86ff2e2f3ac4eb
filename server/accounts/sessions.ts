/** The sessions of an account: where its user is logged in, and with which apps. */
import type { Session } from "../../db/sessions.ts";
import { BUILT_IN_CLIENT } from "../clients/clients.ts";
import { clientNames } from "../clients/names.ts";
import type { Origin } from "../requester.ts";
import type { Tegata } from "../tegata.ts";
import { endSessions } from "../tokens/sessions.ts";
import { findByLogin } from "./login.ts";

type Parts = Pick<Tegata, "db" | "log" | "now" | "audit">;

/** A session with the name of its client. */
export type NamedSession = Session & { clientName: string };

/** A login: the session of a browser with those that it has opened, or one that no browser has opened. */
export type Login = NamedSession & { opened: NamedSession[] };

/** The active sessions of a user, the last used first. */
export async function listLogins(
  { db, now }: Pick<Tegata, "db" | "now">,
  userId: number,
): Promise<Login[]> {
  const nowMs = now();
  const sessions = await db.sessions.list(userId, nowMs);
  const opened = sessions.some(({ browser }) => browser)
    ? await db.sessions.listOpened(userId, nowMs)
    : [];
  const nameOf = await clientNames(
    { db },
    [...sessions, ...opened].map(({ clientId }) => clientId),
  );
  const named = (session: Session) => ({ ...session, clientName: nameOf(session.clientId) });
  return sessions.map((session) => ({
    ...named(session),
    opened: opened.filter(({ parentId }) => parentId === session.id).map(named),
  }));
}

/** Whether a session is one of an app, and not of a page of this service. */
export const isOfApp = ({ clientId }: Pick<Session, "clientId">): boolean =>
  clientId !== BUILT_IN_CLIENT.id;

/** The apps of a login: the one that has logged in, or those that its browser has opened, the last used first. */
export const appsOf = (login: Login): { clientId: string; name: string }[] => {
  const sessions = [login, ...login.opened].filter(isOfApp);
  const names = new Map(sessions.map((one) => [one.clientId, one.clientName]));
  return [...names].map(([clientId, name]) => ({ clientId, name }));
};

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
