/** The paths as the service knows them, for metrics and spans: what callers send has no bound. */
import type { Express } from "express";
import { OTHER } from "./edge/known-method.ts";
import { appRouter } from "./trpc/router.ts";

/** What stands for the calls of a batch, which come in any order. */
const BATCH = "/trpc/(batch)";

/**
 * Makes the function that finds the template of a path, without its query: the path with the names of its fields, such as
 * `/api/items/:id`.
 */
export function templatesOf(app: Express): (path: string) => string {
  const served = app.router.stack.flatMap(({ route }) => (route ? [route.path].flat() : []));
  const procedures = Object.keys(appRouter._def.procedures).map((name) => `/trpc/${name}`);
  const literals = new Set([...procedures, ...served.filter((path) => !path.includes(":"))]);
  const withFields = served
    .filter((path) => path.includes(":"))
    .map((path) => ({ path, pattern: new RegExp(`^${path.replace(/:\w+/g, "[^/]+")}$`) }));
  return (path) => {
    if (literals.has(path)) return path;
    if (path.startsWith("/trpc/") && path.includes(",")) return BATCH;
    return withFields.find(({ pattern }) => pattern.test(path))?.path ?? OTHER;
  };
}
