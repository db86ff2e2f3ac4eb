/** What a client learns about a user: the claims of the scopes that it was granted (OpenID Connect Core section 5.4). */
import type { PublicUser } from "../../db/public-user.ts";

/** The claims of the scope `profile`. */
interface ProfileClaims {
  name?: string;
  preferred_username?: string;
}
/** The claims of the scope `email`. */
interface EmailClaims {
  email?: string;
  email_verified?: boolean;
}
/** The claims about a user, in the ID token and at `/userinfo`. What is not known is left out (section 5.3.2). */
export type UserClaims = { sub: string } & ProfileClaims & EmailClaims;

/** The names of all of them, for the metadata. */
export const USER_CLAIMS = [
  "sub",
  "name",
  "preferred_username",
  "email",
  "email_verified",
] as const satisfies readonly (keyof UserClaims)[];

/** @returns the claims of these scopes; `sub` belongs to each */
export function claimsOf(
  { id, fullName, username, email, emailVerifiedAtMs }: PublicUser,
  scopes: readonly string[],
): UserClaims {
  return {
    sub: String(id),
    ...(scopes.includes("profile") && {
      ...(fullName !== null && { name: fullName }),
      ...(username !== null && { preferred_username: username }),
    }),
    ...(scopes.includes("email") && { email, email_verified: emailVerifiedAtMs !== null }),
  };
}
