/**
 * The name of a test file says what it needs, and thereby its project:
 *
 *   *.unit.test.ts   unit      nothing: no build, no database, no running service
 *   *.test.ts        service   a database, and mostly the service inside the test process
 *   *.e2e.test.ts    e2e       the build: its processes, its page in a browser
 *   *.slow.test.ts   slow      as service or e2e, but too long for every run: `npm run test:slow`
 *
 * `npm run test:mysql` and `npm run test:cluster` have configurations of their own.
 */
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const files = (ending: string) => `{server,db,client,testing}/**/*${ending}`;
const SUFFIXES = [".unit.test.ts", ".e2e.test.ts", ".slow.test.ts"] as const;
const [UNIT, E2E, SLOW] = SUFFIXES;

const TEMPORARY = "testing/setup-temporary.ts";
const MARIADB = "testing/setup-mariadb.ts";
const BUILD = "testing/setup-e2e.ts";

const project = (
  name: string,
  include: string,
  { exclude = [], globalSetup = [] }: { exclude?: string[]; globalSetup?: string[] } = {},
) => ({
  extends: true as const,
  test: { name, include: [files(include)], exclude, globalSetup: [TEMPORARY, ...globalSetup] },
});

/** What takes longest, the longest first: Vitest sorts files by their size, which does not show it. */
const LONGEST = [
  "generated-requests.slow.test.ts",
  "crash.slow.test.ts",
  "cli/cli.slow.test.ts",
  "commands.slow.test.ts",
  "workers.slow.test.ts",
  "server/redaction.slow.test.ts",
  "packages.slow.test.ts",
  "outage.slow.test.ts",
  "proxies.slow.test.ts",
  "cli/accounts.slow.test.ts",
  "testing/docs.slow.test.ts",
  "password-work.slow.test.ts",
  "web/account.slow.test.ts",
  "own-procedure.slow.test.ts",
  "foreign-hash.slow.test.ts",
  "gate-looks.slow.test.ts",
  "codes.slow.test.ts",
  "moved-in.slow.test.ts",
  "rolling-update.slow.test.ts",
  "firefox.slow.test.ts",
  "drizzle-kit.slow.test.ts",
  "overload.slow.test.ts",
  E2E,
];

/** Starts the long files first, so that no worker is left alone with one of them in the end. */
class LongestFirst extends BaseSequencer {
  override async sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(specifications);
    const find = (ending: string) => sorted.filter(({ moduleId }) => moduleId.endsWith(ending));
    return [...new Set([...LONGEST.flatMap(find), ...sorted])];
  }
}

export default defineConfig({
  test: {
    projects: [
      project("unit", UNIT),
      project("service", ".test.ts", {
        exclude: [...SUFFIXES, ".cluster.test.ts"].map(files),
        globalSetup: [MARIADB],
      }),
      project("e2e", E2E, { globalSetup: [MARIADB, BUILD] }),
      project("slow", SLOW, { globalSetup: [MARIADB, BUILD] }),
    ],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    // Tests often wait: for a process, a browser or a database.
    maxWorkers: 2 * availableParallelism(),
    // Importing the service takes longer than most test files.
    isolate: false,
    sequence: { sequencer: LongestFirst },
  },
});
