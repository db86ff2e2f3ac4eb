/** Who sends a request: what throttles count, events record and sessions show. */
import type { Language } from "./mail/message.ts";

/** The sender of a request, as far as its connection and headers tell. */
export interface Requester {
  /** The IP address, behind as many proxies as `TRUST_PROXY` says. */
  readonly address: string;
  /** Identifies the request in the log; the response has it too. */
  readonly requestId: string;
  readonly userAgent: string | undefined;
  /** What mails to the sender are written in. */
  readonly language: Language;
  /** Aborted when the connection is closed before the response has been sent: nobody waits for the result any more. */
  readonly gone: AbortSignal;
}

/** Who causes an event: the sender of a request, or an operator. */
export interface Origin extends Pick<Requester, "address" | "userAgent"> {
  readonly requestId: string | undefined;
}

/** The operator, who uses the command line. */
export const OPERATOR: Origin = { address: "cli", requestId: undefined, userAgent: undefined };
