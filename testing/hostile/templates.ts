/** The valid requests that hostile ones are made from: they come from what the service publishes and declares. */
import type { IRouter } from "express";
import { z } from "zod";
import { createExpress } from "../../server/http/app.ts";
import { restEndpoints } from "../../server/http/rest/endpoints.ts";
import { appRouter } from "../../server/http/trpc/router.ts";
import type { Service } from "../service.ts";

/** A valid request, without the caller's own data. */
export interface Template {
  method: string;
  /** With `{name}` for a field. */
  path: string;
  /** The media type of the body; undefined for none. */
  type: string | undefined;
  /** The fields of the body, of the query or of the path. */
  fields: Record<string, unknown>;
  /** The names of all fields that the endpoint knows. */
  names: readonly string[];
}

/** The valid requests of a service, by kind. */
export interface Templates {
  /** Each operation of the OpenAPI document, with each media type that it takes. */
  operations: readonly Template[];
  /** Each procedure. */
  procedures: readonly Template[];
  /** Every path that is routed. */
  paths: readonly string[];
}

const Schema = z.object({
  $ref: z.string().optional(),
  properties: z.record(z.string(), z.unknown()).default({}),
});
const Media = z.object({ example: z.record(z.string(), z.unknown()), schema: Schema });
const Parameter = z.object({
  name: z.string(),
  schema: z.object({ example: z.unknown().optional() }),
});
const Operation = z.object({
  parameters: z.array(Parameter).default([]),
  requestBody: z.object({ content: z.record(z.string(), Media) }).optional(),
});
const Document = z.object({
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.object({ schemas: z.record(z.string(), Schema) }),
});

/** For a field without an example; all of them are numbers. */
const ANY = 1;

/** Finds the requests that a service accepts. */
export async function findTemplates(service: Service): Promise<Templates> {
  const document = Document.parse((await service.request("GET", "/openapi.json")).json);
  return {
    operations: Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, operation]) =>
        templatesOf(method.toUpperCase(), path, operation, document),
      ),
    ),
    procedures: proceduresOf(),
    paths: pathsOf(createExpress(service.tegata).router),
  };
}

function templatesOf(
  method: string,
  path: string,
  { parameters, requestBody }: z.infer<typeof Operation>,
  { components }: z.infer<typeof Document>,
): Template[] {
  const named = Object.fromEntries(
    parameters.map(({ name, schema }) => [name, schema.example ?? ANY]),
  );
  const bodies = Object.entries(requestBody?.content ?? {});
  if (bodies.length === 0)
    return [{ method, path, type: undefined, fields: named, names: Object.keys(named) }];
  return bodies.map(([type, { example, schema }]) => {
    const { properties } = components.schemas[schema.$ref?.split("/").at(-1) ?? ""] ?? schema;
    const fields = { ...named, ...example };
    return { method, path, type, fields, names: Object.keys({ ...fields, ...properties }) };
  });
}

/** Procedures are also in REST, which knows their inputs. */
const proceduresOf = (): Template[] =>
  restEndpoints(appRouter).map(({ name, type, input }) => {
    const schema = input instanceof z.ZodPrefault ? input.unwrap() : input;
    return {
      method: type === "query" ? "GET" : "POST",
      path: `/trpc/${name}`,
      type: type === "query" ? undefined : "application/json",
      fields: fieldsOf(schema),
      names: schema instanceof z.ZodObject ? Object.keys(schema.shape) : [],
    };
  });

/** The example of each field of an input. */
function fieldsOf(input: unknown): Template["fields"] {
  if (!(input instanceof z.ZodObject)) return {};
  const whole = z.record(z.string(), z.unknown()).optional().parse(input.meta()?.["example"]);
  if (whole) return whole;
  return Object.fromEntries(
    Object.entries<z.ZodType>(input.shape).map(([name, field]) => [
      name,
      field.meta()?.["example"] ?? ANY,
    ]),
  );
}

/** The paths of a router, with `{name}` for Express's `:name`. */
function pathsOf({ stack }: IRouter): string[] {
  const paths: unknown[] = stack.flatMap(({ route }) => route?.path ?? []);
  return z
    .array(z.string())
    .parse(paths)
    .map((path) => path.replace(/:(\w+)/g, "{$1}"));
}
