/** The OAuth endpoints for the OpenAPI document: they take forms, and are no mirror of a procedure. */
import { z } from "zod";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { PATHS } from "../oauth/endpoint.ts";
import { GRANTS } from "../oauth/grants/index.ts";

const client = { client_id: z.string().optional(), client_secret: z.string().optional() };
const TokenRequest = z.object({
  grant_type: z.enum([...GRANTS.keys()]),
  username: z.string().optional(),
  password: z.string().optional(),
  refresh_token: z.string().optional(),
  scope: z.string().optional(),
  ...client,
});
const SomeToken = z.object({
  token: z.string(),
  token_type_hint: z.enum(["access_token", "refresh_token"]).optional(),
  ...client,
});
const Tokens = z.object({
  access_token: z.string(),
  token_type: z.literal("Bearer"),
  expires_in: z.int().meta({ description: "Seconds" }),
  scope: z.string(),
  refresh_token: z.string().optional(),
});
const Introspection = z.looseObject({ active: z.boolean() });
const OAuthError = z.object({ error: z.string(), error_description: z.string() });

/** Their paths (RFC 6749, RFC 7009, RFC 7662). */
export function oauthPaths(): ZodOpenApiPathsObject {
  return {
    [PATHS.token]: {
      post: operation("Get tokens (RFC 6749)", TokenRequest, Tokens, [{}, { client: [] }]),
    },
    [PATHS.revocation]: {
      post: operation("End the session of a token (RFC 7009)", SomeToken, z.object({}), [
        {},
        { client: [] },
      ]),
    },
    [PATHS.introspection]: {
      post: operation("What a token is worth now (RFC 7662)", SomeToken, Introspection, [
        { client: [] },
      ]),
    },
  };
}

function operation(
  summary: string,
  form: z.ZodType,
  answer: z.ZodType,
  security: Record<string, string[]>[],
) {
  const refused = (description: string) => ({
    description,
    content: { "application/json": { schema: OAuthError } },
  });
  return {
    operationId: summary
      .replace(/ \(.*/, "")
      .replace(/ (\w)/g, (_, letter: string) => letter.toUpperCase()),
    summary,
    tags: ["OAuth 2"],
    security,
    requestBody: {
      required: true,
      content: { "application/x-www-form-urlencoded": { schema: form } },
    },
    responses: {
      200: { description: "Done", content: { "application/json": { schema: answer } } },
      400: refused("The request is refused; `error` says why"),
      401: refused("The client is not authenticated"),
      413: refused("The body is larger than 16 kB"),
      415: refused("The body is compressed"),
      ...(form === TokenRequest && {
        503: refused("Too many log-ins at once; `Retry-After` says when to come again"),
      }),
    },
  };
}
