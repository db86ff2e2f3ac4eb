/** A browser that is logged in: the session that its cookie names, and those that it opens for clients. */
import { z } from "zod";
import type { User } from "../../db/users.ts";
import { BUILT_IN_CLIENT } from "../clients/clients.ts";
import { HOUR_MS } from "../durations.ts";
import type { Requester } from "../requester.ts";
import type { Tegata } from "../tegata.ts";
import type { Throttled } from "../throttle/counting.ts";
import {
  type ChildSession,
  endSessions,
  isAlive,
  openChildSession,
  type UserSession,
} from "../tokens/sessions.ts";
import type { Purpose } from "../tokens/tickets.ts";
import { type Credentials, type LoggedIn, logIn } from "./login.ts";

/** A browser that is logged in. */
export interface Browser {
  session: UserSession;
  user: User;
  /** Whether it stays logged in when it is closed. */
  isKept: boolean;
}

/** How long the ticket of a page is valid. */
const PAGE_MS = HOUR_MS;

/**
 * What the cookie of a browser contains: its session, when the user proved who they are, and whether it outlives the window.
 * A change of the password is such a proof, so copies of the cookie from before it do not work any more.
 */
const BROWSER: Purpose<{ sessionId: string; authTimeMs: number; isKept: boolean }> = {
  name: "browser session",
  data: z.strictObject({ sessionId: z.string(), authTimeMs: z.int(), isKept: z.boolean() }),
};

/** The account that a page was shown for, so that it cannot act for another one. */
const PAGE: Purpose<{ userId: number | null }> = {
  name: "log-in page",
  data: z.strictObject({ userId: z.int().nullable() }),
};

/** Seals what the cookie of a browser contains. It works as long as the session. */
export const sealBrowser = (
  { tickets }: Pick<Tegata, "tickets">,
  { id: sessionId, authTimeMs, expiresAtMs }: UserSession,
  isKept: boolean,
): string => tickets.seal(BROWSER, { sessionId, authTimeMs: authTimeMs ?? 0, isKept }, expiresAtMs);

/** Finds the browser of a cookie, read fresh. @returns undefined if it is not logged in, or its account is disabled */
export async function findBrowser(
  { db, tickets, now }: Pick<Tegata, "db" | "tickets" | "now">,
  sealed: string | undefined,
): Promise<Browser | undefined> {
  const named = sealed === undefined ? undefined : tickets.open(BROWSER, sealed);
  const found = named && (await db.sessions.find(named.sessionId));
  if (!named || !found?.user || found.user.disabled) return undefined;
  const { session, user } = found;
  if (!session.browser || session.authTimeMs !== named.authTimeMs) return undefined;
  return isAlive(session, now())
    ? { session: { ...session, userId: user.id }, user, isKept: named.isKept }
    : undefined;
}

/** Seals what a page is shown with. @param browser undefined if nobody is logged in */
export const sealPage = (
  { tickets, now }: Pick<Tegata, "tickets" | "now">,
  browser: Browser | undefined,
): string => tickets.seal(PAGE, { userId: browser?.user.id ?? null }, now() + PAGE_MS);

/** The page is too old, or shows another account than the one that is logged in. */
interface Stale {
  is: "stale_page";
}

/**
 * Logs in with a password. A login always opens a new session: no session from before, which somebody else may have opened,
 * becomes that of the user. The one that it replaces ends.
 * @param before the browser as it was
 * @param page what the page was shown with
 */
export async function logInAtBrowser(
  tegata: Tegata,
  before: Browser | undefined,
  page: string,
  credentials: Credentials,
  requester: Requester,
): Promise<LoggedIn | Stale> {
  if (!tegata.tickets.open(PAGE, page)) return { is: "stale_page" };
  const request = { clientId: BUILT_IN_CLIENT.id, browser: true } as const;
  const result = await logIn(tegata, credentials, request, requester);
  if (result.is === "logged_in" && before)
    await endSessions(tegata, { id: before.session.id }, "logged_in_again", requester);
  return result;
}

/**
 * Opens the session of a page of this service, which ends with that of its browser.
 * @param page what the page was shown with
 */
export async function openPageSession(
  tegata: Tegata,
  browser: Browser | undefined,
  page: string,
  requester: Requester,
): Promise<{ is: "opened"; session: ChildSession } | Stale | Throttled> {
  const shown = tegata.tickets.open(PAGE, page);
  if (!browser || shown?.userId !== browser.user.id) return { is: "stale_page" };
  const throttled = await tegata.throttle.openPage(browser.session.id);
  if (throttled) return throttled;
  const { id: clientId, scope } = BUILT_IN_CLIENT;
  const request = { clientId, scope, refreshes: true };
  const session = await openChildSession(tegata, browser.session, request, requester);
  return session ? { is: "opened", session } : { is: "stale_page" };
}

/** Whether a browser has opened a session, which may have ended since. Sessions are kept for minutes after their end. */
export async function hasOpened(
  { db }: Pick<Tegata, "db">,
  { session }: Browser,
  childId: string,
): Promise<boolean> {
  return (await db.sessions.find(childId))?.session.parentId === session.id;
}

/** Logs a browser out, and with it everything that it has opened. @returns whether it was logged in */
export const logOutBrowser = async (
  tegata: Pick<Tegata, "db" | "now" | "log" | "audit">,
  { session }: Browser,
  requester: Requester,
): Promise<boolean> =>
  (await endSessions(tegata, { id: session.id }, "logged_out", requester)) === 1;
