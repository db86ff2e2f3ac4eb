import { once } from "node:events";
import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { useService } from "../../testing/service.ts";

describe.each(ENGINES)("the built files, served with $name", (engine) => {
  const service = useService(engine);

  test("the page is revalidated on each request, and its assets are cached", async () => {
    const page = await service.request("GET", "/");
    expect(page.status).toBe(200);
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page.headers.get("cache-control")).toBe("no-cache");
    const assets = page.text.match(/\/assets\/[\w.-]+\.(js|css)/g) ?? [];
    expect(assets.length).toBeGreaterThan(0);
    for (const asset of assets) {
      const { status, headers } = await service.request("GET", asset);
      expect(status).toBe(200);
      expect(headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
      expect(headers.get("content-type")).toMatch(/javascript|css/);
    }
    expect((await service.request("GET", "/docs")).headers.get("content-type")).toBe(
      "text/html; charset=utf-8",
    );
  });

  test("a login of Swagger UI comes back to a page without inline scripts, whose URL has the code", async () => {
    const { headers, text } = await service.request("GET", "/docs/oauth2-redirect?code=x");
    expect(text).not.toMatch(/<script(?![^>]* src=)|<style|style=|\bon\w+=/);
    const [path = ""] = text.match(/assets\/oauth2-redirect-[\w-]+\.js/) ?? [];
    expect(await service.request("GET", `/${path}`)).toMatchObject({ status: 200 });
    expect(headers.get("cache-control")).toBe("no-store");
    // The page that has opened it is waiting, and finds the code in its window.
    expect(headers.get("cross-origin-opener-policy")).toBe("unsafe-none");
    const docs = await service.request("GET", "/docs");
    expect(docs.headers.get("cross-origin-opener-policy")).toBe("same-origin-allow-popups");
  });

  test.each([
    "/assets/",
    "/assets",
    "/assets/..%2findex.html",
    "/assets/%2e%2e/%2e%2e/package.json",
    "/assets/..%5c..%5cpackage.json",
    "/assets/.env",
    "/assets/%00",
    "/index.html",
    "/docs.html",
    "/package.json",
    "/.data/tegata.db",
    "//evil.test/",
    "/api",
  ])("%s does not exist", async (path) => {
    const { status, headers, text } = await service.request("GET", path);
    expect([400, 404]).toContain(status);
    expect(headers.get("location")).toBeNull();
    expect(text).not.toContain("dependencies");
  });

  test("callers that do not read an asset hold no open file", async () => {
    const docs = await service.request("GET", "/docs");
    const [script = ""] = docs.text.match(/\/assets\/docs-[\w-]+\.js/) ?? [];
    const openFiles = () => readdirSync("/proc/self/fd").length;
    const { port } = new URL(service.url);
    const before = openFiles();
    const sockets = Array.from({ length: 50 }, () => {
      const socket = connect(Number(port), "127.0.0.1");
      socket.pause().write(`GET ${script} HTTP/1.1\r\nHost: x\r\n\r\n`);
      return socket;
    });
    await Promise.all(sockets.map((socket) => once(socket, "connect")));
    expect(await service.request("GET", script)).toMatchObject({ status: 200 });
    // Both ends of each connection are in this process.
    expect(openFiles() - before).toBeLessThan(2 * sockets.length + 10);
    for (const socket of sockets) socket.destroy();
  });

  test("the assets answer HEAD, and no other method", async () => {
    const { text } = await service.request("GET", "/");
    const [asset = ""] = text.match(/\/assets\/[\w.-]+\.js/) ?? [];
    const { headers } = await service.request("GET", asset);
    const head = await service.request("HEAD", asset);
    expect(head).toMatchObject({ status: 200, text: "" });
    expect(head.headers.get("etag")).toBe(headers.get("etag"));
    const posted = await service.request("POST", asset);
    expect(posted.status).toBe(405);
    expect(posted.headers.get("allow")).toBe("GET");
    expect(await service.request("POST", "/assets/none.js")).toMatchObject({ status: 405 });
  });

  test("the page is also at /static/index.html, as in system A, and nothing else is in /static", async () => {
    const page = await service.request("GET", "/static/index.html");
    expect(page.status).toBe(200);
    expect(page.headers.get("content-type")).toMatch(/^text\/html/);
    // One folder deeper.
    const { text } = await service.request("GET", "/");
    expect(page.text).toBe(text.replaceAll('="./', '="../'));
    for (const path of ["/static/", "/static/../package.json", "/static/index.html/"])
      expect((await service.request("GET", path)).status).toBe(404);
  });
});
