/** The procedures as REST endpoints: each request calls one procedure. */
import { callTRPCProcedure, TRPCError } from "@trpc/server";
import type { Request } from "express";
import { z } from "zod";
import type { Tegata } from "../../tegata.ts";
import { identify } from "../bearer.ts";
import { readJson } from "../edge/body.ts";
import { queryOf } from "../edge/query.ts";
import { problemFormat, problemOf } from "../problem.ts";
import { NO_STORE, Refusal } from "../refusal.ts";
import { requesterOf } from "../requester.ts";
import type { Handler, Handlers, Route } from "../route.ts";
import { appRouter } from "../trpc/router.ts";
import { REST_ENDPOINTS, type RestEndpoint } from "./endpoints.ts";

/** Adds every REST path. */
export function restRoutes(tegata: Tegata, route: Route): void {
  const paths = new Map<string, Handlers>();
  for (const endpoint of REST_ENDPOINTS)
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
  const { name, type, meta } = endpoint;
  const inputOf = inputReader(endpoint);
  return async function rest(req) {
    const input = await inputOf(req);
    const caller = await identify(tegata, req);
    const ctx = { tegata, caller, requester: requesterOf(req) };
    try {
      const output: unknown = await callTRPCProcedure({
        router: appRouter,
        path: name,
        type,
        ctx,
        getRawInput: async () => input,
        signal: undefined,
        batchIndex: 0,
      });
      return { headers: NO_STORE, body: meta.as ? { [meta.as]: output } : output };
    } catch (error) {
      if (!(error instanceof TRPCError) || error.code === "INTERNAL_SERVER_ERROR") throw error;
      return problemOf(Refusal.of(error));
    }
  };
}

/** The input of a procedure: the JSON body, or the query of a GET, and the fields in the path. */
function inputReader({ method, pathFields, input }: RestEndpoint) {
  const { properties = {} } = input ? z.toJSONSchema(input, { io: "input" }) : {};
  const isNumber = (field: string) => {
    const schema = properties[field];
    return typeof schema === "object" && (schema.type === "integer" || schema.type === "number");
  };
  // If the value is not a number, the procedure reports it.
  const read = (field: string, text: string) => [field, isNumber(field) ? Number(text) : text];

  return async (req: Request): Promise<unknown> => {
    const inPath = pathFields.map((field) => read(field, String(req.params[field])));
    if (method === "GET") {
      const known = [...queryOf(req)].filter(([field]) => Object.hasOwn(properties, field));
      const fields = [...known.map(([field, text]) => read(field, text)), ...inPath];
      return input && Object.fromEntries(fields);
    }
    const body = readJson(req);
    if (inPath.length === 0) return body;
    return { ...body, ...Object.fromEntries(inPath) };
  };
}
