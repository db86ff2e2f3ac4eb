/** What the OAuth endpoints that take a form have in common: the method, the body, the client, the errors. */
import { type Response, Router } from "express";
import type { Tegata } from "../../tegata.ts";
import { authenticateClient, type Client } from "./client.ts";
import {
  NO_STORE,
  type OAuthError,
  oauthError,
  oauthErrorHandler,
  sendOAuthError,
} from "./error.ts";
import { type Form, formBody, parseForm } from "./form.ts";

/** A request that has been read and whose client is known. */
export interface OAuthRequest {
  client: Client;
  form: Form;
  userAgent: string | undefined;
}

/** Where each endpoint is, below the issuer. */
export const PATHS = { token: "/token", revocation: "/revoke", introspection: "/introspect" };

/** An endpoint; `answer` decides and writes nothing. */
export function oauthEndpoint(
  tegata: Tegata,
  path: string,
  answer: (request: OAuthRequest) => Promise<{ is: "answer"; body: object } | OAuthError>,
): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.post(path, formBody, async (req, res: Response) => {
    const parsed = parseForm(req);
    if (parsed.is === "error") return sendOAuthError(res, parsed);
    const { form } = parsed;
    const { authorization, "user-agent": userAgent } = req.headers;
    const authenticated = await authenticateClient(tegata, { authorization, form });
    if (authenticated.is === "error") return sendOAuthError(res, authenticated);
    const result = await answer({ client: authenticated.client, form, userAgent });
    if (result.is === "error") sendOAuthError(res, result);
    else res.set(NO_STORE).json(result.body);
  });
  router.all(path, (_req, res) => {
    const refusal = { ...oauthError("invalid_request", "the method must be POST"), status: 405 };
    sendOAuthError(res, { ...refusal, headers: { Allow: "POST" } });
  });
  router.use(oauthErrorHandler(tegata.log));
  return router;
}
