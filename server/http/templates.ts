/** The paths as the service knows them, for metrics and spans: what callers send has no bound. */
import type { AnyTRPCRouter } from "@trpc/server";
import type { Express } from "express";

/** What stands for the calls of a batch, which come in any order. */
const BATCH = "/trpc/(batch)";

/** Finds the template of a path, without its query. @returns undefined if nothing is served there */
export type TemplateOf = (path: string) => string | undefined;

/**
 * Makes the function that finds the template of a path: the path with the names of its fields, such as `/api/items/:id`.
 * @param router the procedures under `/trpc`
 */
export function templatesOf(app: Express, router: AnyTRPCRouter): TemplateOf {
  const served = app.router.stack.flatMap(({ route }) => (route ? [route.path].flat() : []));
  const procedures = Object.keys(router._def.procedures).map((name) => `/trpc/${name}`);
  const literals = new Set([...procedures, ...served.filter((path) => !path.includes(":"))]);
  const withFields = served
    .filter((path) => path.includes(":"))
    .map((path) => ({ path, pattern: new RegExp(`^${path.replace(/:\w+/g, "[^/]+")}$`) }));
  return (path) => {
    if (literals.has(path)) return path;
    if (path.startsWith("/trpc/") && path.includes(",")) return BATCH;
    return withFields.find(({ pattern }) => pattern.test(path))?.path;
  };
}
