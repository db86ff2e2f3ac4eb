/** deploy/nginx.conf and deploy/Caddyfile in front of a service: TLS, the issuer, and the addresses of the callers. */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { makeCertificates } from "./certificates.ts";
import { ENGINES } from "./engines.ts";
import { httpsRequest } from "./https.ts";
import { freePort } from "./ports.ts";
import { useProcesses } from "./process.ts";
import { hasProxies, startProxy } from "./reverse-proxy.ts";
import { Service } from "./service.ts";

const [engine = expect.unreachable()] = ENGINES;
const run = useProcesses();
const ISSUER = "https://login.example.com";

/** A proxy that listens on 127.0.0.1. */
interface Front {
  http: string;
  https: string;
  /** The certificate of its authority. */
  ca: string;
  stop(): Promise<unknown>;
}

async function startNginx(tegata: string): Promise<Front> {
  const folder = mkdtempSync(join(tmpdir(), "tegata-tls-"));
  makeCertificates(folder);
  const port = await freePort();
  const config = readFileSync("deploy/nginx.conf", "utf8")
    .replace("127.0.0.1:3000", tegata)
    .replaceAll(/listen \[::\]:.*\n/g, "")
    .replace("listen 80;", "listen PORT;")
    .replace("listen 443 ssl;", `listen 127.0.0.1:${port} ssl;`)
    .replace(/\/etc\/.*fullchain.pem/, join(folder, "server.pem"))
    .replace(/\/etc\/.*privkey.pem/, join(folder, "server.key"));
  const { url, stop } = await startProxy("nginx", config);
  const ca = readFileSync(join(folder, "ca.pem"), "utf8");
  return { http: url, https: `https://localhost:${port}`, ca, stop };
}

/** Caddy signs certificates for `localhost` itself. */
async function startCaddy(tegata: string): Promise<Front> {
  const folder = mkdtempSync(join(tmpdir(), "tegata-tls-"));
  const [http, https] = [await freePort(), await freePort()];
  const options = `{
  admin off
  skip_install_trust
  default_bind 127.0.0.1
  http_port ${http}
  storage file_system ${folder}
}`;
  const sites = readFileSync("deploy/Caddyfile", "utf8").replace("tegata:3000", tegata);
  writeFileSync(join(folder, "Caddyfile"), `${options}\n${sites}`);
  const caddy = run(
    { DOMAIN: `localhost:${https}`, XDG_CONFIG_HOME: folder, HOME: folder },
    { command: "/usr/bin/caddy", args: ["run", "--config", join(folder, "Caddyfile")] },
  );
  await caddy.until(/"certificate obtained successfully"/);
  const stop = () => {
    caddy.signal("SIGTERM");
    return caddy.ended;
  };
  const ca = readFileSync(join(folder, "pki/authorities/local/root.crt"), "utf8");
  const front = { http: `http://127.0.0.1:${http}`, https: `https://localhost:${https}`, ca, stop };
  // It says that it has a certificate a moment before it uses it.
  await vi.waitFor(() => httpsRequest(front.https, { ca }), { timeout: 30_000 });
  return front;
}

describe.runIf(hasProxies).each([
  ["deploy/nginx.conf", startNginx],
  ["deploy/Caddyfile", startCaddy],
])("%s", (_, start) => {
  const service = new Service();
  let front: Front;
  const ask = (path: string, options: Omit<Parameters<typeof httpsRequest>[1], "ca"> = {}) =>
    httpsRequest(front.https + path, { ca: front.ca, ...options });
  beforeAll(async () => {
    await service.start(engine, { ISSUER, TRUST_PROXY: "1" });
    front = await start(new URL(service.url).host);
  });
  afterAll(async () => {
    await front?.stop();
    await service.stop();
  });

  test("serves the service over TLS, with its public issuer and HSTS", async () => {
    const metadata = await ask("/.well-known/oauth-authorization-server");
    expect(metadata).toMatchObject({
      status: 200,
      json: { issuer: ISSUER, token_endpoint: `${ISSUER}/token` },
    });
    expect(metadata.headers["strict-transport-security"]).toMatch(/^max-age=\d{7}/);
  });

  test("redirects http to https", async () => {
    const { port } = new URL(front.http);
    const url = `http://localhost:${port}/login?lang=ja`;
    const { status, headers } = await fetch(url, { redirect: "manual" });
    expect([301, 308]).toContain(status);
    expect(headers.get("location")).toMatch(/^https:\/\/localhost\b[^/]*\/login\?lang=ja$/);
  });

  test("a login is recorded with the caller's address, whatever the caller says", async () => {
    const { email, password } = await service.person();
    const form = new URLSearchParams({ username: email, password, grant_type: "password" });
    const headers = { "x-forwarded-for": "203.0.113.9", forwarded: "for=203.0.113.9" };
    const answer = await ask("/token", { form, headers, from: "127.0.0.2" });
    expect(answer).toMatchObject({ status: 200, json: { token_type: "Bearer" } });
    const { access_token } = answer.json as { access_token: string };
    const authorization = `Bearer ${service.secret(access_token)}`;
    const events = await ask("/api/events", { headers: { authorization } });
    expect(events.json).toMatchObject({
      events: [{ type: "logged_in", address: "127.0.0.2" }, { type: "registered" }],
    });
  });
});
