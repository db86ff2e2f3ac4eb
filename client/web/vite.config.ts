/** Builds the page and Swagger UI into `dist/web`, and serves them during development. */
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
            return `url(/${this.getFileName(this.emitFile({ type: "asset", name, source }))})`;
          },
        );
      }
    },
  };
}

// vitest sets NODE_ENV=test. A build that it starts would then contain the larger development version of Vue.
const { env } = process;
if (process.argv.includes("build")) env["NODE_ENV"] = "production";

export default defineConfig({
  root: import.meta.dirname,
  plugins: [vue(), imagesAsFiles()],
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
      input: ["index.html", "docs.html"].map((name) => `${import.meta.dirname}/${name}`),
    },
  },
  server: {
    proxy: Object.fromEntries(
      ["/trpc", "/token", "/revoke", "/api", "/users", "/openapi.json"].map((path) => [
        path,
        "http://127.0.0.1:3000",
      ]),
    ),
  },
});
