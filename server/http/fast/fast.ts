/**
 * What callers ask all the time, answered before Express: that takes longer than the answer. It only takes requests that
 * it knows in every detail. All others, and all other paths and methods, are left to Express, which answers these, too:
 * a test compares both.
 */
import type { RequestListener } from "node:http";
import type { Tegata } from "../../tegata.ts";
import { answerWriter } from "./answer.ts";
import { fastQueries } from "./queries.ts";
import { fastReads } from "./reads.ts";

/** Answers what it can, and leaves the rest to `otherwise`. */
export function fastPath(tegata: Tegata, otherwise: RequestListener): RequestListener {
  const queries = fastQueries(tegata);
  const reads = fastReads(tegata);
  const write = answerWriter(tegata.settings);
  return (req, res) => {
    const { method, headers } = req;
    const hasBody = "content-length" in headers || "transfer-encoding" in headers;
    const answer = method === "GET" && !hasBody ? (queries(req) ?? reads(req)) : undefined;
    if (answer) void answer.then((it) => write(req, res, it));
    else otherwise(req, res);
  };
}
