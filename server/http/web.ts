/** The built page and the built Swagger UI: only what the build has put into its folder. */
import { fileURLToPath } from "node:url";
import { type RequestHandler, Router, static as serveFolder } from "express";

/** `dist/web`, from the source as from the build. */
const FOLDER = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "../../dist/web" : "../../web", import.meta.url),
);

const send =
  (file: string): RequestHandler =>
  (_req, res) => {
    res.sendFile(file, {
      root: FOLDER,
      cacheControl: false,
      headers: { "Cache-Control": "no-cache" },
    });
  };

/** Sends the page. */
export const sendPage: RequestHandler = send("index.html");

/** Serves the page at `/`, Swagger UI at `/docs`, and their assets, whose names change with what is in them. */
export function web(): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.get("/", sendPage);
  router.get("/docs", send("docs.html"));
  const forGood = { index: false, redirect: false, immutable: true, maxAge: "1y" } as const;
  router.use("/assets", serveFolder(`${FOLDER}/assets`, forGood));
  return router;
}
