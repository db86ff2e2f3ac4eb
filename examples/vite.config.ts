/** Serves a page and passes the paths of Tegata on, so that the browser sees one origin. */
import react from "@vitejs/plugin-react";
import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";

const target = process.env["TEGATA_URL"] ?? "http://127.0.0.1:3000";
const proxy = { "/trpc": target, "/token": target, "/revoke": target };

export default defineConfig({
  plugins: [vue(), react()],
  // In the folder of the page: the two pages can be served at the same time.
  cacheDir: "node_modules/.vite",
  server: { proxy },
  preview: { proxy },
});
