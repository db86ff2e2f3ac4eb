/** What the document of the page says about the service, and the logo. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { type Service, useService } from "../../testing/service.ts";

const NAME = `"Ada's" <b>&amp; $& $\` Söhne`;
const SVG = `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`;

/** Undoes the escapes of HTML, as a browser does. */
const unescapeHtml = (text: string) =>
  text
    .replaceAll("&quot;", '"')
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");

const factsIn = (html: string): unknown => {
  const [, content = ""] = /<meta name="tegata" content="([^"]*)">/.exec(html) ?? [];
  return JSON.parse(unescapeHtml(content));
};

/** Requests the page in one coding. `fetch` would hide the coding, and ask for more than the page of an ETag. */
const encoded = (service: Service, coding: string, ifNoneMatch = "") =>
  new Promise<{ status: number | undefined; etag: string; coding: unknown; body: Buffer }>(
    (done) => {
      const headers = { "accept-encoding": coding, "if-none-match": ifNoneMatch };
      request(`${service.url}/login`, { headers }, (res) => {
        const chunks: Buffer[] = [];
        res.on("data", (chunk: Buffer) => chunks.push(chunk));
        res.on("end", () => {
          const { etag = "", "content-encoding": coding } = res.headers;
          done({ status: res.statusCode, etag, coding, body: Buffer.concat(chunks) });
        });
      }).end();
    },
  );

describe.each(ENGINES.slice(0, 1))("the document of the page", (engine) => {
  const folder = mkdtempSync(join(tmpdir(), "tegata-brand-"));
  const logo = join(folder, "Our logo.SVG");
  writeFileSync(logo, SVG);
  afterAll(() => rmSync(folder, { recursive: true }));
  const plain = useService(engine);
  const branded = useService(engine, {
    BRAND_NAME: NAME,
    BRAND_LOGO: logo,
    BRAND_COLOR: "#FFD400",
    PASSWORD_MIN_LENGTH: "12",
  });

  test("has the facts of the service", async () => {
    expect(factsIn((await plain.request("GET", "/login")).text)).toEqual({
      mail: true,
      registration: true,
      passwordMinLength: 8,
      brand: { name: "Tegata", logo: false },
    });
  });

  test("has a brand with any characters, which end neither the attribute nor the title", async () => {
    for (const path of ["/login", "/static/index.html"]) {
      const { text } = await branded.request("GET", path);
      expect(factsIn(text)).toMatchObject({
        passwordMinLength: 12,
        brand: { name: NAME, logo: true, colors: { button: "#ffd400", onButton: "#000000" } },
      });
      const [, title = ""] = /<title>([^<]*)<\/title>/.exec(text) ?? [];
      expect(unescapeHtml(title)).toBe(NAME);
      expect(text.match(/<b>|<title>/g)).toEqual(["<title>"]);
    }
  });

  test("is compressed with the facts, and has another ETag in each form and for each brand", async () => {
    const etags = new Set<string>();
    for (const service of [plain, branded]) {
      const { body, etag } = await encoded(service, "identity");
      const gzip = await encoded(service, "gzip");
      const brotli = await encoded(service, "br");
      expect([gzip.coding, brotli.coding]).toEqual(["gzip", "br"]);
      expect(gunzipSync(gzip.body)).toEqual(body);
      expect(brotliDecompressSync(brotli.body)).toEqual(body);
      for (const one of [etag, gzip.etag, brotli.etag]) etags.add(one);
      expect(await encoded(service, "gzip", gzip.etag)).toMatchObject({ status: 304 });
    }
    expect(etags.size).toBe(6);
  });

  test.each([
    "/",
    "/login",
    "/register",
    "/forgot",
    "/verify?token=x",
    "/reset?token=x",
    "/change-email?token=x",
    "/take-back?token=x",
    "/workbench",
  ])("is at %s, for GET only", async (path) => {
    const { status, text, headers } = await plain.request("GET", path);
    expect(status).toBe(200);
    expect(text).toContain('<div id="app">');
    // The token of a link is in the URL until the script takes it out.
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect((await plain.request("POST", path)).status).toBe(405);
  });

  test("the logo is an image whose scripts do not run", async () => {
    const { status, headers, text } = await branded.request("GET", "/logo");
    expect(status).toBe(200);
    expect(text).toBe(SVG);
    expect(headers.get("content-type")).toBe("image/svg+xml");
    expect(headers.get("content-security-policy")).toBe(
      "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    );
    expect(headers.get("cache-control")).toBe("no-cache");
    expect(headers.get("etag")).toMatch(/^"[\w-]{43}"$/);
    expect(await plain.request("GET", "/logo")).toMatchObject({ status: 404 });
  });
});
