/** A grant: the part of `POST /token` that differs from one `grant_type` to the next. */
import { z } from "zod";
import type { Session } from "../../../../db/sessions.ts";
import type { User } from "../../../../db/users.ts";
import type { Client } from "../../../clients/clients.ts";
import type { Requester } from "../../../requester.ts";
import type { Tegata } from "../../../tegata.ts";
import { narrowScope, type Scopes, scopeNames } from "../../../tokens/scopes.ts";
import { type OAuthError, oauthError } from "../error.ts";
import type { Form } from "../form.ts";

/** The request that a grant decides on. */
interface GrantRequest {
  client: Client;
  requester: Requester;
}

/** What was granted. */
export interface Granted {
  is: "granted";
  session: Session;
  /** Of the access token: space-separated, or `ALL_SCOPES`. */
  scope: string;
  /** Omitted for a client that acts on its own behalf or may not refresh. */
  refreshToken?: string;
  /** Who has logged in, for an ID token. It is issued only if the scope has `openid`. */
  login?: { user: User; nonce?: string | undefined };
}

/** A grant. It decides on a request and writes no response. */
export interface Grant {
  /** The parameters that it reads. They are rejected in a URL, and listed in the OpenAPI document. */
  readonly parameters: z.ZodObject;
  decide(tegata: Tegata, request: GrantRequest & { form: Form }): Promise<Granted | OAuthError>;
}

/**
 * Defines a grant.
 * @param parameters each a string, in the order in which a missing one is reported
 * @param decide is called if no required parameter is missing
 */
export function defineGrant<Parameters extends z.ZodObject>(
  parameters: Parameters,
  decide: (
    tegata: Tegata,
    request: GrantRequest & z.output<Parameters>,
  ) => Promise<Granted | OAuthError>,
): Grant {
  return {
    parameters,
    async decide(tegata, { form, ...request }) {
      const parsed = parameters.safeParse(Object.fromEntries(form));
      if (parsed.success) return decide(tegata, { ...parsed.data, ...request });
      return oauthError("invalid_request", `${String(parsed.error.issues[0]?.path[0])} is missing`);
    },
  };
}

/** The parameter of every grant (RFC 6749 section 3.3). */
export const SCOPE = z
  .string()
  .optional()
  .meta({ description: "Space-separated; everything that the client may have when omitted" });

/** Narrows a scope to the requested one. @returns `invalid_scope` if more is requested than is allowed */
export function grantScope(
  asked: string | undefined,
  allowed: string,
  { scopes }: { scopes: Scopes },
): { is: "scope"; scope: string } | OAuthError {
  const narrowed = narrowScope(asked, allowed, scopes);
  if (narrowed.is === "scope") return narrowed;
  const names = scopeNames(allowed, scopes).join(" ");
  return oauthError(
    "invalid_scope",
    names === "" ? "the client has no scopes for this grant" : `the allowed scopes are: ${names}`,
  );
}
