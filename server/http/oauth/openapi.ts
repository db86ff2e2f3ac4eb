/** The OAuth endpoints for the OpenAPI document. */
import { z } from "zod";
import type { UserClaims } from "../../tokens/claims.ts";
import { FORM_TYPE } from "../edge/body.ts";
import { content, type DocumentPart } from "../openapi.ts";
import { Problem, problemOf } from "../problem.ts";
import { type Reason, Refusal } from "../refusal.ts";
import { type OAuthErrorCode, oauthError } from "./error.ts";
import type { Grant } from "./grants/grant.ts";
import { PATHS } from "./metadata.ts";

const TAG = "OAuth 2";
const OUTAGE = "The database is not available; see `Retry-After`";
const EXAMPLE_TOKEN = "2tTBhXFGq9Qd2MTN8gGyWq8mE0v3uTzJkq1i5bqW7Yk";

/** Left empty in a form that shows the examples: an empty parameter counts as omitted. */
const EMPTY = { example: "" };
const optional = z.string().optional().meta(EMPTY);
const client = {
  client_id: z
    .string()
    .optional()
    .meta({
      ...EMPTY,
      description: "A client without a secret, or with its secret here instead of in the header",
    }),
  client_secret: optional,
};

const TokenResponse = z
  .object({
    access_token: z.string(),
    token_type: z.literal("Bearer"),
    expires_in: z.int().meta({ description: "Seconds" }),
    scope: z.string().meta({ description: "Space-separated" }),
    refresh_token: z.string().optional(),
    id_token: z.string().optional().meta({ description: "With the scope `openid`" }),
  })
  .meta({ id: "TokenResponse" });
const UserInfo = z
  .object({
    sub: z.string().meta({ description: "The id of the user, in decimal digits" }),
    name: z.string().optional().meta({ description: "With the scope `profile`" }),
    preferred_username: z.string().optional(),
    email: z.string().optional().meta({ description: "With the scope `email`" }),
    email_verified: z.boolean().optional(),
  })
  .meta({ id: "UserInfo" });
const TokenInQuestion = z
  .object({
    token: z.string().meta({ example: EXAMPLE_TOKEN }),
    token_type_hint: z.enum(["access_token", "refresh_token"]).optional(),
    ...client,
  })
  .meta({ id: "TokenInQuestion" });
const Introspection = z.looseObject({ active: z.boolean() }).meta({ id: "Introspection" });
const OAuthError = z
  .object({
    error: z.string(),
    error_description: z.string(),
    reason: z
      .literal("email_unverified")
      .optional()
      .meta({ description: "More than `error` says" }),
  })
  .meta({ id: "OAuthError" });

const LOGIN = {
  grant_type: "password",
  username: "ada@example.com",
  password: "correct horse battery",
};
const TOKENS = {
  access_token: "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
  token_type: "Bearer",
  expires_in: 1800,
  scope: "me items",
  refresh_token: EXAMPLE_TOKEN,
};
const ADA: UserClaims = {
  sub: "1",
  name: "Ada Lovelace",
  preferred_username: "ada",
  email: "ada@example.com",
  email_verified: true,
};
const ACTIVE = {
  active: true,
  iss: "https://login.example.com",
  sub: "1",
  client_id: "tegata",
  scope: "me items",
  iat: 1_796_000_000,
  exp: 1_796_001_800,
  sid: "k3Jm2x9QdLw0aZ8fT5vYbA",
};

/** The body of a token request, and an example. @param grants those that the settings allow */
function tokenRequest(grants: ReadonlyMap<string, Grant>) {
  const example = grants.has(LOGIN.grant_type) ? LOGIN : { grant_type: "client_credentials" };
  const schema = z
    .object({
      // Without an example, Swagger UI sends the first one.
      grant_type: z.enum([...grants.keys()]).meta({ example: example.grant_type }),
      ...parametersOf(grants.values()),
      ...client,
    })
    .meta({ id: "TokenRequest" });
  return { required: true, content: content(schema, example, FORM_TYPE) };
}

/** The paths of the OAuth endpoints (RFC 6749, RFC 7009, RFC 7662, OpenID Connect Core section 5.3). @param grants those that the settings allow */
export const oauthDocument = (grants: ReadonlyMap<string, Grant>): DocumentPart => ({
  tags: [{ name: TAG, description: "Tokens: getting, revoking and introspecting them" }],
  paths: {
    [PATHS.token]: {
      post: {
        ...operation("token", "Get tokens (RFC 6749)", [{}, { client: [] }]),
        requestBody: tokenRequest(grants),
        responses: {
          200: ok(TokenResponse, TOKENS),
          ...refusals("invalid_grant"),
          503: refused("temporarily_unavailable", `Too many logins at once, or: ${OUTAGE}`),
        },
      },
    },
    [PATHS.revocation]: {
      post: {
        ...operation("revoke", "End the session of a token (RFC 7009)", [{}, { client: [] }]),
        requestBody: {
          required: true,
          content: content(TokenInQuestion, { token: TOKENS.refresh_token }, FORM_TYPE),
        },
        responses: { 200: ok(z.object({}), {}), ...refusals("invalid_request") },
      },
    },
    [PATHS.introspection]: {
      post: {
        ...operation("introspect", "Check whether a token is active (RFC 7662)", [{ client: [] }]),
        requestBody: {
          required: true,
          content: content(TokenInQuestion, { token: TOKENS.access_token }, FORM_TYPE),
        },
        responses: { 200: ok(Introspection, ACTIVE), ...refusals("invalid_request") },
      },
    },
    [PATHS.userinfo]: {
      get: {
        ...operation("userinfo", "Read who has logged in (OpenID Connect)", [{ user: ["openid"] }]),
        responses: {
          200: ok(UserInfo, ADA),
          401: problem("No access token, or one that is not valid", "not_logged_in"),
          403: problem("A token without the scope, or a disabled account", "insufficient_scope"),
          503: problem(OUTAGE, "unavailable"),
        },
      },
    },
  },
});

/** The parameters of all grants, each optional, because a grant needs only its own. */
function parametersOf(grants: Iterable<Grant>): Record<string, z.ZodType> {
  const named = [...grants].flatMap(({ parameters }) => Object.entries(parameters.shape));
  return Object.fromEntries(
    named.map(([name, schema]) => [name, schema.optional().meta({ ...EMPTY, ...schema.meta() })]),
  );
}

function operation(operationId: string, summary: string, security: Record<string, string[]>[]) {
  return { operationId, summary, tags: [TAG], security };
}

function ok(schema: z.ZodType, example: unknown) {
  return { description: "OK", content: content(schema, example) };
}

function refused(error: OAuthErrorCode, description: string) {
  return {
    description,
    content: content(OAuthError, oauthError(error, "a sentence for developers").body),
  };
}

/** @param typical the reason that is most likely with this status */
function problem(description: string, typical: Reason) {
  const { body } = problemOf(new Refusal(typical, { scope: "openid" }));
  return { description, content: content(Problem, body, "application/problem+json") };
}

/** @param typical the error that is most likely with status 400 */
function refusals(typical: OAuthErrorCode) {
  return {
    400: refused(typical, "The request is refused; see `error`"),
    401: refused("invalid_client", "The client in the Authorization header is not authenticated"),
    413: refused("invalid_request", "The body must be at most 16 kB"),
    415: refused("invalid_request", "The body must not be compressed"),
    429: refused("temporarily_unavailable", "Too many attempts; see `Retry-After`"),
    503: refused("temporarily_unavailable", OUTAGE),
  };
}
