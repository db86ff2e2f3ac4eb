/** The service under a path of another application, which takes that path off before it calls the service. */
import type { IncomingMessage, RequestListener } from "node:http";
import { rejectMalformed } from "./malformed.ts";

/** What Express adds to a request: the URL before it took the path off. */
type Mounted = IncomingMessage & { originalUrl?: string };

/**
 * Redirects the mount path to the same path with a trailing slash, because the URLs in the pages are relative. Rejects
 * malformed requests, as the service does when it listens itself.
 */
export const mount = (handler: RequestListener): RequestListener =>
  rejectMalformed((req: Mounted, res) => {
    const { url = "", originalUrl = url, method = "" } = req;
    const [, folder, query = ""] = originalUrl.match(/^[^?]*\/([^/?]+)(\?.*)?$/) ?? [];
    const isPath = /^\/(\?|$)/.test(url);
    if (!isPath || folder === undefined || !["GET", "HEAD"].includes(method))
      return handler(req, res);
    // Relative, because a proxy may have taken off another path.
    res.writeHead(302, { Location: `./${folder}/${query}` }).end();
  });
