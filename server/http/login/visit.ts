/** Requests that a client sends a browser with: by a link, or by a form of its own. */
import type { Request } from "express";
import { bytesReader, FORM_TYPE } from "../edge/body.ts";
import { decodePairs } from "../edge/pairs.ts";
import type { Reply } from "../route.ts";

const readForm = bytesReader(FORM_TYPE);

/** The query as it was sent, without the question mark. */
export const rawQueryOf = ({ url }: Request) =>
  url.includes("?") ? url.slice(url.indexOf("?") + 1) : "";

/** Whether a browser only looks what is there, perhaps in case the person goes there: nothing may happen then. */
export const isAhead = ({ method, headers }: Request) =>
  method === "HEAD" ||
  [headers["sec-purpose"], headers["purpose"]].some((one) => String(one).includes("prefetch"));

/**
 * Sends a form on as the same request by GET: a form of another site carries no Lax cookie, but the GET after it does. Both
 * must work (OpenID Connect Core section 3.1.2.1, RP-Initiated Logout section 2).
 * @returns undefined if the form is malformed
 */
export function goByGet(req: Request): Reply | undefined {
  const pairs = decodePairs(readForm(req)?.toString() ?? "");
  return pairs && { redirect: `?${new URLSearchParams([...pairs].map(([...pair]) => pair))}` };
}
