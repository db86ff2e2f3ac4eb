/**
 * A user as requests read it: without the password hash, and without what only changes of the account need. It is in the
 * types of procedures, which must not need those of drizzle.
 */
export interface PublicUser {
  id: number;
  email: string;
  username: string | null;
  fullName: string | null;
  disabled: boolean;
  createdAtMs: number;
  emailVerifiedAtMs: number | null;
}
