/** `npm run size`: how much an entry of the client adds to a bundle. Fails if the typed client grows beyond its limit. */
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import client from "../client/package.json" with { type: "json" };

/** What a page downloads at most for the typed client and its peers, in bytes. */
const LIMIT_BYTES = 10_000;

const root = fileURLToPath(new URL("..", import.meta.url));
const PEERS = Object.keys(client.peerDependencies).map((name) => new RegExp(`^${name}(/|$)`));

/**
 * Bundles and minifies an entry with what it imports, apart from `external`.
 * @returns its size with gzip, in bytes
 */
async function sizeOf(entry: string, external: RegExp[] = []): Promise<number> {
  const built = await build({
    root,
    configFile: false,
    logLevel: "warn",
    build: {
      write: false,
      target: "es2022",
      rolldownOptions: { input: entry, external, preserveEntrySignatures: "strict" },
    },
  });
  if (!("output" in built)) throw new Error("one entry has one output");
  const code = built.output.map((file) => (file.type === "chunk" ? file.code : "")).join("");
  return gzipSync(code).length;
}

const kB = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;

const size = await sizeOf("client/index.ts");
const own = await sizeOf("client/index.ts", PEERS);
console.log(
  `tegata-client: ${kB(size)} with its peers, ${kB(own)} without; limit ${kB(LIMIT_BYTES)}`,
);
console.log(`tegata-client/verify: ${kB(await sizeOf("client/verify/core.ts"))} with jose`);
if (size > LIMIT_BYTES) {
  console.error("The client is too large.");
  process.exitCode = 1;
}
