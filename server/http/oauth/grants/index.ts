/** The grants of this service, by `grant_type`. */
import { clientCredentials } from "./client-credentials.ts";
import type { Grant } from "./grant.ts";
import { password } from "./password.ts";
import { refreshToken } from "./refresh-token.ts";

/** A Map, because `__proto__` and the like are not grants. */
export const GRANTS: ReadonlyMap<string, Grant> = new Map([
  ["password", password],
  ["refresh_token", refreshToken],
  ["client_credentials", clientCredentials],
]);
