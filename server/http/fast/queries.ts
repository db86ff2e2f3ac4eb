/**
 * tRPC queries over GET, alone or in a batch, without Express and the stock adapter, which makes a Request, a Response
 * and streams for each of them and takes ten times as long. Whatever is unusual about a request leaves it to them.
 */
import {
  type AnyTRPCProcedure,
  type AnyTRPCRouter,
  getTRPCErrorFromUnknown,
  getTRPCErrorShape,
  type TRPCDefaultErrorShape,
  type TRPCError,
} from "@trpc/server";
import { getHTTPStatusCode } from "@trpc/server/http";
import { z } from "zod";
import type { Tegata } from "../../tegata.ts";
import { identify } from "../bearer.ts";
import { compress } from "../edge/compression.ts";
import type { Received } from "../edge/received.ts";
import { Refusal, refusalHeaders } from "../refusal.ts";
import { requesterOf } from "../requester.ts";
import { logFailure, MAX_BATCH_CALLS } from "../trpc/adapter.ts";
import { callerOf } from "../trpc/call.ts";
import { type Answer, HeaderList } from "./answer.ts";

/** How to call each query, by its path, such as `items.list`. */
type Queries = ReadonlyMap<string, ReturnType<typeof callerOf>>;

/** A call of a request. */
interface QueryCall {
  path: string;
  query: ReturnType<typeof callerOf>;
  input: unknown;
}

/** The calls of a request. */
interface Calls {
  isBatch: boolean;
  calls: readonly QueryCall[];
}

/** Makes the function that answers the queries of a router. */
export function fastQueries(
  tegata: Tegata,
  router: AnyTRPCRouter,
): (req: Received) => Promise<Answer> | undefined {
  const queries: Queries = new Map(
    Object.entries<AnyTRPCProcedure>(router._def.procedures)
      .filter(([, { _def }]) => _def.type === "query")
      .map(([path, procedure]) => [path, callerOf(procedure)]),
  );
  // Of a single call without an input, there is nothing to read.
  const single = new Map(
    [...queries].map(([path, query]) => [
      `/trpc/${path}`,
      { isBatch: false, calls: [{ path, query, input: undefined }] },
    ]),
  );
  return (req) => {
    const { url = "" } = req;
    if (!url.startsWith("/trpc/") || isLeftToTrpc(req)) return undefined;
    const read = single.get(url) ?? readCalls(queries, url);
    return read && answer(tegata, router, read, req);
  };
}

/** Whether a request has a header that changes how tRPC reads it or writes its response. */
const isLeftToTrpc = ({ headers }: Received): boolean =>
  "content-type" in headers ||
  "trpc-accept" in headers ||
  "upgrade" in headers ||
  /application\/jsonl|text\/event-stream/.test(headers.accept ?? "");

/** Reads the calls of a URL. @returns undefined unless all of them are queries and nothing is wrong with them */
function readCalls(queries: Queries, url: string): Calls | undefined {
  const [, names, search] = /^\/trpc\/([\w.,]+)(?:\?([^#]*))?$/.exec(url) ?? [];
  if (names === undefined) return undefined;
  const parameters = new URLSearchParams(search);
  if (parameters.has("connectionParams")) return undefined;
  const isBatch = parameters.get("batch") === "1";
  const paths = isBatch ? names.split(",") : [names];
  const inputs = readInputs(parameters.get("input"), isBatch);
  if (inputs === undefined || paths.length > MAX_BATCH_CALLS) return undefined;
  const calls: QueryCall[] = [];
  for (const [i, path] of paths.entries()) {
    const query = queries.get(path);
    if (!query) return undefined;
    calls.push({ path, query, input: inputs[i] });
  }
  return { isBatch, calls };
}

const BatchInputs = z.record(z.string(), z.unknown());

/** The inputs by the index of their call. @returns undefined if they cannot be read */
function readInputs(text: string | null, isBatch: boolean): Record<string, unknown> | undefined {
  if (!text) return {};
  try {
    const input: unknown = JSON.parse(text);
    return isBatch ? BatchInputs.parse(input) : { 0: input };
  } catch {
    return undefined;
  }
}

/** What is sent for a call. */
type Sent = { result: { data: unknown } } | { error: TRPCDefaultErrorShape };

/** The headers of every response: tRPC's own, and those that a response to one caller has. */
const HEADERS = { "Content-Type": "application/json", Vary: "trpc-accept, accept, Origin" };
const headersOf = (refusals: readonly Refusal[], more: Record<string, string> = {}) =>
  new HeaderList({ ...HEADERS, ...refusalHeaders(refusals), ...more });
const SUCCESS = headersOf([]);

async function answer(
  tegata: Tegata,
  router: AnyTRPCRouter,
  { isBatch, calls }: Calls,
  req: Received,
): Promise<Answer> {
  const requester = requesterOf(req);
  const context = identify(tegata, req).then((caller) => ({ tegata, caller, requester }));
  const errors = new Map<number, TRPCError>();
  const run = async ({ path, query, input }: QueryCall, batchIndex: number): Promise<Sent> => {
    try {
      // As in the stock adapter, every call fails if there is no context.
      const ctx = await context;
      return { result: { data: await query({ path, batchIndex, ctx, input }) } };
    } catch (cause) {
      const error = getTRPCErrorFromUnknown(cause);
      logFailure(tegata, error, { path, req });
      errors.set(batchIndex, error);
      const config = router._def._config;
      return {
        error: getTRPCErrorShape({ config, path, type: "query", error, input, ctx: undefined }),
      };
    }
  };
  const [first] = calls;
  const sent = first && !isBatch ? await run(first, 0) : await Promise.all(calls.map(run));
  const { body, coding, isLong } = compress(req, JSON.stringify(sent));
  if (errors.size === 0 && !isLong) return { status: 200, headers: SUCCESS, body };
  const refusals = calls.flatMap((_, i) => errors.get(i) ?? []).map(Refusal.of);
  const status = errors.size === 0 ? 200 : getHTTPStatusCode(sent);
  if (!isLong) return { status, headers: headersOf(refusals), body };
  const vary = { Vary: `${HEADERS.Vary}, Accept-Encoding` };
  const headers = headersOf(refusals, { ...vary, ...(coding && { "Content-Encoding": coding }) });
  return { status, headers, body };
}
