/**
 * What callers ask all the time, answered before Express: that takes longer than the answer. It only takes requests that
 * it knows in every detail. All others, and all other paths and methods, are left to Express, which answers these, too:
 * a test compares both.
 */
import type { RequestListener } from "node:http";
import type { AnyTRPCRouter } from "@trpc/server";
import type { Tegata } from "../../tegata.ts";
import { answerWriter } from "./answer.ts";
import { fastForms } from "./forms.ts";
import { fastQueries } from "./queries.ts";
import { fastReads } from "./reads.ts";

/** Answers what it can, and leaves the rest to `otherwise`. */
export function fastPath(
  tegata: Tegata,
  router: AnyTRPCRouter,
  otherwise: RequestListener,
): RequestListener {
  const queries = fastQueries(tegata, router);
  const reads = fastReads(tegata, router);
  const forms = fastForms(tegata);
  // tRPC replaces the Vary header of CORS, and REST adds to it.
  const writeQuery = answerWriter(tegata, "vary");
  const writeOther = answerWriter(tegata);
  return (req, res) => {
    const { method, headers } = req;
    const hasBody = "content-length" in headers || "transfer-encoding" in headers;
    const isPlain = method === "GET" && !hasBody;
    const leave = () => void otherwise(req, res);
    const query = isPlain ? queries(req, res) : undefined;
    const answer = query ?? (isPlain ? reads(req, res) : forms(req, res));
    if (!answer) return leave();
    const write = query ? writeQuery : writeOther;
    // If there is no answer after all, Express answers, and logs what happened.
    void answer.then((it) => write(req, res, it), leave);
  };
}
