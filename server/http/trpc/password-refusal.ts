/** How a procedure refuses that asks for the password. */
import { fieldError } from "../../accounts/field-errors.ts";
import type { PasswordChecked } from "../../accounts/password-check.ts";
import { Refusal } from "../refusal.ts";

/** @returns the refusal, if the password was not confirmed */
export function passwordRefusal(result: Exclude<PasswordChecked, { is: "confirmed" }>): Refusal {
  switch (result.is) {
    case "wrong_password":
      return new Refusal(result.is, { fields: { password: fieldError("incorrect") } });
    case "throttled":
      return new Refusal("too_many_attempts", result);
    case "busy":
      return new Refusal(result.is, result);
  }
}
