/** The procedures as REST endpoints: each request calls one procedure. */
import { type AnyTRPCRouter, TRPCError } from "@trpc/server";
import type { Request } from "express";
import { z } from "zod";
import type { Tegata } from "../../tegata.ts";
import { identify } from "../bearer.ts";
import { readJson } from "../edge/body.ts";
import type { Received } from "../edge/received.ts";
import { queryOf } from "../edge/url.ts";
import { problemFormat, problemOf } from "../problem.ts";
import { NO_STORE, Refusal } from "../refusal.ts";
import { requesterOf } from "../requester.ts";
import type { Handler, Handlers, Reply, Route } from "../route.ts";
import { type RestEndpoint, restEndpoints } from "./endpoints.ts";

/** Adds the REST paths of a router's procedures. */
export function restRoutes(tegata: Tegata, router: AnyTRPCRouter, route: Route): void {
  const paths = new Map<string, Handlers>();
  for (const endpoint of restEndpoints(router))
    paths.set(endpoint.path, {
      ...paths.get(endpoint.path),
      [endpoint.method]: handlerOf(tegata, endpoint),
    });
  // `/api/sessions/end-others` is not a session: paths without a field come first.
  const literalFirst = [...paths].sort(
    ([a], [b]) => Number(a.includes("{")) - Number(b.includes("{")),
  );
  // `{name}` is `:name` in Express.
  for (const [path, handlers] of literalFirst)
    route(path.replace(/\{(\w+)\}/g, ":$1"), handlers, problemFormat);
}

function handlerOf(tegata: Tegata, endpoint: RestEndpoint): Handler {
  const inputOf = inputReader(endpoint);
  return async function rest(req) {
    const input = inputOf(req);
    return respond(tegata, endpoint, req, input);
  };
}

/** A handler that needs nothing of Express. */
export type Read = (req: Received) => Promise<Reply>;

/** The handlers of the paths that a GET reads and that have no fields, by path. */
export function restReads(tegata: Tegata, router: AnyTRPCRouter): Map<string, Read> {
  const reads = restEndpoints(router).filter(
    ({ method, pathFields }) => method === "GET" && pathFields.length === 0,
  );
  return new Map(
    reads.map((endpoint) => {
      const readQuery = queryReader(endpoint);
      return [endpoint.path, (req) => respond(tegata, endpoint, req, readQuery(req))];
    }),
  );
}

/** Calls the procedure of an endpoint. */
async function respond(
  tegata: Tegata,
  { name, meta, call }: RestEndpoint,
  req: Received,
  input: unknown,
): Promise<Reply> {
  const caller = await identify(tegata, req);
  const ctx = { tegata, caller, requester: requesterOf(req) };
  try {
    const output = await call({ path: name, batchIndex: 0, ctx, input });
    return { headers: NO_STORE, body: meta.as ? { [meta.as]: output } : output };
  } catch (error) {
    if (!(error instanceof TRPCError) || error.code === "INTERNAL_SERVER_ERROR") throw error;
    return problemOf(Refusal.of(error));
  }
}

/** The fields of an input, as a path and a query have them. */
function fieldReader({ input }: RestEndpoint) {
  const { properties = {} } = input ? z.toJSONSchema(input, { io: "input" }) : {};
  const isNumber = (field: string) => {
    const schema = properties[field];
    return typeof schema === "object" && (schema.type === "integer" || schema.type === "number");
  };
  return {
    isKnown: (field: string) => Object.hasOwn(properties, field),
    // If the value is not a number, the procedure reports it.
    read: (field: string, text: string) => [field, isNumber(field) ? Number(text) : text] as const,
  };
}

/** The input of a GET: the query, and the fields in the path. */
function queryReader(endpoint: RestEndpoint, { isKnown, read } = fieldReader(endpoint)) {
  return (req: Received, inPath: readonly (readonly [string, unknown])[] = []): unknown => {
    if (!endpoint.input) return undefined;
    const known = [...queryOf(req)].filter(([field]) => isKnown(field));
    return Object.fromEntries([...known.map(([field, text]) => read(field, text)), ...inPath]);
  };
}

/** The input of a procedure: the JSON body, or the query of a GET, and the fields in the path. */
function inputReader(endpoint: RestEndpoint): (req: Request) => unknown {
  const { method, pathFields } = endpoint;
  if (method !== "GET" && pathFields.length === 0) return readJson;
  const fields = fieldReader(endpoint);
  const readQuery = queryReader(endpoint, fields);
  return (req) => {
    const inPath = pathFields.map((field) => fields.read(field, String(req.params[field])));
    if (method === "GET") return readQuery(req, inPath);
    return { ...readJson(req), ...Object.fromEntries(inPath) };
  };
}
