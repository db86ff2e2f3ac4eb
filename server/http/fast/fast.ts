/**
 * The most frequent requests, answered without Express, which takes longer than the answer. It only takes requests that
 * it knows in every detail. All others, and all other paths and methods, are left to Express, which answers these, too:
 * a test compares both.
 */
import type { RequestListener } from "node:http";
import type { AnyTRPCRouter } from "@trpc/server";
import type { Tegata } from "../../tegata.ts";
import type { Message } from "../edge/direct.ts";
import type { Received } from "../edge/received.ts";
import { finisher } from "./answer.ts";
import { fastForms } from "./forms.ts";
import { fastQueries } from "./queries.ts";
import { fastReads } from "./reads.ts";

/** The ways to answer without Express. */
export interface FastPath {
  /** Answers what it can, and leaves the rest to Express. */
  serve: RequestListener;
  /** Answers a GET without a body also without Node's http server. @returns undefined for a request that it leaves */
  read(req: Received): Promise<Message> | undefined;
}

/** Makes the fast path of a service. */
export function fastPath(
  tegata: Tegata,
  router: AnyTRPCRouter,
  otherwise: RequestListener,
): FastPath {
  const queries = fastQueries(tegata, router);
  const reads = fastReads(tegata, router);
  const forms = fastForms(tegata);
  // tRPC replaces the Vary header of CORS, and REST adds to it.
  const ofQueries = finisher(tegata, "vary");
  const ofOthers = finisher(tegata);
  return {
    serve(req, res) {
      const { method, headers } = req;
      const hasBody = "content-length" in headers || "transfer-encoding" in headers;
      const isPlain = method === "GET" && !hasBody;
      const leave = () => void otherwise(req, res);
      const query = isPlain ? queries(req) : undefined;
      const answer = query ?? (isPlain ? reads(req) : forms(req, res));
      if (!answer) return leave();
      const { write } = query ? ofQueries : ofOthers;
      // If there is no answer after all, Express answers, and logs what happened.
      void answer.then((it) => write(req, res, it), leave);
    },
    read(req) {
      const query = queries(req);
      const answer = query ?? reads(req);
      const { message } = query ? ofQueries : ofOthers;
      return answer?.then((it) => message(req, it));
    },
  };
}
