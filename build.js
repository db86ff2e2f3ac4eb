/**
 * Builds what is older than its sources: `node build.js` for the service and its pages, `node build.js web` for the pages
 * alone. Plain JavaScript without dependencies, so that `npm start` works where only the built files are installed.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const COMMON = ["package-lock.json", "tsconfig.json"];
/** What is published of the client: not the pages that use it. */
const CLIENT = (existsSync("client") ? readdirSync("client") : [])
  .filter((name) => name !== "web")
  .map((name) => join("client", name));
const SOURCES = {
  service: [...COMMON, "tsconfig.build.json", "server", "db", ...CLIENT],
  web: [...COMMON, "client"],
};

/**
 * When a file, or anything in a folder, was last changed. A folder itself changes when a file is removed.
 * @param {string} path
 * @returns {number} epoch milliseconds
 */
function changedAtMs(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => changedAtMs(join(path, name))));
}

const only = process.argv[2];
for (const [name, sources] of Object.entries(SOURCES)) {
  if (only !== undefined && only !== name) continue;
  const stamp = `dist/.${name}`;
  // Without sources there is only the build.
  const present = sources.filter((path) => existsSync(path));
  if (existsSync(stamp) && present.every((path) => changedAtMs(path) < statSync(stamp).mtimeMs))
    continue;
  const startedAt = new Date();
  execFileSync("npm", ["run", "--silent", `build:${name}`], { stdio: "inherit" });
  writeFileSync(stamp, "");
  // What changes while it is being built is newer than the build.
  utimesSync(stamp, startedAt, startedAt);
}
