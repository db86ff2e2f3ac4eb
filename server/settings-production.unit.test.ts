/** The rules for the issuer in production, and the settings of programs that only use the database. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { loadDatabaseSettings, loadSettings } from "./environment.ts";

const production = {
  NODE_ENV: "production",
  SECRET_KEY: "a secret of this test and long enough 0123456789",
};
const problems = (env: Record<string, string>) => {
  const loaded = loadSettings({ ...production, ...env });
  return loaded.is === "invalid" ? loaded.problems : [];
};

describe("production without ISSUER", () => {
  test.each<Record<string, string>>([
    { HOST: "0.0.0.0" },
    { HOST: "::" },
    { HOST: "10.0.0.5" },
    { HOST: "id.example.com" },
    { HOST: "localhost.example.com" },
    { HOST: "127.0.0.1.example.com" },
    { TRUST_PROXY: "1" },
  ])("is rejected with %j, and the error names ISSUER", (env) => {
    expect(problems(env)).toEqual([
      expect.stringMatching(/^ISSUER: must be set in production if HOST is not a loopback/),
    ]);
    expect(problems({ ...env, ISSUER: "https://id.example.com" })).toEqual([]);
    expect(loadSettings(env)).toMatchObject({ is: "settings" });
  });

  test.each(["127.0.0.1", "127.0.1.1", "::1", "localhost"])("is accepted with HOST=%s", (HOST) => {
    expect(problems({ HOST })).toEqual([]);
  });
});

test("an ISSUER that is not a URL is rejected in production too", () => {
  expect(problems({ ISSUER: "id.example.com" })).toEqual(["ISSUER: must be an http or https URL"]);
});

test("the settings in docker-compose.yml and the image are sufficient for production", () => {
  const image = readFileSync("Dockerfile", "utf8").match(/^ENV (.*)$/m)?.[1] ?? "";
  expect(image).toBe("NODE_ENV=production HOST=0.0.0.0");
  const [, ISSUER = ""] =
    readFileSync("docker-compose.yml", "utf8").match(/ISSUER: "\$\{ISSUER:-(.*)\}"/) ?? [];
  expect(problems({ HOST: "0.0.0.0", ISSUER })).toEqual([]);
});

describe("the database settings", () => {
  test("are accepted although other settings are invalid", () => {
    const env = { NODE_ENV: "production", PORT: "many", DATABASE_URL: "file:x.db" };
    expect(loadSettings(env)).toMatchObject({ is: "invalid" });
    expect(loadDatabaseSettings(env)).toEqual({
      is: "settings",
      settings: { databaseUrl: "file:x.db" },
    });
  });

  test("are rejected if they are invalid", () => {
    expect(loadDatabaseSettings({ DATABASE_URL: "x", PORT: "many" })).toEqual({
      is: "invalid",
      problems: [expect.stringMatching(/^DATABASE_URL: /)],
    });
  });
});
