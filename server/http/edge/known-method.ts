/** The method of a request, for metrics and spans: what callers send has no bound. */

/** What stands for everything that is not served. */
export const OTHER = "other";

/** The methods of HTTP that a service answers. Node reads more of them, and any caller can send them. */
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]);

/** A method, or what stands for all others. */
export const knownMethod = (method = ""): string => (METHODS.has(method) ? method : OTHER);
