/** What only operators do with accounts: they need no password of the user for it. */
import type { User } from "../../db/users.ts";
import type { Origin } from "../requester.ts";
import type { Tegata } from "../tegata.ts";
import { endSessions } from "../tokens/sessions.ts";
import type { FieldError } from "./field-errors.ts";
import { findByLogin } from "./login.ts";
import type { Busy } from "./password-queue.ts";

type Parts = Pick<Tegata, "db" | "log" | "now" | "audit">;

/** There is no such account. */
interface Unknown {
  is: "unknown";
}

/**
 * Repeats what depends on the password hash of an account, which a login may renew meanwhile.
 * @returns undefined if there is no such account
 */
async function withAccount<Result>(
  { db }: Parts,
  login: string,
  act: (user: User) => Promise<Result | undefined>,
): Promise<Result | undefined> {
  for (let user = await findByLogin(db, login); user; user = await findByLogin(db, login)) {
    const result = await act(user);
    if (result !== undefined) return result;
  }
  return undefined;
}

/**
 * Sets the password of an account and ends all of its sessions.
 * @param login an email or a username
 */
export async function setPassword(
  parts: Parts & Pick<Tegata, "passwords">,
  login: string,
  password: string,
  by: Origin,
): Promise<{ is: "set" } | { is: "weak_password"; error: FieldError } | Busy | Unknown> {
  const { db, passwords, audit } = parts;
  const result = await withAccount(parts, login, async (user) => {
    const error = passwords.errorOf(password, user);
    if (error) return { is: "weak_password", error } as const;
    const hashed = await passwords.hash(password);
    if (hashed.is === "busy") return hashed;
    if (!(await db.users.replaceHash(user.id, user.passwordHash, hashed.hash))) return undefined;
    await audit.record({ type: "password_changed", userId: user.id }, by);
    await endSessions(parts, { userId: user.id }, "password_changed", by);
    return { is: "set" } as const;
  });
  return result ?? { is: "unknown" };
}

/**
 * Deletes an account with everything that belongs to it. Its events remain: they name it by its number.
 * @param login an email or a username
 * @returns whether it existed
 */
export async function removeAccount(parts: Parts, login: string, by: Origin): Promise<boolean> {
  const removed = await withAccount(parts, login, async ({ id, passwordHash }) => {
    if (!(await parts.db.users.remove(id, passwordHash))) return undefined;
    await parts.audit.record({ type: "account_deleted", userId: id }, by);
    return true;
  });
  return removed ?? false;
}
