/** Accounts: who may have one, and who someone is. No word of HTTP. */
import type { Db } from "../../db/db.ts";
import type { User } from "../../db/users.ts";
import type { Tegata } from "../tegata.ts";
import { parseLogin } from "./identity.ts";
import type { Busy } from "./passwords.ts";

/** What a person asks for who wants an account; the names as `identity.ts` parsed them. */
export interface Registration {
  email: string;
  password: string;
  username?: string | undefined;
  fullName?: string | undefined;
}

/** How a registration ended. */
export type Registered =
  | { is: "registered"; user: Pick<User, "id" | "email" | "username" | "fullName"> }
  | { is: "taken"; column: "email" | "username" }
  | { is: "weak_password"; problem: string }
  | Busy;

/** What every user owns from the start. */
const FIRST_ITEM = "Foo";

/** Makes an account. Of several equal registrations at once, one wins. */
export async function register(
  { db, passwords, now }: Tegata,
  { email, password, ...names }: Registration,
): Promise<Registered> {
  const problem = passwords.problemOf(password);
  if (problem !== undefined) return { is: "weak_password", problem };
  const hashed = await passwords.hash(password);
  if (hashed.is === "busy") return hashed;
  const user = { email, username: names.username ?? null, fullName: names.fullName ?? null };
  const createdAtMs = now();
  const added = await db.users.add({ ...user, passwordHash: hashed.hash, createdAtMs });
  if (added.is === "taken") return added;
  await db.items.add({ userId: added.id, title: FIRST_ITEM, createdAtMs });
  return { is: "registered", user: { id: added.id, ...user } };
}

/** Who a person proved to be; `refused` for a wrong password, an unknown name and a disabled account alike. */
export type Authenticated = { is: "authenticated"; user: User } | { is: "refused" } | Busy;

/**
 * Checks a password. The answer and the work are the same whether the account exists or not. A hash of a lower cost than
 * today's is renewed on the way.
 * @param login an email or a username, as typed.
 */
export async function authenticate(
  { db, passwords }: Tegata,
  login: string,
  password: string,
): Promise<Authenticated> {
  const user = await findByLogin(db, login);
  const verified = await passwords.verify(password, user?.passwordHash);
  if (verified.is === "busy") return verified;
  if (verified.is === "mismatch" || user === undefined || user.disabled) return { is: "refused" };
  if (verified.outdated) {
    const renewed = await passwords.hash(password);
    // With the workers busy there will be another log-in to renew it at.
    if (
      renewed.is === "hashed" &&
      (await db.users.replaceHash(user.id, user.passwordHash, renewed.hash))
    )
      return { is: "authenticated", user: { ...user, passwordHash: renewed.hash } };
  }
  return { is: "authenticated", user };
}

/** How a change of password ended. */
export type PasswordChanged =
  | { is: "changed" }
  | { is: "wrong_password" }
  | { is: "weak_password"; problem: string }
  | Busy;

/** Changes a password, for who knows the current one, and ends every session of the user but one. */
export async function changePassword(
  { db, passwords, now }: Tegata,
  user: User,
  change: { currentPassword: string; newPassword: string; keptSessionId: string },
): Promise<PasswordChanged> {
  const problem = passwords.problemOf(change.newPassword);
  if (problem !== undefined) return { is: "weak_password", problem };
  const verified = await passwords.verify(change.currentPassword, user.passwordHash);
  if (verified.is === "busy") return verified;
  if (verified.is === "mismatch") return { is: "wrong_password" };
  const hashed = await passwords.hash(change.newPassword);
  if (hashed.is === "busy") return hashed;
  // Of two changes at once one comes too late: its current password is the current one no more.
  if (!(await db.users.replaceHash(user.id, user.passwordHash, hashed.hash)))
    return { is: "wrong_password" };
  await db.sessions.revokeOthers(user.id, change.keptSessionId, now());
  return { is: "changed" };
}

/** Finds an account by what its owner types to log in: an email or a username. */
export async function findByLogin(db: Db, login: string): Promise<User | undefined> {
  const parsed = parseLogin(login);
  if (parsed === undefined) return undefined;
  return "email" in parsed
    ? db.users.findByEmail(parsed.email)
    : db.users.findByUsername(parsed.username);
}
