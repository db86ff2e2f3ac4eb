/** Logging in: the one place that decides that somebody is who they say, and so the only one that opens their sessions. */
import type { Db } from "../../db/open.ts";
import type { User } from "../../db/users.ts";
import { findAllowed } from "../clients/clients.ts";
import type { Requester } from "../requester.ts";
import type { Tegata } from "../tegata.ts";
import type { Throttled } from "../throttle/counting.ts";
import { prove } from "../tokens/proof.ts";
import {
  endSessions,
  openSession,
  type UserSession,
  type UserSessionRequest,
} from "../tokens/sessions.ts";
import { loginName, parseLogin } from "./identity.ts";
import type { Busy, Place } from "./password-queue.ts";
import { sendVerification } from "./verification-link.ts";

/** What a user types to log in. */
export interface Credentials {
  /** An email or a username, as typed. */
  login: string;
  password: string;
}

/**
 * The result of a login. It is `refused` for an incorrect password, an unknown name and a disabled account, and if the
 * client has been removed or has lost the grant or a scope meanwhile; `email_unverified`: the password is right, and a link
 * was sent to the address.
 */
export type LoggedIn =
  | { is: "logged_in"; user: User; session: UserSession }
  | { is: "refused" }
  | { is: "email_unverified" }
  | Throttled
  | Busy;

/** Checks a password and opens a session. In a flood, most are refused here, before the database is asked anything. */
export function logIn(
  tegata: Tegata,
  credentials: Credentials,
  request: UserSessionRequest,
  requester: Requester,
): Promise<LoggedIn> {
  return tegata.passwords.enter(credentials.password, (place) =>
    logInFrom(place, tegata, credentials, request, requester),
  );
}

async function logInFrom(
  place: Place,
  tegata: Tegata,
  credentials: Credentials,
  request: UserSessionRequest,
  requester: Requester,
): Promise<LoggedIn> {
  const name = loginName(credentials.login);
  const attempt = await tegata.throttle.guess(name, requester.address);
  if (attempt.is === "throttled") {
    const { clientId } = request;
    tegata.audit.recordFailure({ type: "login_failed", clientId, detail: "throttled" }, requester);
    return attempt;
  }
  const result = await openAuthenticated(place, tegata, credentials, request, requester);
  if (result.is === "busy") await attempt.release();
  if (result.is === "busy" || result.is === "refused") return result;
  const { user } = result;
  // An old username may differ from another one only by case. Its owner must not reset the counter of both.
  const isOwn = name === user.email || name === user.usernameKey;
  await (isOwn ? attempt.succeed() : attempt.release());
  if (result.is === "logged_in") return result;
  await sendVerification(tegata, user, requester);
  return { is: result.is };
}

async function openAuthenticated(
  place: Place,
  tegata: Tegata,
  credentials: Credentials,
  request: UserSessionRequest,
  requester: Requester,
): Promise<
  | { is: "logged_in"; user: User; session: UserSession }
  | { is: "email_unverified"; user: User }
  | { is: "refused" }
  | Busy
> {
  const { audit, settings } = tegata;
  const { clientId } = request;
  // The hash may change after the check: the user changed the password, or another login renewed the hash. The second
  // try finds out which.
  for (const _ of ["first try", "second try"]) {
    const result = await authenticate(tegata, credentials, requester.gone, place);
    if (result.is === "busy") return result;
    if (result.is === "refused") {
      const { userId, why: detail } = result;
      audit.recordFailure({ type: "login_failed", userId, clientId, detail }, requester);
      return { is: "refused" };
    }
    const { user } = result;
    if (settings.emailVerification === "required" && user.emailVerifiedAtMs === null) {
      const [userId, detail] = [user.id, "email_unverified"];
      audit.recordFailure({ type: "login_failed", userId, clientId, detail }, requester);
      return { is: "email_unverified", user };
    }
    const proof = prove({ user, amr: "pwd", authTimeMs: tegata.now() });
    const session = await openSession(tegata, proof, request, requester);
    if (!session) continue;
    const isBrowser = "browser" in request;
    if (!isBrowser && !(await findAllowed(tegata, { ...request, grant: "password" }))) {
      await endSessions(tegata, { id: session.id }, "client_updated", requester);
      return { is: "refused" };
    }
    const [userId, sessionId] = [user.id, session.id];
    void audit.record({ type: "logged_in", userId, clientId, sessionId }, requester);
    return { is: "logged_in", user, session };
  }
  return { is: "refused" };
}

/** Why a login is refused. The audit log has it, the caller never does. */
interface Refused {
  is: "refused";
  userId: number | undefined;
  why: "unknown_name" | "wrong_password" | "account_disabled";
}

/**
 * Checks a password. The result and the work are the same whether or not the account exists. A hash with a lower cost
 * than the current one, or that another program made from other bytes, is renewed.
 */
async function authenticate(
  tegata: Tegata,
  { login, password }: Credentials,
  gone: AbortSignal,
  place: Place,
): Promise<{ is: "authenticated"; user: User } | Refused | Busy> {
  const { db, passwords } = tegata;
  const user = await findByLogin(db, login);
  const verified = await verifyPassword(tegata, user, password, gone, place);
  if (verified.is === "busy") return verified;
  if (user === undefined) return { is: "refused", userId: undefined, why: "unknown_name" };
  if (verified.is === "mismatch") return { is: "refused", userId: user.id, why: "wrong_password" };
  if (user.disabled) return { is: "refused", userId: user.id, why: "account_disabled" };
  if (verified.outdated) {
    const renewed = await passwords.hash(password, gone);
    // If the workers are busy, a later login renews it.
    if (
      renewed.is === "hashed" &&
      (await db.users.replaceHash(user.id, user.passwordHash, renewed.hash))
    )
      return { is: "authenticated", user: { ...user, passwordHash: renewed.hash } };
  }
  return { is: "authenticated", user };
}

/**
 * Compares a password with that of a user, if there is one, and logs a hash that cannot be read, once.
 * @param place what `passwords.enter` has given for it
 */
export async function verifyPassword(
  { passwords, log }: Pick<Tegata, "passwords" | "log">,
  user: User | undefined,
  password: string,
  gone: AbortSignal,
  place?: Place,
): Promise<{ is: "match"; outdated: boolean } | { is: "mismatch" } | Busy> {
  const verified = await passwords.verify(password, user?.passwordHash, gone, place);
  if (verified.is !== "unreadable") return verified;
  const { scheme, isNews } = verified;
  if (isNews)
    log.warn(
      { userId: user?.id, scheme },
      "a password hash cannot be read: its user cannot log in",
    );
  return { is: "mismatch" };
}

/** Finds an account by its email or username. */
export async function findByLogin(db: Db, login: string): Promise<User | undefined> {
  const parsed = parseLogin(login);
  if (parsed === undefined) return undefined;
  return "email" in parsed
    ? db.users.findByEmail(parsed.email)
    : db.users.findByUsernameKey([parsed.exact, parsed.folded]);
}
