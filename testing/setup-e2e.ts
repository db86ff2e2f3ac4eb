/** Global setup of the `e2e` project: builds the service and starts the browser. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";
import { executablePath, launchServer } from "./chromium.ts";

/** Provides `browser` to the project. @returns the teardown. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (!executablePath) {
    if (process.env["CI"]) throw new Error("Chromium is not installed. CI must test the page.");
    console.warn("\n  Chromium is not installed. The page is not tested. CHROMIUM can name it.\n");
  }
  const browser = executablePath ? await launchServer() : undefined;
  try {
    await promisify(execFile)("npm", ["run", "--silent", "build"]);
  } catch (cause) {
    await browser?.close();
    const { stdout, stderr } = cause as { stdout: string; stderr: string };
    throw new Error(`The build failed:\n${stdout}${stderr}`, { cause });
  }
  project.provide("browser", browser?.wsEndpoint() ?? null);
  return async () => browser?.close();
}
