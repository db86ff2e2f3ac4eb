import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { describe, expect, test } from "vitest";
import { loadSettings } from "./environment.ts";
import { SETTINGS } from "./settings.ts";

const SECRET = "a secret of this test and long enough 0123456789";
const problems = (env: Record<string, string>) => {
  const loaded = loadSettings(env);
  return loaded.is === "invalid" ? loaded.problems : [];
};

describe("the settings", () => {
  test("are all optional outside production", () => {
    expect(loadSettings({})).toEqual({
      is: "settings",
      settings: {
        production: false,
        port: 3000,
        host: "127.0.0.1",
        keepAliveSeconds: 130,
        databaseUrl: "file:.data/tegata.db",
        secretKeys: [],
        issuer: "http://127.0.0.1:3000",
        audience: "http://127.0.0.1:3000",
        mailUrl: undefined,
        mailFrom: undefined,
        emailVerification: "off",
        auditRetentionDays: 365,
        signingKeyFiles: [],
        accessTokenExpireMinutes: 30,
        refreshTokenExpireDays: 30,
        refreshGraceSeconds: 30,
        sessionExpireDays: 90,
        bcryptCost: 12,
        passwordGrant: "first-party",
        passwordMinLength: 8,
        migrateOnStart: true,
        loginFailuresPerAddress: 100,
        registration: "open",
        registrationsPerAddress: 100,
        requireGrantType: false,
        fastapiPaths: true,
        firstItem: true,
        corsOrigins: [],
        brandName: "Tegata",
        trustProxy: 0,
        workers: 1,
        logLevel: "info",
      },
    });
  });

  test("are frozen", () => {
    const loaded = loadSettings({});
    expect(loaded.is === "settings" && Object.isFrozen(loaded.settings)).toBe(true);
  });

  test("derive the default issuer from the port, and the default audience from the issuer", () => {
    expect(loadSettings({ PORT: "8080" })).toMatchObject({
      settings: { issuer: "http://127.0.0.1:8080", audience: "http://127.0.0.1:8080" },
    });
    expect(loadSettings({ ISSUER: "https://id.example.com" })).toMatchObject({
      settings: { issuer: "https://id.example.com", audience: "https://id.example.com" },
    });
  });

  test("are not changed by an unedited .env.example", () => {
    const example = parseEnv(readFileSync(".env.example", "utf8"));
    const set = Object.entries(example).filter(([, value]) => value !== "");
    expect(loadSettings(Object.fromEntries(set) as Record<string, string>)).toEqual(
      loadSettings({}),
    );
  });

  test.each<[Record<string, string>, RegExp]>([
    [{ PORT: "abc" }, /^PORT: must be a whole number from 0 to 65535$/],
    [{ PORT: "65536" }, /^PORT: must be a whole number/],
    [{ PORT: "-1" }, /^PORT: must be a whole number/],
    [{ PORT: "1e3" }, /^PORT: must be a whole number/],
    [{ DATABASE_URL: "postgres://x:secret@y/z" }, /^DATABASE_URL: must be file:PATH or mysql:/],
    [{ DATABASE_URL: "mysql://host-alone" }, /^DATABASE_URL: must be file:PATH or mysql:/],
    [{ DATABASE_URL: "file:100%.db" }, /^DATABASE_URL: must be a URL/],
    [{ DATABASE_URL: "mysql://user:pa#ss@host/db" }, /^DATABASE_URL: must be/],
    [
      { DATABASE_URL: "mysql://user:p@host/db?sslaccept=strict" },
      /^DATABASE_URL: the parameter sslaccept is unknown/,
    ],
    [{ BRAND_NAME: " " }, /^BRAND_NAME: must be 1 to 50 characters/],
    [{ BRAND_NAME: "x".repeat(51) }, /^BRAND_NAME: must be 1 to 50 characters/],
    [{ BRAND_NAME: "two\nlines" }, /^BRAND_NAME: must be 1 to 50 characters, without control/],
    [{ BRAND_LOGO: "logo.jpg" }, /^BRAND_LOGO: must be the name of an .svg or .png file$/],
    [{ BRAND_COLOR: "teal" }, /^BRAND_COLOR: must be a color of six hexadecimal digits/],
    [{ BRAND_COLOR: "#fff" }, /^BRAND_COLOR: must be a color of six hexadecimal digits/],
    [{ NODE_ENV: " Production " }, /^SECRET_KEY: must be set in production/],
    [{ SECRET_KEY: "short" }, /^SECRET_KEY: must be at least 32 bytes long; make one with: node/],
    [{ SECRET_KEY: `${SECRET},short` }, /^SECRET_KEY: must be at least 32 bytes long/],
    [{ SECRET_KEY: "0".repeat(64) }, /^SECRET_KEY: is a published or easily guessed sample; make/],
    [
      { SECRET_KEY: "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7" },
      /^SECRET_KEY: is a published or easily guessed sample/,
    ],
    [{ ISSUER: "id.example.com" }, /^ISSUER: must be an http or https URL$/],
    [{ ISSUER: "ftp://id.example.com" }, /^ISSUER: must be an http or https URL$/],
    [{ ISSUER: "https://id.example.com/?x" }, /^ISSUER: must not have a query or a fragment/],
    [{ ISSUER: "https://id.example.com/#x" }, /^ISSUER: must not have a query or a fragment/],
    [
      { NODE_ENV: "production", SECRET_KEY: SECRET, ISSUER: "http://id.example.com" },
      /^ISSUER: must be an https URL in production/,
    ],
    [{ CORS_ORIGINS: "*" }, /^CORS_ORIGINS: must not contain \*: list every origin/],
    [{ CORS_ORIGINS: "null" }, /^CORS_ORIGINS: must be comma-separated origins such as/],
    [
      { CORS_ORIGINS: "https://a.example.com/" },
      /^CORS_ORIGINS: must be comma-separated origins such as/,
    ],
    [
      { CORS_ORIGINS: "https://a.example.com,ftp://b" },
      /^CORS_ORIGINS: must be comma-separated origins such as/,
    ],
    [
      { ACCESS_TOKEN_EXPIRE_MINUTES: "0" },
      /^ACCESS_TOKEN_EXPIRE_MINUTES: must be a whole number from 1/,
    ],
    [
      { ACCESS_TOKEN_EXPIRE_MINUTES: "0.5" },
      /^ACCESS_TOKEN_EXPIRE_MINUTES: must be a whole number/,
    ],
    [{ BCRYPT_COST: "31" }, /^BCRYPT_COST: must be a whole number from 4 to 15$/],
    [{ PASSWORD_MIN_LENGTH: "3" }, /^PASSWORD_MIN_LENGTH: must be a whole number from 8 to 64$/],
    [{ MIGRATE_ON_START: "no" }, /^MIGRATE_ON_START: must be true or false$/],
    [{ REQUIRE_GRANT_TYPE: "1" }, /^REQUIRE_GRANT_TYPE: must be true or false$/],
    [{ TRUST_PROXY: "true" }, /^TRUST_PROXY: must be a whole number from 0 to 10$/],
    [
      { LOGIN_FAILURES_PER_ADDRESS: "0" },
      /^LOGIN_FAILURES_PER_ADDRESS: must be a whole number from 1 to 1000000$/,
    ],
    [{ REGISTRATIONS_PER_ADDRESS: "-1" }, /^REGISTRATIONS_PER_ADDRESS: must be a whole number/],
    [{ REDIS_URL: "localhost:6379" }, /^REDIS_URL: must be a redis or rediss URL$/],
    [{ LOG_LEVEL: "loud" }, /^LOG_LEVEL: must be fatal, error/],
    [{ NODE_ENV: "production" }, /^SECRET_KEY: must be set in production; make one with: node/],
    [
      { NODE_ENV: "production", SECRET_KEY: SECRET, BCRYPT_COST: "9" },
      /^BCRYPT_COST: must be at least 10 in production$/,
    ],
  ])("%j is rejected, and the error names the setting and how to fix it", (env, problem) => {
    expect(problems(env)).toEqual([expect.stringMatching(problem)]);
  });

  test("report all invalid values at once, without repeating them", () => {
    const found = problems({ PORT: "x1", SECRET_KEY: "x2", DATABASE_URL: "x3", LOG_LEVEL: "x4" });
    expect(found.map((line) => line.split(":")[0])).toEqual([
      "PORT",
      "DATABASE_URL",
      "SECRET_KEY",
      "LOG_LEVEL",
    ]);
    expect(found.join()).not.toMatch(/x\d/);
  });

  test("accept a secret of at least 32 bytes, regardless of its number of characters", () => {
    expect(problems({ SECRET_KEY: "abcdefghijklmnopqrstuvwxyz01234" })).toHaveLength(1);
    expect(problems({ SECRET_KEY: "abcdefghijklmnopqrstuvwxyz012345" })).toEqual([]);
    expect(problems({ SECRET_KEY: "äöüßéèêëàáâçñøåæ" })).toEqual([]);
  });

  test("are valid in production if a secret is set", () => {
    expect(problems({ NODE_ENV: "production", SECRET_KEY: SECRET })).toEqual([]);
  });

  test("accept several secrets", () => {
    expect(loadSettings({ SECRET_KEY: `${SECRET}1, ${SECRET}2` })).toMatchObject({
      settings: { secretKeys: [`${SECRET}1`, `${SECRET}2`] },
    });
  });
});

test("idle connections stay open longer than those of Caddy, which has the longest time of the proxies in docs/proxies.md", () => {
  const caddySeconds = 120;
  expect(Number(SETTINGS.keepAliveSeconds.default)).toBeGreaterThan(caddySeconds);
});
