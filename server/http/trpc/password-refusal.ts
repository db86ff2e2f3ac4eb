/** The refusals of procedures that take a password. */
import { type FieldError, fieldError } from "../../accounts/field-errors.ts";
import type { Busy } from "../../accounts/password-queue.ts";
import type { Throttled } from "../../throttle/counting.ts";
import { Refusal } from "../refusal.ts";

/** Why a password was not checked, or not accepted. */
type PasswordFailed =
  | { is: "wrong_password" }
  | { is: "weak_password"; error: FieldError }
  | Throttled
  | Busy;

/** @param fields what the input calls the current and the new password */
export function passwordRefusal(
  result: PasswordFailed,
  { current = "password", next = "newPassword" } = {},
): Refusal {
  switch (result.is) {
    case "wrong_password":
      return new Refusal(result.is, { fields: { [current]: fieldError("incorrect") } });
    case "weak_password":
      return new Refusal(result.is, { fields: { [next]: result.error } });
    case "throttled":
      return new Refusal("too_many_attempts", result);
    case "busy":
      return new Refusal(result.is, result);
  }
}
