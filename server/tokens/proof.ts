/** Who has just proved who they are. No session of a user is opened without it, and only `accounts/login.ts` makes one. */
import type { User } from "../../db/users.ts";

const proven: unique symbol = Symbol("proven");

/** What a login has proved. */
export interface Proof {
  readonly [proven]: true;
  /** A session is opened only as long as the account still has this password hash. */
  readonly user: Pick<User, "id" | "passwordHash">;
  /** How: the values of RFC 8176, space-separated. */
  readonly amr: "pwd";
  /** Epoch milliseconds. */
  readonly authTimeMs: number;
}

/** Makes a proof. A test holds that nothing but `accounts/login.ts` imports this. */
export const prove = (proof: Omit<Proof, typeof proven>): Proof => ({ [proven]: true, ...proof });
