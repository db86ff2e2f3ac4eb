/** The grants that there are, by `grant_type`. */
import { clientCredentials } from "./client-credentials.ts";
import type { Grant } from "./grant.ts";
import { password } from "./password.ts";
import { refreshToken } from "./refresh-token.ts";

/** A Map: `__proto__` and its like are no grants. */
export const GRANTS: ReadonlyMap<string, Grant> = new Map([
  ["password", password],
  ["refresh_token", refreshToken],
  ["client_credentials", clientCredentials],
]);
