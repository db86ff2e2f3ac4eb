/** How the page and Swagger UI are built into `dist/web`, and served while they are worked on. */
import vue from "@vitejs/plugin-vue";
import { defineConfig, type Plugin } from "vite";

const DATA_URI = /url\((["']?)data:(image\/[\w+]+)(;[^,]*)?,(.*?)\1\)/g;

/** Makes files of the pictures inside Swagger UI's styles: the service forbids `data:`. */
function picturesAsFiles(): Plugin {
  return {
    name: "pictures-as-files",
    generateBundle(_, bundle) {
      for (const asset of Object.values(bundle)) {
        if (asset.type !== "asset" || !asset.fileName.endsWith(".css")) continue;
        asset.source = String(asset.source).replace(
          DATA_URI,
          (_all, _quote: string, type: string, how: string | undefined, data: string) => {
            const source = how?.includes("base64")
              ? Buffer.from(data, "base64")
              : decodeURIComponent(data.replaceAll("\\", ""));
            const name = `picture.${type.replace("image/", "").replace("+xml", "")}`;
            return `url(/${this.getFileName(this.emitFile({ type: "asset", name, source }))})`;
          },
        );
      }
    },
  };
}

// A build is of the product whoever starts it: vitest sets another one, and would get Vue's larger variant.
const { env } = process;
if (process.argv.includes("build")) env["NODE_ENV"] = "production";

export default defineConfig({
  root: import.meta.dirname,
  plugins: [vue(), picturesAsFiles()],
  define: { __VUE_OPTIONS_API__: false },
  build: {
    outDir: "../../dist/web",
    emptyOutDir: true,
    // Nothing inline: the service sends a content security policy without exceptions.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Swagger UI is one large file, on a page of its own.
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
