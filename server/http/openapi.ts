/** The OpenAPI 3.1 document: each interface contributes its part, and this file combines them. */
import type { z } from "zod";
import type { ZodOpenApiMediaTypeObject, ZodOpenApiPathsObject } from "zod-openapi";
import type { Tegata } from "../tegata.ts";
import { IDENTITY_SCOPES } from "../tokens/scopes.ts";
import type { Handler } from "./route.ts";

/** What one interface adds to the document. */
export interface DocumentPart {
  tags: readonly { name: string; description: string }[];
  paths: ZodOpenApiPathsObject;
}

/** The content of a request or response, with its example. */
export const content = (
  schema: z.ZodType,
  example: unknown,
  type = "application/json",
): Record<string, ZodOpenApiMediaTypeObject> => ({ [type]: { schema, example } });

/**
 * Serves the document, which is made when somebody first asks for it: most services never need it.
 * @param partsOf its parts in order; if two have the same path, the later one is used
 */
export function openapiEndpoint(partsOf: () => DocumentPart[], tegata: Tegata): Handler {
  let document: ReturnType<typeof createOpenapi> | undefined;
  return async () => {
    document ??= createOpenapi(partsOf(), tegata);
    return { headers: { "Cache-Control": "no-cache" }, body: await document };
  };
}

async function createOpenapi(parts: readonly DocumentPart[], { settings, scopes }: Tegata) {
  const { createDocument } = await import("zod-openapi");
  // Relative to the document and to the server (OpenAPI 3.1.1 section 4.5.2): whoever reads it reaches the service at
  // the host, port and path at which it was read.
  const tokenUrl = "token";
  const password = { tokenUrl, refreshUrl: tokenUrl, scopes };
  const authorizationCode = {
    authorizationUrl: "authorize",
    ...password,
    scopes: { ...scopes, ...IDENTITY_SCOPES },
  };
  return createDocument(
    {
      openapi: "3.1.1",
      info: {
        title: "Tegata",
        version: "1",
        description:
          "Accounts, login and tokens. The same procedures are available with their types under `/trpc`.",
      },
      servers: [{ url: "." }],
      tags: parts.flatMap(({ tags }) => [...tags]),
      paths: mergePaths(parts),
      components: {
        securitySchemes: {
          user: {
            type: "oauth2",
            flows: { authorizationCode, ...(settings.passwordGrant !== "off" && { password }) },
          },
          client: { type: "http", scheme: "basic", description: "The id and secret of a client" },
        },
      },
    },
    {
      // A later version may add members to a response: clients must accept them.
      override: ({ jsonSchema, io }) => {
        const isClosed = jsonSchema.additionalProperties === false;
        if (isClosed && io === "output") delete jsonSchema.additionalProperties;
      },
    },
  );
}

function mergePaths(parts: readonly DocumentPart[]): ZodOpenApiPathsObject {
  const paths = new Map<string, ZodOpenApiPathsObject[string]>();
  for (const part of parts)
    for (const [path, operations] of Object.entries(part.paths)) {
      // Removed first, so that it gets the position of the later part.
      paths.delete(path);
      paths.set(path, operations);
    }
  return Object.fromEntries(paths);
}
