/** The OpenAPI 3.1 document, made from the rows of the REST mirror; written by hand only for the OAuth endpoints. */
import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { createDocument, type ZodOpenApiPathsObject } from "zod-openapi";
import type { Tegata } from "../../tegata.ts";
import { PATHS } from "../oauth/endpoint.ts";
import { SCOPES } from "../oauth/scope.ts";
import { Problem } from "../problem.ts";
import { oauthPaths } from "./openapi-oauth.ts";
import { ROWS, type Row } from "./routes.ts";

/**
 * Serves it at `/openapi.json`.
 * @param more paths of other doors; they replace what the mirror says of the same path
 */
export function openapi(tegata: Tegata, more: ZodOpenApiPathsObject): Router {
  const router = Router({ caseSensitive: true, strict: true });
  const text = JSON.stringify(createOpenapi(tegata, more));
  router.get("/openapi.json", (_req: Request, res: Response) => {
    res.type("application/json").set("Cache-Control", "no-cache").send(text);
  });
  return router;
}

function createOpenapi({ settings }: Tegata, more: ZodOpenApiPathsObject) {
  const base = settings.issuer.replace(/\/$/, "");
  return createDocument({
    openapi: "3.1.1",
    info: {
      title: "Tegata",
      version: "1",
      description:
        "Accounts, log-in and tokens. The same procedures are under `/trpc`, with their types.",
    },
    servers: [{ url: base }],
    paths: { ...restPaths(), ...oauthPaths(), ...more },
    components: {
      securitySchemes: {
        user: {
          type: "oauth2",
          flows: {
            password: {
              tokenUrl: `${base}${PATHS.token}`,
              refreshUrl: `${base}${PATHS.token}`,
              scopes: { ...SCOPES },
            },
          },
        },
        client: { type: "http", scheme: "basic", description: "The id and secret of a client" },
      },
    },
  });
}

function restPaths(): ZodOpenApiPathsObject {
  const paths: ZodOpenApiPathsObject = {};
  for (const row of ROWS) paths[row.path] = { ...paths[row.path], [row.method]: operation(row) };
  return paths;
}

function operation({ method, path, summary, scope, body, query, answer, refusals = [] }: Row) {
  const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  const takesInput = body || query || parameters.length > 0;
  return {
    operationId: `${method}${path.replace(/\W+(\w)/g, (_, letter: string) => letter.toUpperCase()).replace(/\W/g, "")}`,
    summary,
    tags: ["Accounts and items"],
    security: scope ? [{ user: [scope] }] : [],
    requestParams: {
      ...(parameters.length > 0 && {
        path: z.object(Object.fromEntries(parameters.map((name) => [name, z.string()]))),
      }),
      ...(query && { query: z.object(query) }),
    },
    ...(body && {
      requestBody: { required: true, content: { "application/json": { schema: body } } },
    }),
    responses: {
      200: { description: "Done", content: { "application/json": { schema: answer } } },
      ...(takesInput && {
        400: problem("The input is refused; `fields` says what is wrong with it"),
      }),
      ...(scope && {
        401: problem("There is no token, or it is not valid (any more)", {
          "WWW-Authenticate": z.string(),
        }),
        403: problem("The account is disabled, or the token lacks the scope"),
      }),
      ...(refusals.some((reason) => reason.endsWith("_taken")) && {
        409: problem("The name is taken; `reason` says which"),
      }),
      ...(body && {
        413: problem("The body is larger than 16 kB"),
        415: problem("The body is not JSON in UTF-8, or is compressed"),
      }),
      ...(refusals.includes("weak_password") && {
        503: problem("Too many passwords at once", { "Retry-After": z.string() }),
      }),
    },
  };
}

const problem = (description: string, headers: Record<string, z.ZodType> = {}) => ({
  description,
  headers: z.object(headers),
  content: { "application/problem+json": { schema: Problem } },
});
