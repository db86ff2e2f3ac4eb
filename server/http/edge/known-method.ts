/** The method of a request, for metrics and spans: what callers send has no bound. */

/** The methods of HTTP that a service answers. Node reads more of them, and any caller can send them. */
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]);

/** A method. @returns undefined if it is none of these */
export const knownMethod = (method = ""): string | undefined =>
  METHODS.has(method) ? method : undefined;
