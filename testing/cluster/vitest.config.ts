/** `npm run test:cluster`: several instances on a Galera cluster, behind HAProxy. One file at a time. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  root: `${import.meta.dirname}/../..`,
  test: {
    name: "cluster",
    include: ["testing/cluster/*.cluster.test.ts"],
    globalSetup: ["testing/setup-temporary.ts"],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    fileParallelism: false,
  },
});
