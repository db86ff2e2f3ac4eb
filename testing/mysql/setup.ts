/** Global setup of `npm run test:mysql`: starts one MySQL server, which the tests find in place of MariaDB. */
import type { TestProject } from "vitest/node";
import { startMysql } from "./server.ts";

/** Provides `mariadb` and `mysql`. @returns the teardown */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startMysql();
  project.provide("mariadb", server.url);
  project.provide("mysql", server.url);
  return server.stop;
}
