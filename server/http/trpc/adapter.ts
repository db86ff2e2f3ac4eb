/** The procedures over HTTP: what is refused before it is read, the context, and the headers of a refusal. */
import { type AnyTRPCRouter, getTRPCErrorShape, type TRPCError } from "@trpc/server";
import { createExpressMiddleware } from "@trpc/server/adapters/express";
import { getHTTPStatusCodeFromError, type TRPCRequestInfo } from "@trpc/server/http";
import type { NextFunction, Request, Response } from "express";
import type { Tegata } from "../../tegata.ts";
import { identify } from "../bearer.ts";
import {
  isTooLarge,
  receivedBody,
  requireUncompressed,
  requireUtf8,
  textOf,
} from "../edge/body.ts";
import { compressWhole } from "../edge/compression.ts";
import type { Received } from "../edge/received.ts";
import { senderOf } from "../edge/request-log.ts";
import { queryOf } from "../edge/url.ts";
import { browserCookie } from "../login/cookie.ts";
import { isOwnPage } from "../login/own-page.ts";
import { admit, Refusal, refusalHeaders } from "../refusal.ts";
import { requesterOf } from "../requester.ts";
import type { Context, Meta } from "./base.ts";

/**
 * The most calls in a batch. The links of @trpc/client set no limit unless they are told to, so it is far above what
 * a page sends at once, and a URL with as many queries is still shorter than what Node reads.
 */
export const MAX_BATCH_CALLS = 100;

/** Serves the procedures of a router. */
export function trpcAdapter(tegata: Tegata, router: AnyTRPCRouter) {
  const serve = createExpressMiddleware({
    router,
    maxBatchSize: MAX_BATCH_CALLS,
    // For `methodOverride: "POST"`. It is no way around anything: queries have no effects, and read no cookie.
    allowMethodOverride: true,
    // A batch is one request, but many calls: what limits an act counts in the act (decision 011), once for each call.
    createContext: async ({ req, res, info }) => ({
      tegata,
      caller: await identify(tegata, req),
      requester: requesterOf(req),
      // A streamed response sends its headers too early for a cookie.
      ...(info.accept !== "application/jsonl" &&
        isOwnPage(req, tegata.settings) && { cookie: browserCookie(tegata.settings, req, res) }),
    }),
    responseMeta({ errors, ctx, info }) {
      const refusals = [...errors.map(Refusal.of), ...tokenRefusals(ctx, info)];
      // tRPC replaces the Vary header of CORS.
      return { headers: new Headers({ ...refusalHeaders(refusals), Vary: "Origin" }) };
    },
    onError: ({ error, path, req }) => logFailure(tegata, error, { path, req }),
  });
  return (req: Request, res: Response, next: NextFunction): void => {
    requireUtf8(req);
    // tRPC ignores the header.
    requireUncompressed(req);
    const refusal = refusalOf(req);
    if (refusal) {
      refuse(router, res, refusal);
      return;
    }
    // tRPC takes the text of a body that has been read.
    const body = receivedBody(req);
    req.body = body && textOf(body);
    serve(req, compressWhole(res).type("application/json"), next);
  };
}

/** Logs what is nobody's fault but ours. */
export function logFailure(
  { log }: Pick<Tegata, "log">,
  error: TRPCError,
  { path, req }: { path: string | undefined; req: Received },
): void {
  if (error.code !== "INTERNAL_SERVER_ERROR") return;
  log.error({ err: error, requestId: senderOf(req).requestId, path }, "a procedure failed");
}

/**
 * The refusals of the token in a streamed batch (`httpBatchStreamLink`). Its headers are sent before the first call has
 * ended, and the challenge must be among them (RFC 6750 section 3).
 */
function tokenRefusals(ctx: Context | undefined, info: TRPCRequestInfo | undefined): Refusal[] {
  if (!ctx || info?.accept !== "application/jsonl") return [];
  return info.calls.flatMap(({ procedure }) => {
    const { scope } = (procedure?._def.meta ?? {}) as Meta;
    const admitted = scope && admit(ctx.caller, [scope]);
    return admitted instanceof Refusal ? [admitted] : [];
  });
}

/** Why a request is refused before tRPC reads it: every limit has a name, which tRPC's own errors do not have. */
function refusalOf(req: Request): Refusal | undefined {
  const { path, url, headers } = req;
  const { accept = "", upgrade = "" } = headers;
  if (accept.includes("text/event-stream") || /^websocket$/i.test(upgrade))
    return new Refusal("unsupported_link");
  // tRPC would ignore all but the last segment.
  if (path.lastIndexOf("/") > 0) return new Refusal("no_such_procedure");
  const isBatch = queryOf({ url }).get("batch") === "1";
  if (isBatch && path.split(/,|%2c/i).length > MAX_BATCH_CALLS)
    return new Refusal("batch_too_large", {
      message: `a batch must have at most ${MAX_BATCH_CALLS} calls: set maxItems in the link`,
    });
  if (isTooLarge(req)) return new Refusal("body_too_large");
  return undefined;
}

/** Answers in the format of tRPC: one error, which its clients give to every call of the batch. */
function refuse(router: AnyTRPCRouter, res: Response, error: Refusal): void {
  const config = router._def._config;
  const shape = getTRPCErrorShape({
    config,
    error,
    type: "unknown",
    path: undefined,
    input: undefined,
    ctx: undefined,
  });
  res
    .status(getHTTPStatusCodeFromError(error))
    .set(refusalHeaders([error]))
    .json({ error: shape });
}
