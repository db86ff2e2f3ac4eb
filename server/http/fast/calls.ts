/**
 * Answers tRPC calls, alone or in a batch, without Express and tRPC's stock adapter. The adapter creates a Request, a
 * Response and streams for each request, and takes ten times as long. Unusual requests still go there.
 */
import {
  type AnyTRPCProcedure,
  type AnyTRPCRouter,
  getTRPCErrorFromUnknown,
  getTRPCErrorShape,
  type TRPCDefaultErrorShape,
  TRPCError,
} from "@trpc/server";
import { getHTTPStatusCode } from "@trpc/server/http";
import { z } from "zod";
import type { Tegata } from "../../tegata.ts";
import { identify } from "../bearer.ts";
import { receivedBody, textOf } from "../edge/body.ts";
import { compress } from "../edge/compression.ts";
import type { Received } from "../edge/received.ts";
import { isOwnPage } from "../login/own-page.ts";
import { Refusal, refusalHeaders } from "../refusal.ts";
import { requesterOf } from "../requester.ts";
import { logFailure, MAX_BATCH_CALLS } from "../trpc/adapter.ts";
import { callerOf } from "../trpc/call.ts";
import { type Answer, HeaderList } from "./answer.ts";
import { isPlainJson } from "./bodies.ts";

/** How to call each procedure, by its path, such as `items.list`. */
type Procedures = ReadonlyMap<string, Procedure>;

interface Procedure {
  path: string;
  type: "query" | "mutation";
  call: ReturnType<typeof callerOf>;
}

/** A call of a request. */
interface ProcedureCall {
  procedure: Procedure;
  input: unknown;
}

/** The calls of a request. */
interface Calls {
  isBatch: boolean;
  calls: readonly ProcedureCall[];
}

/** Makes the function that answers calls of the procedures of a router: queries by GET, and all of them by POST. */
export function fastCalls(
  tegata: Tegata,
  router: AnyTRPCRouter,
): (req: Received) => Promise<Answer> | undefined {
  const procedures = proceduresOf(router);
  // For a single query without input, the URL needs no parsing.
  const single = new Map(
    [...procedures.values()]
      .filter(({ type }) => type === "query")
      .map((procedure) => [
        `/trpc/${procedure.path}`,
        { isBatch: false, calls: [{ procedure, input: undefined }] },
      ]),
  );
  return (req) => {
    const { url = "" } = req;
    if (!url.startsWith("/trpc/") || isLeftToTrpc(tegata, req)) return undefined;
    const read = (req.method === "GET" && single.get(url)) || readCalls(procedures, url, req);
    return read && answer(tegata, router, read, req);
  };
}

function proceduresOf(router: AnyTRPCRouter): Procedures {
  const procedures = new Map<string, Procedure>();
  for (const [path, procedure] of Object.entries<AnyTRPCProcedure>(router._def.procedures)) {
    const { type } = procedure._def;
    if (type !== "subscription") procedures.set(path, { path, type, call: callerOf(procedure) });
  }
  return procedures;
}

/** Whether a request has a header that changes how tRPC reads it or writes its response. */
function isLeftToTrpc({ settings }: Tegata, req: Received): boolean {
  const { method, headers } = req;
  if ("trpc-accept" in headers || "upgrade" in headers) return true;
  if (/application\/jsonl|text\/event-stream/.test(headers.accept ?? "")) return true;
  if (method === "GET") return "content-type" in headers;
  // Our own pages may get a cookie, which only Express writes. Without an origin, nothing has to be parsed.
  return !isPlainJson(req) || (headers.origin !== undefined && isOwnPage(req, settings));
}

/**
 * Reads the calls of a request.
 * @returns undefined unless all of them can be called by its method and nothing is wrong with them
 */
function readCalls(procedures: Procedures, url: string, req: Received): Calls | undefined {
  const [, names, search] = /^\/trpc\/([\w.,]+)(\?[^#]*)?$/.exec(url) ?? [];
  if (names === undefined) return undefined;
  const parameters = new URLSearchParams(search);
  if (parameters.has("connectionParams")) return undefined;
  const isBatch = parameters.get("batch") === "1";
  const paths = isBatch ? names.split(",") : [names];
  const isGet = req.method === "GET";
  const inputs = readInputs(isGet ? parameters.get("input") : receivedBody(req), isBatch);
  if (inputs === undefined || paths.length > MAX_BATCH_CALLS) return undefined;
  const calls: ProcedureCall[] = [];
  for (const [i, path] of paths.entries()) {
    const procedure = procedures.get(path);
    // Queries may come by either method, but not together with mutations.
    const type = isGet ? "query" : (calls[0]?.procedure.type ?? procedure?.type);
    if (!procedure || procedure.type !== type) return undefined;
    calls.push({ procedure, input: inputs[i] });
  }
  return { isBatch, calls };
}

const BatchInputs = z.record(z.string(), z.unknown());

/** The inputs by the index of their call. @returns undefined if they cannot be read */
function readInputs(
  sent: string | Buffer | null | undefined,
  isBatch: boolean,
): Record<string, unknown> | undefined {
  try {
    const text = Buffer.isBuffer(sent) ? textOf(sent) : sent;
    if (!text) return {};
    const input: unknown = JSON.parse(text);
    return isBatch ? BatchInputs.parse(input) : { 0: input };
  } catch {
    return undefined;
  }
}

/** What is sent for a call. */
type Sent = { result: { data: unknown } } | { error: TRPCDefaultErrorShape };

/** The headers that tRPC itself sets. */
const HEADERS = { "Content-Type": "application/json", Vary: "trpc-accept, accept, Origin" };
/**
 * The headers of a response: tRPC's own, and those that forbid caching and say how to log in or when to retry.
 * @param more headers that override them
 */
const headersOf = (refusals: readonly Refusal[], more: Record<string, string> = {}) =>
  new HeaderList({ ...HEADERS, ...refusalHeaders(refusals), ...more });
const SUCCESS = headersOf([]);

async function answer(
  tegata: Tegata,
  router: AnyTRPCRouter,
  { isBatch, calls }: Calls,
  req: Received,
): Promise<Answer> {
  const config = router._def._config;
  const requester = requesterOf(req);
  // For a GET there is none: no query uses one, and it takes time (decision 031).
  const signal = req.method === "GET" ? undefined : requester.gone;
  const context = identify(tegata, req).then((caller) => ({ tegata, caller, requester }));
  const errors = new Map<number, TRPCError>();
  const run = async ({ procedure, input }: ProcedureCall, batchIndex: number): Promise<Sent> => {
    const { path, type, call } = procedure;
    try {
      // As in the stock adapter, every call fails if there is no context.
      const data = await call({ path, batchIndex, ctx: await context, input, signal });
      // In a batch, only this call fails. Alone, the response as a whole does, as in the stock adapter.
      if (isBatch) requireWhole(data);
      return { result: { data } };
    } catch (cause) {
      const error = getTRPCErrorFromUnknown(cause);
      logFailure(tegata, error, { path, req });
      errors.set(batchIndex, error);
      return { error: getTRPCErrorShape({ config, path, type, error, input, ctx: undefined }) };
    }
  };
  const [first] = calls;
  const sent = first && !isBatch ? await run(first, 0) : await Promise.all(calls.map(run));
  try {
    if ("result" in sent) requireWhole(sent.result.data);
    return encode(req, sent, errors.size === 0 ? [] : calls.flatMap((_, i) => errors.get(i) ?? []));
  } catch (cause) {
    // An output cannot be sent. The calls are not made again: what they have done is done.
    const error = getTRPCErrorFromUnknown(cause);
    logFailure(tegata, error, { path: undefined, req });
    const type = first?.procedure.type ?? "unknown";
    const shape = { path: undefined, input: undefined, ctx: undefined };
    return encode(req, { error: getTRPCErrorShape({ config, type, error, ...shape }) }, [error]);
  }
}

/** Refuses an output that is a stream, or contains streams or promises, with the message of the stock adapter. */
function requireWhole(data: unknown): void {
  if (!isObject(data) || !(Symbol.asyncIterator in data || hasLater(data))) return;
  throw new TRPCError({
    code: "UNSUPPORTED_MEDIA_TYPE",
    message: "Cannot use stream-like response in non-streaming request - use httpBatchStreamLink",
  });
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

function hasLater(data: object): boolean {
  // Every response comes through here: `Object.values` would take longer than looking at the values.
  for (const name in data) {
    const value: unknown = Reflect.get(data, name);
    if (isObject(value) && (Symbol.asyncIterator in value || "then" in value)) return true;
  }
  return false;
}

/** Encodes a response. @param errors those in it */
function encode(req: Received, sent: Sent | Sent[], errors: readonly TRPCError[]): Answer {
  const text = JSON.stringify(sent);
  const uncompressed = { body: text, coding: undefined, isLong: false };
  const { body, coding, isLong } = req.method === "GET" ? compress(req, text) : uncompressed;
  if (errors.length === 0 && !isLong) return { status: 200, headers: SUCCESS, body };
  const headers = headersOf(errors.map(Refusal.of), {
    ...(isLong && { Vary: `${HEADERS.Vary}, Accept-Encoding` }),
    ...(coding && { "Content-Encoding": coding }),
  });
  return { status: errors.length === 0 ? 200 : getHTTPStatusCode(sent), headers, body };
}
