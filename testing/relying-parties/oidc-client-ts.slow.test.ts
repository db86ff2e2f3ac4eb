import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { createServer, type ViteDevServer } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addApp } from "../authorization.ts";
import { hasBrowser, useBrowser } from "../browser.ts";
import { makeCertificates } from "../certificates.ts";
import { sendLogin } from "../page-actions.ts";
import { freePort } from "../ports.ts";
import { emptyFolder } from "../process.ts";
import { FAULTS, type Fault, type Issuer, MALLORY, useIssuer } from "./issuer.ts";
import { expectOnPage } from "./relying-party.ts";

/** It reads neither the keys nor more of the claims: the ID token comes from the token endpoint. */
const UNNOTICED: readonly Fault[] = [
  "another aud",
  "another iss",
  "a past exp",
  "another key",
  "no signature",
];

interface Tls {
  key: string;
  cert: string;
}

/** Serves the example at `localhost` to the tests of a `describe`, as a client of an issuer. */
function useExample(issuer: Issuer, grants: string, tls?: () => Tls) {
  const cacheDir = emptyFolder();
  let server: ViteDevServer;
  const example = { url: "" };
  beforeAll(async () => {
    const port = await freePort();
    example.url = `${tls ? "https" : "http"}://localhost:${port}`;
    server = await createServer({
      root: "examples/relying-parties/oidc-client-ts",
      configFile: false,
      logLevel: "warn",
      cacheDir,
      define: { "import.meta.env.VITE_ISSUER": JSON.stringify(issuer.url) },
      server: { host: "127.0.0.1", port, strictPort: true, ...(tls && { https: tls() }) },
    });
    await server.listen();
    const redirectUris = ["callback", "popup", "silent"].map((path) => `${example.url}/${path}`);
    await addApp(issuer.service, {
      id: "spa",
      grants,
      scopes: "openid profile email",
      redirectUris: redirectUris.join(" "),
      logoutUris: `${example.url}/`,
    });
  });
  afterAll(async () => {
    await server?.close();
    rmSync(cacheDir, { recursive: true, force: true });
  });
  return example;
}

const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();
const expectToBe = (page: Page, email: string) =>
  page.getByText(`Ada Lovelace ${email}`, { exact: true }).waitFor();

describe.runIf(hasBrowser)("oidc-client-ts", () => {
  // It is at 127.0.0.1, which is another site.
  const issuer = useIssuer();
  const example = useExample(issuer, "authorization_code refresh_token");
  const browser = useBrowser();

  /** What a person does on Tegata's page. */
  const logIn = async (page: Page, email: string) => {
    await sendLogin(page, email);
    await press(page, "Allow");
  };
  const arrive = async () => {
    const { email } = await issuer.service.person({ fullName: "Ada Lovelace" });
    const page = await browser.open(example.url);
    issuer.requests.length = 0;
    return { email, page };
  };

  test("logs in by redirects, refreshes and logs out of Tegata, too", async () => {
    const { email, page } = await arrive();
    await press(page, "Log in");
    await logIn(page, email);
    await expectToBe(page, email);
    expect(issuer.requests).toEqual(expect.arrayContaining(["GET /userinfo"]));
    for (const count of [1, 2]) {
      const refreshed = page.waitForResponse(`${issuer.url}/userinfo`);
      await press(page, "Refresh");
      await refreshed;
      await expectToBe(page, email);
      const refreshes = issuer.requests.filter((one) => one === "POST /token refresh_token");
      expect(refreshes).toHaveLength(count);
    }
    const token = issuer.service.secret(
      await page.evaluate<string>(
        `JSON.parse(Object.entries(sessionStorage).find(([key]) => key.startsWith("oidc.user"))[1]).access_token`,
      ),
    );
    const status = async () => (await issuer.service.query("me", token)).status;
    expect(await status()).toBe(403);
    await press(page, "Log out");
    await page.getByText("Nobody is logged in.").waitFor();
    expect(await status()).toBe(401);
    await press(page, "Log in");
    await page.getByLabel("Password").waitFor();
  });

  test("logs in with a popup", async () => {
    const { email, page } = await arrive();
    const opened = page.waitForEvent("popup");
    await press(page, "Log in with a popup");
    const popup = await opened;
    await Promise.all([popup.waitForEvent("close"), logIn(popup, email)]);
    await expectToBe(page, email);
  });

  test("does not accept what it notices", async () => {
    const { email, page } = await arrive();
    await press(page, "Log in");
    await logIn(page, email);
    await expectToBe(page, email);
    const unnoticed: Fault[] = [];
    for (const fault of FAULTS) {
      await page.evaluate("sessionStorage.clear()");
      await page.goto(example.url);
      await page.getByText("Nobody is logged in.").waitFor();
      issuer.fault = fault;
      await press(page, "Log in");
      await press(page, "Allow");
      await page.locator("#who:not(:empty)").waitFor();
      const shown = await page.locator("#who").textContent();
      if (shown?.includes("Ada Lovelace")) unnoticed.push(fault);
      expect(shown).not.toContain(MALLORY);
    }
    expect(unnoticed).toEqual(UNNOTICED);
    expectOnPage("oidc-client-ts", UNNOTICED);
  });
});

describe.runIf(hasBrowser)("oidc-client-ts on https, without refresh tokens", () => {
  const folder = emptyFolder();
  const tls = () => {
    const [key, cert] = ["server.key", "server.pem"].map((name) =>
      readFileSync(join(folder, name), "utf8"),
    );
    return { key: key ?? "", cert: cert ?? "" };
  };
  beforeAll(() => makeCertificates(folder));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const issuer = useIssuer(tls);
  const example = useExample(issuer, "authorization_code", tls);
  const browser = useBrowser();

  test("gets new tokens in a hidden frame, until the logout", async () => {
    const { email } = await issuer.service.person({ fullName: "Ada Lovelace" });
    const page = await browser.open(example.url, { ignoreHTTPSErrors: true });
    await page.clock.install();
    await press(page, "Log in");
    await sendLogin(page, email);
    await expectToBe(page, email);
    const codes = () =>
      issuer.requests.filter((one) => one === "POST /token authorization_code").length;
    expect(codes()).toBe(1);
    // The client would not wait longer than ten seconds for the frame.
    await page.clock.pauseAt(Date.now() + 1000);
    await press(page, "Refresh");
    await expect.poll(codes).toBe(2);
    await expectToBe(page, email);
    await press(page, "Log out");
    await page.getByText("Nobody is logged in.").waitFor();
    await press(page, "Refresh");
    await page.getByText("ErrorResponse: nobody is logged in").waitFor();
    expect(codes()).toBe(2);
  });
});
