import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BrowserSession, hasBrowser } from "../../../testing/browser.ts";
import { ENGINES } from "../../../testing/engines.ts";
import { expectToBe, logIn, sendLogin } from "../../../testing/page-actions.ts";
import { freePort } from "../../../testing/ports.ts";
import { useProcesses } from "../../../testing/process.ts";
import {
  hasProxies,
  type ProxyName,
  type ReverseProxy,
  startProxy,
} from "../../../testing/reverse-proxy.ts";
import { FULL_SCOPE, PASSWORD, Service, useService } from "../../../testing/service.ts";
import { openPage } from "../../../testing/snippets.ts";
import { comeBack, leaveToLogIn, openDialog } from "../../../testing/swagger-ui.ts";

const [engine = expect.unreachable()] = ENGINES;

const page = openPage("docs/proxies.md");
const [server, nginxPath, caddyPath, nginxCheck, caddyCheck] = (
  ["nginx", "nginx", "caddyfile", "nginx", "caddyfile"] as const
).map((language) => page.take(language).text);

/** Puts the ports of this test into recipes of docs/proxies.md. */
const withPorts = (recipe: string, tegata: string, app: string) =>
  recipe
    .replace("listen 443 ssl;", "listen PORT;")
    .replaceAll("127.0.0.1:3000", tegata)
    .replaceAll("127.0.0.1:8080", app);

/** The recipe for a path, and in it the one that protects another service under `/orders/`. */
const RECIPES: Record<ProxyName, string> = {
  nginx: String(server).replace(/ *location \/ .*\n/, () => `${nginxPath}${nginxCheck}`),
  Caddy: String(caddyPath)
    .replace("www.example.com", "listen PORT")
    .replace(/}\n$/, () =>
      String(caddyCheck).replace("orders.example.com", "handle_path /orders/*"),
    )
    .concat("}\n"),
};
const PROXIES = Object.keys(RECIPES) as ProxyName[];

describe.runIf(hasProxies).each(PROXIES)("behind %s, under a path that it strips", (name) => {
  const service = new Service();
  const browser = new BrowserSession();
  let proxy: ReverseProxy;
  let app: Server;
  let seen: Record<"user" | "client" | "scopes" | "method", unknown>[] = [];
  beforeAll(async () => {
    app = createServer((req, res) => {
      const { headers, method } = req;
      const { "x-auth-user": user, "x-auth-client": client, "x-auth-scopes": scopes } = headers;
      seen.push({ user, client, scopes, method });
      res.end("orders");
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => app.once("listening", resolve));
    const port = String(await freePort());
    proxy = await startProxy(
      name,
      withPorts(
        RECIPES[name],
        `127.0.0.1:${port}`,
        `127.0.0.1:${(app.address() as AddressInfo).port}`,
      ),
    );
    // People log in only there.
    await service.start(engine, { PORT: port, ISSUER: `${proxy.url}/auth` });
    if (hasBrowser) await browser.start();
  });
  afterAll(async () => {
    if (hasBrowser) await browser.stop();
    await proxy?.stop();
    app?.close();
    await service.stop();
  });
  const orders = (headers: Record<string, string>, init: RequestInit = {}) => {
    seen = [];
    return fetch(`${proxy.url}/orders/x`, { ...init, headers });
  };

  test("the check admits users, and the app gets their id", async () => {
    const person = await service.person();
    const authorization = `Bearer ${await service.login(person)}`;
    const expected = { user: String(person.id), client: "tegata", scopes: FULL_SCOPE };
    expect(await (await orders({ authorization })).text()).toBe("orders");
    expect(seen).toEqual([{ ...expected, method: "GET" }]);
    // What a caller says about itself does not reach the app.
    const invented = { "x-auth-user": "1000", "x-auth-client": "mine", "x-auth-scopes": "admin" };
    await orders({ authorization, ...invented });
    expect(seen).toEqual([{ ...expected, method: "GET" }]);
    const posted = await orders({ authorization }, { method: "POST", body: "x".repeat(50_000) });
    expect(posted.status).toBe(200);
    expect(seen).toEqual([{ ...expected, method: "POST" }]);
  });

  test("the check rejects all other callers", async () => {
    const { email } = await service.person();
    const me = await service.token({ username: email, password: PASSWORD, scope: "me" });
    for (const [headers, status] of [
      [{}, 401],
      [{ "x-auth-user": "1" }, 401],
      [{ authorization: "Bearer x.y.z" }, 401],
      [{ authorization: `Bearer ${service.issued(me).access_token}` }, 403],
    ] as const) {
      const answer = await orders(headers);
      expect(answer.status).toBe(status);
      if (status === 401) expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer realm=/);
      expect(seen).toEqual([]);
    }
  });

  test("the metadata and the URL for changing a password are where clients look", async () => {
    const metadata = await fetch(`${proxy.url}/.well-known/oauth-authorization-server/auth`);
    expect(await metadata.json()).toMatchObject({ issuer: `${proxy.url}/auth` });
    const discovery = await fetch(`${proxy.url}/auth/.well-known/openid-configuration`);
    expect(discovery.status).toBe(200);
    const change = await fetch(`${proxy.url}/.well-known/change-password`);
    expect(change.url).toBe(`${proxy.url}/auth/`);
    expect(change.status).toBe(200);
  });

  test.runIf(hasBrowser).each(["/auth/workbench", "/auth/static/index.html"])(
    "a user logs in on the page at %s",
    async (path) => {
      const { email } = await service.person();
      const page = await browser.open(proxy.url + path);
      await logIn(page, email, service.secret(PASSWORD));
      await expectToBe(page, email);
      const docs = page.getByRole("contentinfo").locator('a[href$="/docs"]');
      expect(await docs.getAttribute("href")).toBe(`${proxy.url}/auth/docs`);
      const account = page.getByRole("navigation").getByRole("link", { name: "Account" });
      expect(await account.getAttribute("href")).toBe("/auth/");
      expect(await browser.complaints()).toEqual([]);
    },
  );

  const places = [
    ["under the path", () => `${proxy.url}/auth/docs`],
    ["under the path, with a slash", () => `${proxy.url}/auth/docs/`],
    ["on localhost", () => `${service.url.replace("127.0.0.1", "localhost")}/docs`],
    ["on localhost, with a slash", () => `${service.url.replace("127.0.0.1", "localhost")}/docs/`],
  ] as const;
  test.runIf(hasBrowser).each(places)("Swagger UI authorizes and executes %s", async (_, url) => {
    const { email } = await service.person();
    const page = await browser.open(url());
    await page.getByRole("heading", { name: "Tegata" }).waitFor();
    await openDialog(page);
    const window = await leaveToLogIn(page);
    await sendLogin(window, email, service.secret(PASSWORD));
    // Any program can be at another name than the issuer's.
    if (!url().startsWith(proxy.url)) await window.getByRole("button", { name: "Allow" }).click();
    await comeBack(page);
    await page.locator('[data-path="/api/users/me"]').first().click();
    await page.getByRole("button", { name: "Execute" }).click();
    await page.locator(".live-responses-table").getByText(`"${email}"`).waitFor();
    expect(await browser.complaints()).toEqual([]);
  });
});

describe.runIf(hasProxies)("behind nginx, at the root", () => {
  const service = useService(engine);

  test("everything is where it is without nginx", async () => {
    const recipe = withPorts(String(server), new URL(service.url).host, "");
    const proxy = await startProxy("nginx", recipe);
    expect(await fetch(`${proxy.url}/readyz`)).toMatchObject({ status: 200 });
    expect(await fetch(`${proxy.url}/workbench`)).toMatchObject({ status: 200 });
    await proxy.stop();
  });
});

describe("PORT=0", () => {
  const run = useProcesses();

  test("the issuer is the real port: in the metadata, and in tokens that verify", async () => {
    const service = run({ PORT: "0", BCRYPT_COST: "4" });
    const [, url = ""] = await service.until(/listening on (http:\S+)$/m);
    const metadata = await fetch(`${url}/.well-known/oauth-authorization-server`);
    expect(await metadata.json()).toMatchObject({ issuer: url, token_endpoint: `${url}/token` });
    const account = { email: "ada@example.com", password: PASSWORD };
    const headers = { "content-type": "application/json" };
    const post = (path: string, body: string | URLSearchParams, more = {}) =>
      fetch(url + path, { method: "POST", body, ...more });
    await post("/trpc/register", JSON.stringify(account), { headers });
    const form = new URLSearchParams({ username: account.email, password: PASSWORD });
    const { access_token } = (await (await post("/token", form)).json()) as {
      access_token: string;
    };
    const claims = JSON.parse(
      Buffer.from(access_token.split(".")[1] ?? "", "base64url").toString(),
    );
    expect(claims).toMatchObject({ iss: url, aud: url });
    const authorization = `Bearer ${access_token}`;
    expect(await fetch(`${url}/trpc/me`, { headers: { authorization } })).toMatchObject({
      status: 200,
    });
    service.signal("SIGTERM");
    expect(await service.ended).toEqual({ code: 0, signal: null });
  });
});
