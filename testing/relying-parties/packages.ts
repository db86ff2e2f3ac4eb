/** Packages that are too large to be among those of the project: a test installs one in a folder of its own. */
import { execFile } from "node:child_process";
import { cpSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { emptyFolder } from "../process.ts";
import type { Program } from "./relying-party.ts";

/** A program of the examples with its package and Express. @param version of the package, exactly */
export const withPackage =
  (version: string) =>
  async (name: string): Promise<Program> => {
    const cwd = emptyFolder();
    cpSync(".npmrc", join(cwd, ".npmrc"));
    cpSync(`examples/relying-parties/${name}.js`, join(cwd, "app.js"));
    writeFileSync(join(cwd, "package.json"), '{ "private": true, "type": "module" }');
    // Not what it expects beside it, such as Next.js.
    const args = ["install", "--silent", "--prefer-offline", "--legacy-peer-deps"];
    await promisify(execFile)("npm", [...args, `${name}@${version}`], { cwd });
    symlinkSync(resolve("node_modules/express"), join(cwd, "node_modules/express"));
    return { cwd, args: [join(cwd, "app.js")], folder: cwd };
  };
