/** Builds the page and Swagger UI into `dist/web`, and serves them during development. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import vue from "@vitejs/plugin-vue";
import { defineConfig, type Plugin } from "vite";

const DATA_URI = /url\((["']?)data:(image\/[\w+]+)(;[^,]*)?,(.*?)\1\)/g;

/** Extracts the inline images of Swagger UI's CSS into files, because the content security policy forbids `data:`. */
function imagesAsFiles(): Plugin {
  return {
    name: "images-as-files",
    generateBundle(_, bundle) {
      for (const asset of Object.values(bundle)) {
        if (asset.type !== "asset" || !asset.fileName.endsWith(".css")) continue;
        asset.source = String(asset.source).replace(
          DATA_URI,
          (_all, _quote: string, type: string, how: string | undefined, data: string) => {
            const source = how?.includes("base64")
              ? Buffer.from(data, "base64")
              : decodeURIComponent(data.replaceAll("\\", ""));
            const name = `image.${type.replace("image/", "").replace("+xml", "")}`;
            const file = this.getFileName(this.emitFile({ type: "asset", name, source }));
            // Relative to the stylesheet, which is in the same folder.
            return `url(${basename(file)})`;
          },
        );
      }
    },
  };
}

/** Quality 11 takes thirty times as long, for a tenth less. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };

/**
 * Writes each page a second time, for URLs that are one folder deeper, and every text in the compressed forms that
 * `server/http/edge/web.ts` serves.
 */
function deeperAndCompressed(): Plugin {
  return {
    name: "deeper-and-compressed",
    writeBundle({ dir = "" }, bundle) {
      const texts = Object.keys(bundle).filter((name) => /\.(html|js|css|svg)$/.test(name));
      const pages = texts.filter((name) => name.endsWith(".html"));
      mkdirSync(`${dir}/deeper`, { recursive: true });
      for (const name of pages) {
        const page = readFileSync(`${dir}/${name}`, "utf8");
        writeFileSync(`${dir}/deeper/${name}`, page.replaceAll('="./', '="../'));
      }
      for (const name of [...texts, ...pages.map((page) => `deeper/${page}`)]) {
        const text = readFileSync(`${dir}/${name}`);
        writeFileSync(`${dir}/${name}.br`, brotliCompressSync(text, BROTLI));
        writeFileSync(`${dir}/${name}.gz`, gzipSync(text, { level: 9 }));
      }
    },
  };
}

// vitest sets NODE_ENV=test. A build that it starts would then contain the larger development version of Vue.
const { env } = process;
if (process.argv.includes("build")) env["NODE_ENV"] = "production";

export default defineConfig({
  root: import.meta.dirname,
  // The pages work at any path: a proxy may serve them under a prefix.
  base: "./",
  plugins: [vue(), imagesAsFiles(), deeperAndCompressed()],
  define: { __VUE_OPTIONS_API__: false },
  build: {
    outDir: "../../dist/web",
    emptyOutDir: true,
    // The content security policy allows no inline assets.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Swagger UI is one large file, but only the API page loads it.
    chunkSizeWarningLimit: 2000,
    rolldownOptions: {
      input: ["index.html", "docs.html", "oauth2-redirect.html"].map(
        (name) => `${import.meta.dirname}/${name}`,
      ),
    },
  },
  server: {
    proxy: Object.fromEntries(
      [
        "/trpc",
        "/authorize",
        "/logout",
        "/token",
        "/revoke",
        "/api",
        "/users",
        "/openapi.json",
      ].map((path) => [path, "http://127.0.0.1:3000"]),
    ),
  },
});
