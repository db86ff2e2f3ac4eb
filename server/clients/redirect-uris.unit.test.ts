import { describe, expect, test } from "vitest";
import { isRegistered, redirectUriError } from "./redirect-uris.ts";

describe("a redirect URI can be registered", () => {
  test.each([
    "https://app.example.com",
    "https://app.example.com/",
    "https://app.example.com/callback?tenant=1",
    "https://app.example.com:8443/callback",
    "https://xn--bcher-kva.example/callback",
    "http://127.0.0.1/callback",
    "http://127.0.0.1:8080/callback",
    "http://[::1]/callback",
    "http://localhost:3000/callback",
    "com.example.app:/callback",
    "com.example.app://callback",
  ])("%s", (uri) => expect(redirectUriError(uri)).toBeUndefined());
});

describe("a redirect URI is refused", () => {
  test.each([
    ["/callback", "an absolute URI"],
    ["", "an absolute URI"],
    ["app.example.com/callback", "an absolute URI"],
    ["https://app.example.com/callback#", "a fragment"],
    ["https://app.example.com/callback#part", "a fragment"],
    ["https://ada@app.example.com/callback", "a user name"],
    ["https://:secret@app.example.com/callback", "a user name"],
    ["https://*.example.com/callback", "*"],
    ["https://app.example.com/*", "*"],
    ["https:app.example.com/callback", "as browsers write it"],
    ["https://app.example.com\\callback", "as browsers write it"],
    ["https:\\\\app.example.com/callback", "as browsers write it"],
    ["https://APP.example.com/callback", "as browsers write it"],
    ["HTTPS://app.example.com/callback", "as browsers write it"],
    ["https://app.example.com:443/callback", "as browsers write it"],
    ["https://app.example.com/a/../callback", "as browsers write it"],
    ["https://app.example.com/%2e%2e/callback", "as browsers write it"],
    ["https://app.example.com/call back", "an absolute URI"],
    [" https://app.example.com/callback", "an absolute URI"],
    ["https://app.example.com/callback\n", "an absolute URI"],
    ["https://app.example.com/call\tback", "an absolute URI"],
    ["com.example.app:x https://evil.example/", "an absolute URI"],
    [`https://app.example.com/${"a".repeat(1900)}`, "1900 characters"],
    ["https://bücher.example/callback", "as browsers write it"],
    ["http://0177.0.0.1/callback", "as browsers write it"],
    ["http://2130706433/callback", "as browsers write it"],
    ["http://app.example.com/callback", "https://"],
    ["http://127.0.0.2/callback", "https://"],
    ["http://localhost.example.com/callback", "https://"],
    ["http://127.0.0.1.example.com/callback", "https://"],
    ["javascript:alert(1)", "a dot"],
    ["data:text/html,x", "a dot"],
    ["file:///etc/passwd", "a dot"],
    ["myapp:/callback", "a dot"],
    ["blob:https://app.example.com/1", "a dot"],
  ])("%j: %s", (uri, reason) => expect(redirectUriError(uri)).toContain(reason));
});

const APP = "https://app.example.com/callback";
const LOCAL = "http://127.0.0.1/callback?x=1";
const clients = {
  public: { redirectUris: [APP, LOCAL, "com.example.app:/callback"], confidential: false },
  confidential: { redirectUris: [APP, LOCAL, "com.example.app:/callback"], confidential: true },
};

describe.each(["public", "confidential"] as const)("a %s client", (kind) => {
  const may = (uri: string) => isRegistered(uri, clients[kind]);

  test.each(clients[kind].redirectUris)("may use %s, which is registered", (uri) => {
    expect(may(uri)).toBe(true);
  });

  test.each([
    "",
    `${APP}/`,
    `${APP}?`,
    `${APP}?next=/`,
    `${APP}#`,
    `${APP}/../callback`,
    `${APP}%2f`,
    "https://app.example.com/Callback",
    "https://APP.example.com/callback",
    "https://app.example.com:443/callback",
    "https://app.example.com:8443/callback",
    "http://app.example.com/callback",
    "https://app.example.com",
    "https://app.example.com.evil.example/callback",
    "https://evil.example/?https://app.example.com/callback",
    "https://evil.example\\@app.example.com/callback",
    "https://app.example.com@evil.example/callback",
    "https://app.example.com%2eevil.example/callback",
    "//app.example.com/callback",
    ` ${APP}`,
    `${APP}\n`,
    "http://localhost:8080/callback?x=1",
    "http://[::1]:8080/callback?x=1",
    "http://127.0.0.1:8080/callback?x=2",
    "http://127.0.0.1:8080/callback",
    "http://127.0.0.1:8080/other?x=1",
    "http://127.0.0.1:8080@evil.example/callback?x=1",
    "http://127.0.0.1:80:80/callback?x=1",
    "http://127.0.0.1:/callback?x=1",
    "http://127.0.0.1:123456/callback?x=1",
    "http://127.0.0.1:99999/callback?x=1",
    "http://127.0.0.1.evil.example/callback?x=1",
    "https://127.0.0.1:8080/callback?x=1",
    "HTTP://127.0.0.1:8080/callback?x=1",
    "com.example.app:/other",
    "com.example.app.evil:/callback",
  ])("may not use %j", (uri) => expect(may(uri)).toBe(false));

  test(`${kind === "public" ? "may" : "may not"} choose the port of a loopback address`, () => {
    expect(may("http://127.0.0.1:49152/callback?x=1")).toBe(kind === "public");
    expect(may("http://127.0.0.1:8080/callback?x=1")).toBe(kind === "public");
  });
});
