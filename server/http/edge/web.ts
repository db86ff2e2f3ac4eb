/** The built page and the built Swagger UI: only files that the build has written. */
import { fileURLToPath } from "node:url";
import { type Response, static as serveFolder } from "express";

/** `dist/web`, both from the source and from the build. */
const FOLDER = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "../../../dist/web" : "../../../web", import.meta.url),
);

/** Sends a built page. @throws if it cannot be read */
export function sendPage(res: Response, file: string): Promise<void> {
  const headers = { "Cache-Control": "no-cache" };
  return new Promise((resolve, reject) => {
    res.sendFile(file, { root: FOLDER, cacheControl: false, headers }, (error) =>
      // A caller that went away is not an error.
      error && !res.headersSent ? reject(error) : resolve(),
    );
  });
}

/** The scripts, styles and images of the pages; their names change with their content. */
export const assets = serveFolder(`${FOLDER}/assets`, {
  index: false,
  redirect: false,
  immutable: true,
  maxAge: "1y",
});
