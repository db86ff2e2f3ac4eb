import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{server,db,client,testing}/**/*.test.ts"],
    globalSetup: "testing/setup.ts",
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
