/** `npm run test:mysql`: the tests of the service that run on each engine, on MySQL in place of MariaDB. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  root: `${import.meta.dirname}/../..`,
  test: {
    include: ["{db,server,client}/**/*.test.ts"],
    // Of the slow ones, those in which many requests compete.
    exclude: ["client/web/**", "**/*.{unit,e2e}.test.ts", "**/!(rotation|refresh*).slow.test.ts"],
    // A test names its engine. The others are those of `npm test`.
    testNamePattern: /MySQL/,
    globalSetup: ["testing/setup-temporary.ts", "testing/mysql/setup.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    maxWorkers: "100%",
    isolate: false,
  },
});
