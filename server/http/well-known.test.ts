import * as openid from "openid-client";
import { describe, expect, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { useService } from "../../testing/service.ts";

const [engine = expect.unreachable()] = ENGINES;
const OPENID = "/.well-known/openid-configuration";
const OAUTH = "/.well-known/oauth-authorization-server";
const CHANGE_PASSWORD = "/.well-known/change-password";

describe("the well-known URLs", () => {
  const service = useService(engine);

  test("OpenID's metadata and those of RFC 8414 are one document", async () => {
    const asked = await service.request("GET", OPENID);
    expect(asked.status).toBe(200);
    expect(asked.json).toEqual((await service.request("GET", OAUTH)).json);
    expect(asked.headers.get("access-control-allow-origin")).toBe("*");
  });

  test("the URL for changing a password leads to the page, and one that cannot exist does not", async () => {
    const { status, headers } = await service.request("GET", CHANGE_PASSWORD);
    expect(status).toBe(303);
    expect(headers.get("location")).toBe("/");
    // How password managers find out whether a server answers everything with 200.
    const impossible =
      "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200";
    expect((await service.request("GET", impossible)).status).toBe(404);
  });
});

describe("the well-known URLs of an issuer with a path", () => {
  const service = useService(engine, { ISSUER: "https://tegata.test/auth" });

  test.each([OPENID, `${OPENID}/auth`, OAUTH, `${OAUTH}/auth`])("%s is there", async (path) => {
    expect((await service.request("GET", path)).json).toMatchObject({
      issuer: "https://tegata.test/auth",
    });
  });

  test("the URL for changing a password leads to the page under the path", async () => {
    const { headers } = await service.request("GET", CHANGE_PASSWORD);
    expect(headers.get("location")).toBe("/auth/");
  });
});

describe("discovery as OpenID clients do it", () => {
  const service = useService(engine, { ISSUER: "http://127.0.0.1" });

  test("openid-client finds the service by its default", async () => {
    const config = await openid.discovery(
      new URL("http://127.0.0.1"),
      "tegata",
      undefined,
      openid.None(),
      {
        execute: [openid.allowInsecureRequests],
        // The issuer of the tests has no port.
        [openid.customFetch]: (url, init) =>
          fetch(url.replace("http://127.0.0.1", service.url), init as RequestInit),
      },
    );
    expect(config.serverMetadata()).toMatchObject({ token_endpoint: "http://127.0.0.1/token" });
  });
});
