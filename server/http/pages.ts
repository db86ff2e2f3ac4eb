/** The page: one document for all of its screens, which `client/web/routes.ts` lists. */
import { problemFormat } from "./problem.ts";
import type { Route } from "./route.ts";

/** Where the screens are. All are in one folder, so the document finds its scripts from each. */
const PATHS = ["/", "/login", "/workbench"];

/** Serves the page at each path. */
export function pageRoutes(route: Route): void {
  route(PATHS, { GET: () => ({ file: "index.html" }) }, problemFormat);
}
