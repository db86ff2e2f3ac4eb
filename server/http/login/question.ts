/** What a page asks about a request, sealed in a ticket. Everything else is read anew in each step. */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { Browser } from "../../accounts/browser.ts";
import { HOUR_MS, MINUTE_MS } from "../../durations.ts";
import type { Tegata } from "../../tegata.ts";
import type { Purpose } from "../../tokens/tickets.ts";
import type { AuthorizationRequest } from "./request.ts";

/** How long a page can ask, counted from when it first showed the request. After that it asks anew, also for a login. */
const PAGE_MS = HOUR_MS;
/** How much the clocks of two instances may differ. */
const SKEW_MS = MINUTE_MS;

/** What a page asks, and whom: an answer counts only for the request and the account that the page showed. */
export interface Question {
  /** The login that the page shows; null if nobody is logged in. */
  sessionId: string | null;
  /** Whether the person has chosen its account. */
  isChosen: boolean;
  /** When the page first showed the request, in epoch milliseconds. */
  sinceMs: number;
  /** The login that the browser had then; null if it had none. */
  firstSessionId: string | null;
}

const QUESTION: Purpose<Question & { request: string }> = {
  name: "authorization page",
  data: z.strictObject({
    request: z.string(),
    sessionId: z.string().nullable(),
    isChosen: z.boolean(),
    sinceMs: z.int(),
    firstSessionId: z.string().nullable(),
  }),
};

/** A question that is asked for the first time. */
export function newQuestion({ now }: Pick<Tegata, "now">, browser: Browser | undefined): Question {
  const sessionId = browser?.session.id ?? null;
  return { sessionId, isChosen: false, sinceMs: now(), firstSessionId: sessionId };
}

/** Seals what a page asks. @param query the request as it was sent */
export const sealQuestion = (
  { tickets }: Pick<Tegata, "tickets">,
  query: string,
  request: AuthorizationRequest,
  question: Question,
): string =>
  tickets.seal(
    QUESTION,
    { ...question, request: hashOf(query, request) },
    question.sinceMs + PAGE_MS,
  );

/** @returns what a page has asked; undefined if it has asked about another request, or too long ago */
export function openQuestion(
  { tickets }: Pick<Tegata, "tickets">,
  ticket: string,
  query: string,
  request: AuthorizationRequest,
): Question | undefined {
  const asked = tickets.open(QUESTION, ticket);
  return asked?.request === hashOf(query, request) ? asked : undefined;
}

/**
 * Whether the person has logged in since the page first showed the request. That is enough for every `max_age`: otherwise a
 * slow person would be asked again and again.
 */
export const isNewLogin = (
  { sinceMs, firstSessionId }: Question,
  { session: { id, authTimeMs } }: Browser,
): boolean => id !== firstSessionId && (authTimeMs ?? 0) >= sinceMs - SKEW_MS;

/** What was sent, and what was shown of it: an operator may rename a client or give it more scopes. */
const hashOf = (query: string, { client, scope }: AuthorizationRequest) =>
  createHash("sha256")
    .update(JSON.stringify([query, client.name, client.scope, scope]))
    .digest("base64url");
