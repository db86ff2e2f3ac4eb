/** The grants of this service, by `grant_type`. */
import type { Settings } from "../../../settings.ts";
import { authorizationCode } from "./authorization-code.ts";
import { clientCredentials } from "./client-credentials.ts";
import type { Grant } from "./grant.ts";
import { password } from "./password.ts";
import { refreshToken } from "./refresh-token.ts";

/** Every grant. A Map, because `__proto__` and the like are not grants. */
export const GRANTS: ReadonlyMap<string, Grant> = new Map([
  ["authorization_code", authorizationCode],
  ["password", password],
  ["refresh_token", refreshToken],
  ["client_credentials", clientCredentials],
]);

/** The grants that the settings allow. */
export function allowedGrants({ passwordGrant }: Settings): ReadonlyMap<string, Grant> {
  const isAllowed = (name: string) => name !== "password" || passwordGrant !== "off";
  return new Map([...GRANTS].filter(([name]) => isAllowed(name)));
}
