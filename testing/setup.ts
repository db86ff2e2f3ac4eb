/** What the tests need before the first of them runs: the service as users run it, and a MariaDB. */
import { execFileSync } from "node:child_process";
import type { TestProject } from "vitest/node";
import { startMariadb } from "./mariadb.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** `mysql://…` of the server, with no database named; undefined where there is no MariaDB. */
    mariadb: string | undefined;
  }
}

/** vitest's global set-up. @returns the tear-down. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  execFileSync("npm", ["run", "--silent", "build"], { stdio: ["ignore", "inherit", "pipe"] });
  const mariadb = await startMariadb();
  if (!mariadb) {
    if (process.env["CI"])
      throw new Error("mariadbd is missing: the tests of CI must run on MariaDB too");
    console.warn("\n  mariadbd is not installed: these tests run on SQLite alone.\n");
  }
  project.provide("mariadb", mariadb?.url);
  return async () => mariadb?.stop();
}
