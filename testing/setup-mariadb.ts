/** Global setup of the projects that need a database: starts one MariaDB and shares it among them. */
import type { TestProject } from "vitest/node";
import { installMariadb, startMariadb } from "./mariadb.ts";

/** Provides `mariadb` to a project. @returns the teardown, for the project that started the server. */
export default async function setup(
  project: TestProject,
): Promise<(() => Promise<void>) | undefined> {
  const shared = project.vitest.projects
    .map((other) => other.getProvidedContext().mariadb)
    .find((url) => url !== undefined);
  if (shared !== undefined) {
    project.provide("mariadb", shared);
    return undefined;
  }
  installMariadb();
  // As a cluster requires it.
  const server = await startMariadb("--innodb-force-primary-key=ON");
  if (!server) {
    if (process.env["CI"]) throw new Error("mariadbd is not installed. CI must test on MariaDB.");
    console.warn("\n  mariadbd is not installed. The tests run on SQLite only.\n");
  }
  project.provide("mariadb", server?.url ?? null);
  return async () => server?.stop();
}
