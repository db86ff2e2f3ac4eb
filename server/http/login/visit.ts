/** Requests with which a client sends a browser to this service: by a link, or by a form of its own. */
import type { Request } from "express";
import { bytesReader, FORM_TYPE, textOf } from "../edge/body.ts";
import { decodePairs } from "../edge/pairs.ts";
import type { Reply } from "../route.ts";

/**
 * The headers of a response to such a request. No cache keeps it: it may contain a code. An application may open the page in
 * a window of its own and wait for that, but the policy that helmet sets would separate the two: it counts in redirects, too.
 */
export const VISIT_HEADERS = {
  "Cache-Control": "no-store",
  "Cross-Origin-Opener-Policy": "unsafe-none",
};

const readForm = bytesReader(FORM_TYPE);

/** The query as it was sent, without the question mark. */
export const rawQueryOf = ({ url }: Request) =>
  url.includes("?") ? url.slice(url.indexOf("?") + 1) : "";

/** Whether a browser asks for the headers only, or fetches the page in advance: then nothing may change. */
export const isAhead = ({ method, headers }: Request) =>
  method === "HEAD" ||
  [headers["sec-purpose"], headers["purpose"]].some((one) => String(one).includes("prefetch"));

/**
 * Sends a form on as the same request by GET: a form of another site carries no Lax cookie, but the GET after it does. Both
 * must work (OpenID Connect Core section 3.1.2.1, RP-Initiated Logout section 2).
 * @returns undefined if the form is malformed
 * @throws what {@link bodyFault} describes
 */
export function goByGet(req: Request): Reply | undefined {
  const form = readForm(req);
  const pairs = decodePairs(form ? textOf(form) : "");
  if (!pairs) return undefined;
  const query = new URLSearchParams(pairs.map(([...pair]) => pair));
  return { redirect: `?${query}`, headers: VISIT_HEADERS };
}
