/**
 * Whether a request that a reverse proxy has received may pass: `/auth/verify`, for `auth_request` of nginx and the
 * forward authentication of Traefik and Caddy. `docs/proxies.md` has a recipe for each.
 */
import { isOwnClient } from "../clients/own-clients.ts";
import { isClientId } from "../clients/rules.ts";
import type { Tegata } from "../tegata.ts";
import { isOwnScope, isScopeName } from "../tokens/scopes.ts";
import { identify } from "./bearer.ts";
import type { Received } from "./edge/received.ts";
import { queryOf } from "./edge/url.ts";
import { problemFormat, problemOf } from "./problem.ts";
import { admit, NO_STORE, Refusal } from "./refusal.ts";
import type { Reply } from "./route.ts";

/**
 * Returns 204 for the access token of a user, with `X-Auth-User` (the id of the user, as in `sub`), `X-Auth-Client` and
 * `X-Auth-Scopes` (space-separated). The query `scope=NAMES` requires scopes, `client=IDS` one of these clients. A refusal
 * is 401 or 403, with its challenge. A client's own token is 403: without a user, a proxy would pass on the `X-Auth-User`
 * that the caller made up.
 */
export const forwardAuthEndpoint = (tegata: Tegata) =>
  async function verify(req: Received): Promise<Reply> {
    const query = queryOf(req);
    const listOf = (name: string) => query.getAll(name).flatMap((names) => names.split(" "));
    const [required, clients] = [listOf("scope"), listOf("client")];
    if (!required.every(isScopeName))
      return problemFormat.refuse({ status: 400, detail: "scope must be names, space-separated" });
    if (!clients.every(isClientId))
      return problemFormat.refuse({ status: 400, detail: "client must be ids, space-separated" });
    const admitted = admit(await identify(tegata, req), required);
    if (admitted instanceof Refusal) return problemOf(admitted);
    const { user, scopes, clientId } = admitted;
    if (!(await isMeant(tegata, clientId, { required, clients })))
      return problemOf(new Refusal("foreign_app"));
    const headers = {
      "X-Auth-User": String(user.id),
      "X-Auth-Client": clientId,
      "X-Auth-Scopes": scopes.join(" "),
    };
    return { status: 204, headers: { ...NO_STORE, ...headers }, body: undefined };
  };

/**
 * Whether a token is meant for the service behind the proxy. A token of somebody else's application is meant for it only if
 * the proxy names the client, or requires a scope that names the service: a user who logs in to such an application tells it
 * who they are, and does not let it act elsewhere.
 */
async function isMeant(
  tegata: Tegata,
  clientId: string,
  { required, clients }: { required: readonly string[]; clients: readonly string[] },
): Promise<boolean> {
  if (clients.length > 0) return clients.includes(clientId);
  return required.some(isOwnScope) || isOwnClient(tegata, clientId);
}
