/** The REST endpoints, as the procedures declare them in their `meta`. */
import type { AnyTRPCProcedure, AnyTRPCRouter } from "@trpc/server";
import { z } from "zod";
import type { Meta } from "../trpc/base.ts";
import { callerOf } from "../trpc/call.ts";

/** A procedure with its place in REST. */
export interface RestEndpoint {
  /** The procedure, such as `items.list`. */
  name: string;
  type: "query" | "mutation";
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** With `{name}` for a field of the input. */
  path: string;
  /** The fields of the input that are in the path. */
  pathFields: readonly string[];
  meta: Meta;
  input: z.ZodType | undefined;
  output: z.ZodType;
  call: ReturnType<typeof callerOf>;
}

/** What tRPC knows about a procedure at run time. */
const Definition = z.object({
  type: z.enum(["query", "mutation"]),
  inputs: z.array(z.instanceof(z.ZodType)).max(1),
  output: z.instanceof(z.ZodType),
});

const Method = z.enum(["GET", "POST", "PUT", "DELETE"]);

function endpointOf([name, procedure]: [string, unknown]): RestEndpoint[] {
  const known = procedure as AnyTRPCProcedure;
  const { meta = {} } = known._def as { meta?: Meta };
  if (meta.rest === undefined) return [];
  const { type, inputs, output } = Definition.parse(known._def);
  const [method, path = ""] = meta.rest.split(" ");
  const pathFields = [...path.matchAll(/\{(\w+)\}/g)].map(([, field = ""]) => field);
  return [
    {
      name,
      type,
      method: Method.parse(method),
      path,
      pathFields,
      meta,
      input: inputs[0],
      output,
      call: callerOf(known),
    },
  ];
}

/** Every procedure of a router that is in REST, in the order of the router. */
export const restEndpoints = (router: AnyTRPCRouter): readonly RestEndpoint[] =>
  // By path at run time: its type is the tree of routers.
  Object.entries<unknown>(router._def.procedures).flatMap(endpointOf);
