/** The built page and the built Swagger UI: only files that the build has written, compressed where the caller takes that. */
import { fileURLToPath } from "node:url";
import { type RequestHandler, type Response, static as serveFolder } from "express";
import { type Coding, codingFor } from "./compression.ts";

/** `dist/web`, both from the source and from the build. */
const FOLDER = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "../../../dist/web" : "../../../web", import.meta.url),
);

/** The files that the build also writes in each coding, and the endings of those. */
const TEXT = /\.(html|js|css|svg)$/;
const ENDINGS: Readonly<Record<Coding, string>> = { br: ".br", gzip: ".gz" };
const CODINGS = new Map(Object.entries(ENDINGS).map(([coding, ending]) => [ending, coding]));

/** Serves the files of a folder; calls `next` for what is not there. */
function serveFiles(folder: string, cacheControl: string): RequestHandler {
  const serve = serveFolder(folder, {
    index: false,
    redirect: false,
    cacheControl: false,
    setHeaders(res: Response, path) {
      res.set("Cache-Control", cacheControl);
      const ending = path.slice(-3);
      const coding = CODINGS.get(ending);
      const name = coding === undefined ? path : path.slice(0, -ending.length);
      if (coding !== undefined)
        res.set("Content-Encoding", coding).type(name.slice(name.lastIndexOf(".")));
      if (TEXT.test(name)) res.vary("Accept-Encoding");
    },
  });
  return (req, res, next) => {
    if (CODINGS.has(req.path.slice(-3))) return next();
    const coding = TEXT.test(req.path) ? codingFor(req) : undefined;
    if (coding) req.url = req.path + ENDINGS[coding];
    serve(req, res, next);
  };
}

const servePage = serveFiles(FOLDER, "no-cache");

/** Sends a built page. @throws if it cannot be read */
export function sendPage(res: Response, file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // Also for a caller that went away: that is not an error.
    res.once("close", resolve);
    res.req.url = `/${file}`;
    void servePage(res.req, res, (error?: unknown) =>
      reject(error ?? new Error(`${file} has not been built`)),
    );
  });
}

/** The scripts, styles and images of the pages; their names change with their content. */
export const assets = serveFiles(`${FOLDER}/assets`, "public, max-age=31536000, immutable");
