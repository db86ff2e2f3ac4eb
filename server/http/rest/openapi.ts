/** The REST paths for the OpenAPI document, from what the procedures declare. */
import type { AnyTRPCRouter } from "@trpc/server";
import { z } from "zod";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { fieldError } from "../../accounts/field-errors.ts";
import { content, type DocumentPart } from "../openapi.ts";
import { Problem, problemFormat, problemOf } from "../problem.ts";
import { type Reason, Refusal } from "../refusal.ts";
import { type Fault, OUTAGE } from "../route.ts";
import type { Meta } from "../trpc/base.ts";
import { type RestEndpoint, restEndpoints } from "./endpoints.ts";

/** The REST paths of a router's procedures. */
export function restDocument(router: AnyTRPCRouter): DocumentPart {
  const endpoints = restEndpoints(router);
  const paths: ZodOpenApiPathsObject = {};
  for (const endpoint of endpoints)
    paths[endpoint.path] = {
      ...paths[endpoint.path],
      [endpoint.method.toLowerCase()]: operation(endpoint),
    };
  return {
    tags: [...new Set(endpoints.map(tagOf))].map((name) => ({
      name,
      description:
        name === ACCOUNTS ? "Registering, and your account" : `Your ${name.toLowerCase()}`,
    })),
    paths,
  };
}

const ACCOUNTS = "Accounts";

/** By noun: `items.list` is about Items, a procedure without a noun about Accounts. */
function tagOf({ name }: RestEndpoint): string {
  const [noun = "", verb] = name.split(".");
  return verb === undefined ? ACCOUNTS : noun.charAt(0).toUpperCase() + noun.slice(1);
}

/** The reasons for which every procedure with a scope may refuse. */
const TOKEN_REASONS = [
  "not_logged_in",
  "invalid_token",
  "insufficient_scope",
  "inactive_user",
  "not_a_user",
] as const satisfies Reason[];

/** The response of every operation while the database is not available: once, as a component. */
const UNAVAILABLE = { id: "Unavailable", ...faultResponse("`unavailable`", OUTAGE) };

function operation(endpoint: RestEndpoint) {
  const { name, method, pathFields, meta, input, output } = endpoint;
  const { summary = name, scope, inOwnApp, refusals = [], as } = meta;
  const hasBody = method !== "GET" && input !== undefined && pathFields.length === 0;
  const reasons: Reason[] = [
    ...(input ? (["invalid_input"] as const) : []),
    ...(scope ? TOKEN_REASONS : []),
    ...(inOwnApp ? (["foreign_app"] as const) : []),
    ...refusals,
    // A status has one response, which names both reasons.
    ...(refusals.includes("busy") ? (["unavailable"] as const) : []),
  ];
  const answer = as === undefined ? output : z.object({ [as]: output });
  const example = exampleOf(name, output);
  return {
    operationId: name.replace(/\.(\w)/, (_, letter: string) => letter.toUpperCase()),
    summary,
    tags: [tagOf(endpoint)],
    security: securityOf(meta),
    requestParams: {
      ...(pathFields.length > 0 && { path: fieldsOf(input) }),
      ...(method === "GET" && input && { query: fieldsOf(input) }),
    },
    ...(hasBody && {
      requestBody: { required: true, content: content(input, exampleOf(name, input)) },
    }),
    responses: {
      200: {
        description: "OK",
        content: content(answer, as === undefined ? example : { [as]: example }),
      },
      503: UNAVAILABLE,
      ...problems(reasons, input ? Object.keys(fieldsOf(input).shape) : []),
      ...(hasBody && {
        413: bodyResponse(413, "the body must be at most 16 kB"),
        415: bodyResponse(415, "the body must be in UTF-8"),
      }),
    },
  };
}

/** Swagger UI sends a token only where the operation lists one; an empty requirement makes it optional. */
function securityOf({ scope, readsToken }: Meta) {
  if (scope) return [{ user: [scope] }];
  return readsToken ? [{}, { user: [] }] : [];
}

/** The object schema of an input, which may be optional. */
function fieldsOf(input: z.ZodType | undefined): z.ZodObject {
  const schema = input instanceof z.ZodPrefault ? input.unwrap() : input;
  if (schema instanceof z.ZodObject) return schema;
  throw new Error("an input in a query or a path must be an object");
}

/** @throws if a schema has none: every body and response is documented with an example */
function exampleOf(name: string, schema: z.ZodType): unknown {
  if (schema instanceof z.ZodArray && schema.element instanceof z.ZodType)
    return [exampleOf(name, schema.element)];
  const example = schema.meta()?.["example"];
  if (example === undefined) throw new Error(`${name}: add an example to the meta of the schema`);
  return example;
}

/** The responses for some reasons, by status; the first reason of a status is its example. */
function problems(reasons: readonly Reason[], [field = ""]: readonly string[]) {
  const details: Partial<Record<Reason, ConstructorParameters<typeof Refusal>[1]>> = {
    invalid_input: { fields: { [field]: fieldError("required") } },
    insufficient_scope: { scope: "me" },
    too_many_attempts: { retryAfterSeconds: 8 },
    busy: { retryAfterSeconds: 3 },
  };
  const responses: Record<number, ReturnType<typeof problem>> = {};
  for (const reason of reasons) {
    const reply = problemOf(new Refusal(reason, details[reason]));
    const known = responses[reply.status];
    if (known) known.description += `, \`${reason}\``;
    else responses[reply.status] = problem(`\`${reason}\``, reply);
  }
  return responses;
}

function problem(
  description: string,
  { headers, body }: { headers: Record<string, string>; body: unknown },
) {
  const shown = Object.keys(headers).filter((name) => name !== "Cache-Control");
  return {
    description,
    headers: z.object(Object.fromEntries(shown.map((name) => [name, z.string()]))),
    content: content(Problem, body, "application/problem+json"),
  };
}

/** The response to a request that fails outside of its procedure. */
function faultResponse(description: string, fault: Fault) {
  const { headers = {} } = fault;
  const reply = problemFormat.refuse(fault);
  return problem(description, { headers, body: "body" in reply && reply.body });
}

const bodyResponse = (status: number, detail: string) => faultResponse(detail, { status, detail });
