import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";

/** The layers from top to bottom. A file imports only from its own layer or from a lower one. */
const ROOMS = [
  "server/main.ts",
  "server/index.ts",
  "server/cli/",
  "server/http/app.ts",
  "server/http/metrics.ts",
  "server/http/tracing.ts",
  "server/http/templates.ts",
  "server/http/fast/",
  "server/http/fastapi/",
  "server/http/rest/",
  "server/http/oauth/",
  "server/http/trpc/",
  "server/http/login/",
  "server/http/openapi.ts",
  "server/http/forward-auth.ts",
  "server/http/pages.ts",
  "server/http/readiness.ts",
  "server/http/brand.ts",
  "server/http/starting.ts",
  "server/http/problem.ts",
  "server/http/route.ts",
  "server/http/refusal.ts",
  "server/http/bearer.ts",
  "server/http/requester.ts",
  "server/http/edge/",
  "server/accounts/",
  "server/clients/",
  "server/tokens/",
  "server/",
  "db/",
];
const roomOf = (file: string) => ROOMS.findIndex((room) => file.startsWith(room));
/** `tegata.ts` assembles the parts, so every part may import its types. */
const WHOLE = "server/tegata.ts";

const files = ["server", "db", "client"].flatMap((root) =>
  readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter(
      (name) =>
        /\.(ts|js|vue)$/.test(name) && !/\.test\.ts$/.test(name) && !name.includes("node_modules"),
    )
    .map((name) => join(root, name)),
);
const imports = files.flatMap((file) =>
  [...readFileSync(file, "utf8").matchAll(/^(import|export)\b(\s+type\b)?[^;"]*?"([^"]+)";/gm)].map(
    ([, , type, from = ""]) => ({
      file,
      type: Boolean(type),
      from: from.startsWith(".") ? normalize(join(dirname(file), from)) : from,
    }),
  ),
);

/** Packages that are loaded when they are needed. */
const lazyImports = files.flatMap((file) =>
  [...readFileSync(file, "utf8").matchAll(/\bimport\("([^."][^"]*)"\)/g)].map(([, from = ""]) => ({
    file,
    from,
    type: false,
  })),
);
/** Everything that a file loads, directly and through our other files. */
function reach(file: string, seen = new Set<string>()): ReadonlySet<string> {
  for (const one of imports)
    if (one.file === file && !one.type && !seen.has(one.from)) reach(one.from, seen.add(one.from));
  return seen;
}

test("the files and their imports are found", () => {
  expect(files.length).toBeGreaterThan(30);
  expect(imports.length).toBeGreaterThan(80);
});

test("every file in server/http belongs to a layer", () => {
  const strangers = files.filter(
    (file) => file.startsWith("server/http/") && !ROOMS[roomOf(file)]?.startsWith("server/http/"),
  );
  expect(strangers).toEqual([]);
});

test("every file imports only from its own layer or from a lower one", () => {
  const climbing = imports.filter(({ file, from, type }) => {
    if (file === WHOLE || (from === WHOLE && type)) return false;
    return roomOf(from) !== -1 && roomOf(from) < roomOf(file);
  });
  expect(climbing).toEqual([]);
});

test("db imports nothing from the other folders", () => {
  const ours = imports.filter(
    ({ file, from }) => file.startsWith("db/") && /^(server|client|testing)\//.test(from),
  );
  expect(ours).toEqual([]);
});

test("nothing imports server/main.ts or the test support", () => {
  expect(
    imports.filter(({ from }) => from === "server/main.ts" || from.startsWith("testing/")),
  ).toEqual([]);
});

test.each([
  ["express", /^server\/http\//],
  ["@trpc/server/adapters/express", /^server\/http\//],
  ["server/tokens/proof.ts", /^server\/accounts\/login\.ts$/],
  ["mysql2", /^db\/mysql-pool\.ts$/],
  ["@libsql/client/sqlite3", /^db\/connect-sqlite\.ts$/],
  ["nodemailer", /^server\/mail\/transport\.ts$/],
  ["@redis/client", /^db\/redis\.ts$/],
  ["libsql", /^db\/sqlite-reader\.ts$/],
  ["prom-client", /^server\/metrics\.ts$/],
  ["@opentelemetry/api", /^server\/(http\/(tracing|edge\/body)|accounts\/passwords)\.ts$/],
  ["@node-rs/bcrypt", /^server\/accounts\/password-worker\.js$/],
  ["@node-rs/argon2", /^server\/accounts\/derived-keys\.js$/],
])("%s is imported only by the intended files", (name, where) => {
  const users = [...imports, ...lazyImports]
    .filter(({ from, type }) => from === name && !(type && name.startsWith("server/")))
    .map(({ file }) => file);
  expect(users.length).toBeGreaterThan(0);
  expect(users.filter((file) => !where.test(file))).toEqual([]);
});

test("a service that verifies tokens with Express does not load tRPC", () => {
  expect(reach("client/verify/express.ts")).toContain("client/verify/core.ts");
  expect([...reach("client/verify/express.ts")].filter((from) => /trpc/.test(from))).toEqual([]);
  expect(reach("client/verify/trpc.ts")).toContain("@trpc/server");
});

/** What not every service needs. */
const SELDOM =
  /^(@libsql|libsql|mysql2|drizzle-orm\/(\w+-core|libsql.*)|@redis|nodemailer|prom-client|zod-openapi|csv-parse|@node-rs)/;
test.each([
  // The process that only starts others.
  [
    "server/main.ts",
    "server/environment.ts",
    /^(express|drizzle-orm|jose|@node-rs|db\/connect|server\/(tegata|http\/app)\.ts)/,
  ],
  ["server/tegata.ts", "server/accounts/passwords.ts", SELDOM],
  ["server/http/app.ts", "express", SELDOM],
  ["server/cli/index.ts", "server/cli/doctor.ts", SELDOM],
  [
    "db/connect-sqlite.ts",
    "drizzle-orm/sqlite-core",
    /mysql|^@libsql\/client$|^drizzle-orm\/libsql$/,
  ],
  ["db/connect-mysql.ts", "drizzle-orm/mysql-core", /sqlite|libsql/],
  ["server/accounts/password-worker.js", "@node-rs/bcrypt", /argon2|\.ts$/],
])("%s loads %s, but not what is seldom needed", (file, some, others) => {
  expect(reach(file)).toContain(some);
  expect([...reach(file)].filter((from) => others.test(from))).toEqual([]);
});

test("only environment.ts reads the environment", () => {
  const readers = files.filter((file) => /process\.env\b/.test(readFileSync(file, "utf8")));
  expect(readers.filter((file) => !file.startsWith("client/examples/"))).toEqual([
    "server/environment.ts",
  ]);
});

test("the client imports nothing from the server and from Node, and the page types only", () => {
  const client = imports.filter(
    ({ file }) => file.startsWith("client/") && !file.startsWith("client/examples/"),
  );
  const ours = client.filter(({ from }) => /^(server|db)\//.test(from));
  expect(ours.filter(({ file, type }) => !file.startsWith("client/web/") || !type)).toEqual([]);
  // Vite's settings run at build time.
  const shipped = client.filter(({ file }) => file !== "client/web/vite.config.ts");
  expect(shipped.filter(({ from }) => from.startsWith("node:"))).toEqual([]);
});
