/** The userinfo endpoint: what a client may know about the user of an access token (OpenID Connect Core section 5.3). */
import type { Tegata } from "../../tegata.ts";
import { claimsOf } from "../../tokens/claims.ts";
import { identify } from "../bearer.ts";
import { problemOf } from "../problem.ts";
import { admit, NO_STORE, Refusal } from "../refusal.ts";
import type { Handler, Handlers } from "../route.ts";

/** Returns the claims of the scopes that the token has. It needs `openid`, and is read from the header only. */
export function userinfoEndpoint(tegata: Tegata): Handlers {
  const userinfo: Handler = async (req) => {
    const admitted = admit(await identify(tegata, req), ["openid"]);
    if (admitted instanceof Refusal) return problemOf(admitted);
    return { headers: NO_STORE, body: claimsOf(admitted.user, admitted.scopes) };
  };
  return { GET: userinfo, POST: userinfo };
}
