/**
 * Whether a request that a reverse proxy has received may pass: `/auth/verify`, for `auth_request` of nginx and the
 * forward authentication of Traefik and Caddy. `docs/proxies.md` has a recipe for each.
 */
import type { IncomingMessage } from "node:http";
import type { Tegata } from "../tegata.ts";
import { isScopeName } from "../tokens/scopes.ts";
import { identify } from "./bearer.ts";
import { queryOf } from "./edge/query.ts";
import { problemFormat, problemOf } from "./problem.ts";
import { admit, NO_STORE, Refusal } from "./refusal.ts";
import type { Reply } from "./route.ts";

/**
 * Returns 204 for the access token of a user, with `X-Auth-User` (the id of the user, as in `sub`) and `X-Auth-Scopes`
 * (space-separated). The query `scope=NAMES` requires scopes. A refusal is 401 or 403, with its challenge. A client's
 * own token is 403: without a user, a proxy would pass on the `X-Auth-User` that the caller made up.
 */
export const forwardAuthEndpoint = (tegata: Tegata) =>
  async function verify(req: IncomingMessage): Promise<Reply> {
    const required = queryOf(req)
      .getAll("scope")
      .flatMap((names) => names.split(" "));
    if (!required.every(isScopeName))
      return problemFormat.refuse({ status: 400, detail: "scope must be names, space-separated" });
    const admitted = admit(await identify(tegata, req), required);
    if (admitted instanceof Refusal) return problemOf(admitted);
    const { user, scopes } = admitted;
    const headers = { "X-Auth-User": String(user.id), "X-Auth-Scopes": scopes.join(" ") };
    return { status: 204, headers: { ...NO_STORE, ...headers }, body: undefined };
  };
