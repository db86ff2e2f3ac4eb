/** Packages that are too large to be among those of the project: each test installs them in a folder of its own. */
import { execFile } from "node:child_process";
import { cpSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { emptyFolder } from "../process.ts";
import type { Program } from "./relying-party.ts";

/** A program of the examples, in a folder with exact versions of packages. */
export const withPackages =
  (...packages: readonly string[]) =>
  async (name: string): Promise<Program> => {
    const cwd = emptyFolder();
    cpSync(".npmrc", join(cwd, ".npmrc"));
    cpSync(`examples/relying-parties/${name}.js`, join(cwd, "app.js"));
    writeFileSync(join(cwd, "package.json"), '{ "private": true, "type": "module" }');
    // Not what they expect beside them, such as Next.js.
    const args = ["install", "--silent", "--prefer-offline", "--legacy-peer-deps", ...packages];
    await promisify(execFile)("npm", args, { cwd });
    return { cwd, args: [resolve(cwd, "app.js")] };
  };
