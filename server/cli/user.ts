/** What the commands about users share. */
import type { User } from "../../db/users.ts";
import { findByLogin } from "../accounts/login.ts";
import { type Parts, Refused } from "./command.ts";

/** How many users are read at a time. */
const PAGE = 1000;

/** All users, or the first ones, page by page, the oldest first. */
export async function* usersOf(
  { users }: Parts["db"],
  limit = Number.POSITIVE_INFINITY,
): AsyncGenerator<User[]> {
  let left = limit;
  for (let last = 0; left > 0; ) {
    const page = await users.list(last, Math.min(left, PAGE));
    yield page;
    last = page.at(-1)?.id ?? last;
    left = page.length < PAGE ? 0 : left - page.length;
  }
}

/** A refusal because of a login that no user has. */
export const unknownUser = (login: string): Refused => new Refused(`unknown user ${login}`);

/** The user with an email or username. @throws {Refused} if there is none */
export async function userOf({ db }: Parts, login: string): Promise<User> {
  const user = await findByLogin(db, login);
  if (!user) throw unknownUser(login);
  return user;
}

/** A time in ISO 8601. @param ms epoch milliseconds */
export const timeOf = (ms: number | null): string | null =>
  ms === null ? null : new Date(ms).toISOString();
