import { describe, expect, test } from "vitest";
import { loadSettings, onPort } from "./environment.ts";

const problems = (CORS_ORIGINS: string) => {
  const loaded = loadSettings({ CORS_ORIGINS });
  return loaded.is === "invalid" ? loaded.problems : [];
};

describe("CORS_ORIGINS", () => {
  test.each([
    "https://*.preview.example.com",
    "https://app-*.example.com",
    "http://localhost:*",
    "https://a.example.com, *://b.example.com",
    "chrome-extension://*",
  ])("%s is rejected as a wildcard", (origins) => {
    expect(problems(origins)).toEqual([
      "CORS_ORIGINS: must not contain *: list every origin; wildcards are not supported",
    ]);
  });

  // As WebKit, Android's web view and Chromium send them.
  test.each([
    "capacitor://localhost",
    "ionic://localhost",
    "tauri://localhost",
    "http://tauri.localhost",
    "app://obsidian.md",
    "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
    "moz-extension://0f2c5f5e-9a4c-4d9b-8f0e-0a7a5d3c2b1a",
    "wails://wails.localhost:34115",
    "https://xn--bcher-kva.example",
    "http://[::1]:5173",
  ])("%s is an origin", (origins) => {
    expect(problems(origins)).toEqual([]);
  });

  test.each([
    "capacitor://localhost/",
    "capacitor://",
    "capacitor:localhost",
    "CAPACITOR://localhost",
    "file://localhost",
    "ws://a.example.com",
    "wss://a.example.com",
    "htps://a.example.com",
    "httpss://a.example.com",
    "HTTPS://a.example.com",
    "https://A.example.com",
    "https://a.example.com:443",
    "https://bücher.example",
    "https://user@a.example.com",
    "a.example.com",
    "localhost:5173",
  ])("%s is rejected, because it never matches", (origins) => {
    expect(problems(origins)).toEqual([
      expect.stringMatching(/^CORS_ORIGINS: must be comma-separated origins such as/),
    ]);
  });
});

describe("the port that the system chose", () => {
  const chosen = (env: Record<string, string>) => {
    const loaded = loadSettings({ PORT: "0", ...env });
    return loaded.is === "settings" ? onPort(loaded.settings, 49152) : expect.unreachable();
  };

  test("is in the default issuer and the default audience", () => {
    const url = "http://127.0.0.1:49152";
    expect(chosen({})).toMatchObject({ issuer: url, audience: url });
    expect(chosen({ AUDIENCE: "orders" })).toMatchObject({ issuer: url, audience: "orders" });
    expect(Object.isFrozen(chosen({}))).toBe(true);
  });

  test("does not change an issuer that is set", () => {
    const issuer = "https://id.example.com";
    expect(chosen({ ISSUER: issuer })).toMatchObject({ issuer, audience: issuer });
  });
});
