/**
 * Authorization codes (RFC 6749 section 4.1): what a client gets in a redirect, and exchanges once for tokens. A code names
 * the session that it will open, so a replay can end that session.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Code } from "../../db/codes.ts";
import type { User } from "../../db/users.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../durations.ts";
import type { Origin } from "../requester.ts";
import { NEXT_SWEEP_MS } from "../sweeper.ts";
import type { Tegata } from "../tegata.ts";
import type { Throttled } from "../throttle/counting.ts";
import {
  type ClientSessionRequest,
  endSessions,
  newSessionId,
  openChildSession,
  type UserSession,
} from "../tokens/sessions.ts";
import { type Client, findAllowed } from "./clients.ts";
import { hasConsent } from "./consents.ts";
import { isRegistered } from "./redirect-uris.ts";

/** How long a code can be exchanged. A browser needs seconds (RFC 6749 section 4.1.2 allows 10 minutes). */
const LIFETIME_MS = MINUTE_MS;
/** A page that loads twice sends its code twice within this time: the second request is refused, but it is no theft. */
const DOUBLE_MS = 10 * SECOND_MS;
/** How long a code is kept after it has expired: by then, requests that found it valid are done on every instance. */
const KEPT_MS = MINUTE_MS;
/** How long a used code is kept after it has expired, so that a replay is recognized. */
const USED_KEPT_MS = HOUR_MS;
/** How many codes one statement deletes. */
const BATCH = 1000;

/** What a code is issued for. */
export interface CodeRequest {
  clientId: string;
  redirectUri: string;
  /** Space-separated, or `ALL_SCOPES`. */
  scope: string;
  /** SHA-256 of the verifier in base64url (RFC 7636 section 4.2); undefined if the client uses none. */
  challenge: string | undefined;
  /** What the ID token repeats; undefined if the request has none. */
  nonce?: string | undefined;
}

/**
 * Issues a code to a browser in which a user is logged in.
 * @param browser its session, as its cookie has proved it: after a change of the password, the code opens nothing
 * @returns undefined if that session has ended or the account is disabled
 */
export async function issueCode(
  { db, now }: Pick<Tegata, "db" | "now">,
  { id: browserId, authTimeMs }: { id: string; authTimeMs: number | null },
  { challenge, nonce, ...request }: CodeRequest,
): Promise<string | undefined> {
  const code = randomBytes(32).toString("base64url");
  const nowMs = now();
  const row = {
    ...request,
    hash: hashOf(code),
    sessionId: newSessionId(),
    parentId: browserId,
    authTimeMs,
    challenge: challenge ?? null,
    nonce: nonce ?? null,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + LIFETIME_MS,
  };
  return (await db.codes.add(row, nowMs)) ? code : undefined;
}

/** What a client sends with a code. */
export interface Redemption {
  code: string;
  clientId: string;
  /** Undefined if it is not sent. */
  redirectUri: string | undefined;
  /** The PKCE verifier; undefined if it is not sent. */
  verifier: string | undefined;
  /** Whether the client gets a refresh token. */
  refreshes: boolean;
}

/** The result of exchanging a code. */
export type Redeemed =
  | { is: "redeemed"; session: UserSession; user: User; nonce: string | undefined }
  | { is: "refused" }
  | Throttled;

/**
 * Exchanges a code for a session. If it is presented again with the right client, redirect URI and verifier, two parties have
 * it, and the session that it opened ends (RFC 6749 section 4.1.2). A request with the code alone, which may be from a log,
 * ends nothing.
 */
export async function redeemCode(
  tegata: Tegata,
  { code: value, refreshes, ...presented }: Redemption,
  by: Origin,
): Promise<Redeemed> {
  const { db, now, throttle } = tegata;
  const hash = hashOf(value);
  const code = await db.codes.find(hash);
  if (!code) return (await throttle.countWrong(by.address)) ?? { is: "refused" };
  if (!belongs(code, presented) || !(await allowedClient(tegata, code))) return { is: "refused" };
  const nowMs = now();
  if (!(await db.codes.spend(hash, nowMs))) {
    if (await db.codes.markReplayed(hash, nowMs, nowMs - DOUBLE_MS))
      await endSessions(tegata, { id: code.sessionId }, "code_replayed", by);
    return { is: "refused" };
  }
  const { clientId, scope, parentId, nonce } = code;
  const opened = await open(tegata, code, { clientId, scope, refreshes }, by);
  if (!opened) return { is: "refused" };
  const { id: sessionId, userId } = opened.session;
  const reason = await reasonToEnd(tegata, hash, userId);
  if (reason) {
    await endSessions(tegata, { id: sessionId }, reason, by);
    return { is: "refused" };
  }
  const event = { type: "session_opened", userId, clientId, sessionId, detail: parentId } as const;
  await tegata.audit.record(event, by);
  return { is: "redeemed", ...opened, nonce: nonce ?? undefined };
}

/**
 * Why the session that a code has just opened must end at once. A replay of the code, a change of the client or a removal of
 * the app found no session to end if it came before the session was stored, but it has left its mark.
 */
async function reasonToEnd(
  tegata: Tegata,
  hash: string,
  userId: number,
): Promise<"code_replayed" | "client_updated" | "app_removed" | undefined> {
  const code = await tegata.db.codes.find(hash);
  if (!code) return "app_removed";
  if (code.replayedAtMs !== null) return "code_replayed";
  const client = await allowedClient(tegata, code);
  if (!client) return "client_updated";
  const { scope } = code;
  return (await hasConsent(tegata, { userId, client, scope })) ? undefined : "app_removed";
}

/** Opens the session of a code, unless the browser has been logged out since. */
async function open(
  tegata: Tegata,
  { parentId, sessionId: id, authTimeMs }: Code,
  request: ClientSessionRequest,
  by: Origin,
): Promise<{ session: UserSession; user: User } | undefined> {
  const browser = await tegata.db.sessions.find(parentId);
  if (!browser?.user) return undefined;
  const { user } = browser;
  // The password was changed after the code was issued, perhaps because somebody else was using the browser.
  if (browser.session.authTimeMs !== authTimeMs) return undefined;
  const parent = { ...browser.session, userId: user.id };
  const session = await openChildSession(tegata, parent, { ...request, id }, by);
  return session && { session, user };
}

/** The client of a code, if it could still get the code: an operator may have changed it since. */
async function allowedClient(
  tegata: Pick<Tegata, "db" | "settings" | "scopes">,
  { clientId, redirectUri, scope }: Code,
): Promise<Client | undefined> {
  const client = await findAllowed(tegata, { clientId, grant: "authorization_code", scope });
  return client && isRegistered(redirectUri, client) ? client : undefined;
}

/**
 * Whether a client, redirect URI and verifier are those of a code (RFC 6749 section 4.1.3, RFC 7636 section 4.6). A verifier
 * without a challenge is refused: somebody has removed the challenge on its way (RFC 9700 section 4.8.2).
 */
function belongs(
  { clientId, redirectUri, challenge }: Code,
  presented: Omit<Redemption, "code" | "refreshes">,
): boolean {
  const { verifier } = presented;
  if (presented.clientId !== clientId) return false;
  // PKCE alone binds a code to the request that it was issued for, which is what this parameter was for (OAuth 2.1).
  const uri = presented.redirectUri ?? (challenge === null ? undefined : redirectUri);
  if (uri !== redirectUri) return false;
  if (challenge === null || verifier === undefined)
    return challenge === null && verifier === undefined;
  return timingSafeEqual(Buffer.from(hashOf(verifier)), Buffer.from(challenge));
}

/** Deletes codes that nobody can exchange or replay. @returns when to sweep again, in milliseconds */
export async function sweepCodes(
  { db, now }: Pick<Tegata, "db" | "now">,
  signal: AbortSignal,
): Promise<number> {
  const removeBatch = () => db.codes.removeExpired(now() - KEPT_MS, now() - USED_KEPT_MS, BATCH);
  while (!signal.aborted && (await removeBatch()) === BATCH);
  return NEXT_SWEEP_MS;
}

const hashOf = (text: string) => createHash("sha256").update(text).digest("base64url");
