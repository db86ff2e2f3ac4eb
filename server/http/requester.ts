/** Reads who sends a request. */
import type { ServerResponse } from "node:http";
import { LANGUAGES, type Language } from "../mail/message.ts";
import type { Requester } from "../requester.ts";
import { HangUp } from "./edge/hang-up.ts";
import type { Received } from "./edge/received.ts";
import { senderOf } from "./edge/request-log.ts";

/** A request; Express and the fast path add the response of Node. */
type WithResponse = Received & { res?: ServerResponse | undefined };

/** @returns the sender of a request */
export const requesterOf = (req: WithResponse): Requester => new RequestSender(req);

/** A class: making an object with a getter takes ten times as long. */
class RequestSender implements Requester {
  readonly #req: WithResponse;
  #hangUp: HangUp | undefined;
  readonly address: string;
  readonly requestId: string;
  readonly userAgent: string | undefined;

  constructor(req: WithResponse) {
    const { requestId, address = "" } = senderOf(req);
    this.#req = req;
    this.address = address;
    this.requestId = requestId;
    this.userAgent = req.headers["user-agent"];
  }

  get language(): Language {
    return languageOf(this.#req.headers["accept-language"] ?? "");
  }

  /** Only what waits for something listens for the end of a connection; all calls of a batch share one listener. */
  get gone(): AbortSignal {
    this.#hangUp ??= this.#req.hangUp ?? hangUpOf(this.#req.res);
    return this.#hangUp.signal;
  }
}

/** Of a request that Node has read. */
function hangUpOf(res: ServerResponse | undefined): HangUp {
  const hangUp = new HangUp();
  if (res?.closed) hangUp.happen();
  else res?.once("close", () => res.writableFinished || hangUp.happen());
  return hangUp;
}

/** The language of ours that the header prefers (RFC 9110 section 12.5.4). */
function languageOf(accepted: string): Language {
  const weights = accepted.split(",").flatMap((range) => {
    const [, tag = "", weight = "1"] =
      /^\s*([a-z]+)(?:-[\w-]*)?(?:\s*;\s*q=([\d.]+))?\s*$/i.exec(range) ?? [];
    const language = LANGUAGES.find((one) => one === tag.toLowerCase());
    return language ? [{ language, weight: Number(weight) }] : [];
  });
  const [best] = weights.sort((a, b) => b.weight - a.weight);
  return best && best.weight > 0 ? best.language : LANGUAGES[0];
}
