/** Where the server is, as the browser reaches it: proxies may change its host, its port, and the path before its URLs. */

/** The URL of the server, without a slash at its end. The built script is in `assets/`, one folder below. */
export const BASE = new URL(/* @vite-ignore */ "..", import.meta.url).href.replace(/\/$/, "");
