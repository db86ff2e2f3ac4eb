#!/usr/bin/env node
// What `npx tegata` runs. It is here so that npm can link it before anything is built.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const cli = new URL("../dist/server/cli/index.js", import.meta.url);
if (existsSync(cli)) await import(cli.href);
else {
  const folder = fileURLToPath(new URL("..", import.meta.url));
  console.error(`Tegata is not built yet. Run this first, in ${folder}: npm ci && npm run build`);
  process.exitCode = 1;
}
