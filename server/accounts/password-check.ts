/** Asking a user for their password once more, before an act that a stolen session must not be enough for. */
import type { User } from "../../db/users.ts";
import type { Requester } from "../requester.ts";
import type { Tegata } from "../tegata.ts";
import type { Throttled } from "../throttle/counting.ts";
import { findActiveUser } from "./active-user.ts";
import { verifyPassword } from "./login.ts";
import type { Busy, Place } from "./password-queue.ts";

/** Whether the password was right. It counts as a guess, as at a login. */
export type PasswordChecked =
  | {
      is: "confirmed";
      /** As it was when the password was right. */
      user: User;
    }
  | { is: "wrong_password" }
  | Throttled
  | Busy;

type Act = "email_change" | "email_verification" | "account_deletion";

/** Checks the password of a user. @param act what asks for it: a word of ours for the audit log */
export function checkPassword(
  tegata: Tegata,
  user: Pick<User, "id" | "email">,
  password: string,
  act: Act,
  requester: Requester,
): Promise<PasswordChecked> {
  return tegata.passwords.enter(password, (place) =>
    checkFrom(place, tegata, user, password, act, requester),
  );
}

async function checkFrom(
  place: Place,
  tegata: Tegata,
  { id, email }: Pick<User, "id" | "email">,
  password: string,
  act: Act,
  requester: Requester,
): Promise<PasswordChecked> {
  const fail = (detail: Act | "throttled") =>
    tegata.audit.recordFailure({ type: "password_check_failed", userId: id, detail }, requester);
  const attempt = await tegata.throttle.guess(email, requester.address);
  if (attempt.is === "throttled") {
    fail("throttled");
    return attempt;
  }
  const user = await findActiveUser(tegata, id);
  const verified = await verifyPassword(tegata, user, password, requester.gone, place);
  if (verified.is === "busy") await attempt.release();
  if (verified.is === "busy") return verified;
  // Nobody has guessed: another request has just deleted or disabled the account.
  if (!user) return { is: "wrong_password" };
  if (verified.is === "match") {
    await attempt.succeed();
    return { is: "confirmed", user };
  }
  fail(act);
  return { is: "wrong_password" };
}
