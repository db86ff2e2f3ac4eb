/**
 * Answers the most frequent requests without Express, which costs more than the answer itself. It takes only requests that
 * it fully understands, and leaves all others to Express. Express can answer the frequent ones too; a test compares the two.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { AnyTRPCRouter } from "@trpc/server";
import type { Tegata } from "../../tegata.ts";
import { receiveBody } from "../edge/body.ts";
import type { Message } from "../edge/direct.ts";
import type { Received } from "../edge/received.ts";
import { senderOf } from "../edge/request-log.ts";
import { type Answer, type Finish, finisher, NOT_WRITTEN } from "./answer.ts";
import { isPlainForm, isPlainJson } from "./bodies.ts";
import { fastCalls } from "./calls.ts";
import { fastForms } from "./forms.ts";
import { fastReads } from "./reads.ts";

/** The ways to answer without Express. */
export interface FastPath {
  /** Answers what it can, and leaves the rest to Express. */
  serve: RequestListener;
  /**
   * Answers a request that Node has not read.
   * @returns undefined for one that it leaves; rejects if there is no response, which has been logged for a POST
   */
  answer(req: Received): Promise<Message> | undefined;
}

/** Makes the fast path of a service. */
export function fastPath(
  tegata: Tegata,
  router: AnyTRPCRouter,
  otherwise: RequestListener,
): FastPath {
  const calls = fastCalls(tegata, router);
  const reads = fastReads(tegata, router);
  const forms = fastForms(tegata);
  // tRPC replaces the Vary header of CORS, and REST adds to it.
  const ofCalls = finisher(tegata, "vary");
  const ofOthers = finisher(tegata);

  /** @param req with its body, if it has one */
  function find(req: Received): { answer: Promise<Answer>; finish: Finish } | undefined {
    const call = calls(req);
    if (call) return { answer: call, finish: ofCalls };
    const answer = req.method === "GET" ? reads(req) : forms(req);
    return answer && { answer, finish: ofOthers };
  }

  return {
    serve(req: IncomingMessage & { res?: ServerResponse }, res) {
      const leave = () => void otherwise(req, res);
      const respond = () => {
        const found = find(req);
        if (!found) return leave();
        const { answer, finish } = found;
        const write = (it: Answer | Promise<Answer>) => finish.write(req, res, it);
        // If a read has no answer after all, Express answers, and logs what happened. What a POST has done is done.
        if (req.method === "GET") answer.then(write, leave);
        else void write(answer);
      };
      const { method, headers } = req;
      const hasBody = "content-length" in headers || "transfer-encoding" in headers;
      if (method === "GET" && !hasBody) respond();
      else if (
        method === "POST" &&
        !req.readableDidRead &&
        (isPlainForm(req) || isPlainJson(req))
      ) {
        // As Express does: it shows whether the caller has hung up.
        req.res = res;
        receiveBody(req, res, respond);
      } else leave();
    },
    answer(req) {
      const found = find(req);
      if (!found) return undefined;
      const message = found.answer.then((it) => found.finish.message(req, it));
      // Node serves a read again, and logs what happened.
      if (req.method !== "GET")
        message.catch((err) =>
          tegata.log.error({ err, requestId: senderOf(req).requestId }, NOT_WRITTEN),
        );
      return message;
    },
  };
}
