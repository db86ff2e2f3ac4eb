/** The token endpoint, `POST /token` (RFC 6749 section 3.2). */
import { type Request, type Response, Router } from "express";
import type { Tegata } from "../../tegata.ts";
import { authenticateClient } from "./client.ts";
import {
  NO_STORE,
  type OAuthError,
  oauthError,
  oauthErrorHandler,
  sendOAuthError,
} from "./error.ts";
import { type Form, formBody, parseForm } from "./form.ts";
import { GRANTS } from "./grants/index.ts";

/** A successful answer (RFC 6749 section 5.1). */
export interface TokenResponse {
  access_token: string;
  token_type: "Bearer";
  /** Seconds. */
  expires_in: number;
  /** Space-separated. */
  scope: string;
}

/** The endpoint with its method, its body and its errors. */
export function tokenEndpoint(tegata: Tegata): Router {
  const router = Router();
  router.post("/", formBody, async (req, res: Response) => {
    const answer = await token(tegata, req);
    if (answer.is === "error") sendOAuthError(res, answer);
    else res.set(NO_STORE).json(answer.tokens);
  });
  router.all("/", (_req, res) => {
    const refusal = { ...oauthError("invalid_request", "the method must be POST"), status: 405 };
    sendOAuthError(res, { ...refusal, headers: { Allow: "POST" } });
  });
  router.use(oauthErrorHandler(tegata.log));
  return router;
}

async function token(
  tegata: Tegata,
  req: Request,
): Promise<{ is: "tokens"; tokens: TokenResponse } | OAuthError> {
  // 1. Parse the form, once.
  const parsed = parseForm(req);
  if (parsed.is === "error") return parsed;
  const { form } = parsed;

  // 2. Authenticate the client.
  const authenticated = authenticateClient(req.headers.authorization, form);
  if (authenticated.is === "error") return authenticated;

  // 3. Let the grant decide.
  const grantType = grantTypeOf(form, tegata.settings.requireGrantType);
  if (grantType === undefined) return oauthError("invalid_request", "grant_type is missing");
  const grant = GRANTS.get(grantType);
  if (!grant)
    return oauthError("unsupported_grant_type", `the grants are: ${[...GRANTS.keys()].join(" ")}`);
  const granted = await grant(tegata, authenticated.client, form);
  if (granted.is === "error") return granted;

  // 4. Issue the tokens.
  const { accessTokens } = tegata;
  return {
    is: "tokens",
    tokens: {
      access_token: await accessTokens.sign(granted),
      token_type: "Bearer",
      expires_in: accessTokens.lifetimeSeconds,
      scope: granted.scope,
    },
  };
}

/** The one leniency: pages written from FastAPI's tutorial send username and password and no `grant_type`. */
function grantTypeOf(form: Form, required: boolean): string | undefined {
  const lenient = !required && form.has("username") && form.has("password");
  return form.get("grant_type") ?? (lenient ? "password" : undefined);
}
