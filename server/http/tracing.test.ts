import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Attributes,
  type Context,
  type ContextManager,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  type SpanOptions,
  type SpanStatus,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { embed } from "../../testing/embedding.ts";
import { ENGINES } from "../../testing/engines.ts";
import { PASSWORD, Service } from "../../testing/service.ts";
import { anyone, router } from "../index.ts";

/** A span as an SDK would export it. */
interface Recorded {
  name: string;
  kind: SpanKind | undefined;
  parent: string | undefined;
  id: string;
  attributes: Attributes;
  status: SpanStatus | undefined;
}

/** The least that an SDK does. */
function openSdk() {
  const ended: Recorded[] = [];
  let count = 0;
  const startSpan = (name: string, options: SpanOptions = {}, from = context.active()): Span => {
    count += 1;
    const parent = trace.getSpanContext(from);
    const own: SpanContext = {
      traceId: parent?.traceId ?? String(count).padStart(32, "0"),
      spanId: String(count).padStart(16, "0"),
      traceFlags: 1,
    };
    const recorded: Recorded = {
      name,
      kind: options.kind,
      parent: parent && `${parent.traceId}-${parent.spanId}`,
      id: `${own.traceId}-${own.spanId}`,
      attributes: { ...options.attributes },
      status: undefined,
    };
    const span: Span = {
      spanContext: () => own,
      setAttribute: (key, value) => {
        recorded.attributes[key] = value;
        return span;
      },
      setAttributes: () => span,
      addEvent: () => span,
      addLink: () => span,
      addLinks: () => span,
      setStatus: (status) => {
        recorded.status = status;
        return span;
      },
      updateName: () => span,
      end: () => void ended.push(recorded),
      isRecording: () => true,
      recordException: () => undefined,
    };
    return span;
  };
  const storage = new AsyncLocalStorage<Context>();
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (ctx, run, self, ...args) => storage.run(ctx, () => run.call(self as never, ...args)),
    bind: (ctx, target) =>
      typeof target === "function"
        ? Object.assign(
            (...args: unknown[]) => storage.run(ctx, () => Reflect.apply(target, undefined, args)),
            target,
          )
        : target,
    enable: () => manager,
    disable: () => manager,
  };
  context.setGlobalContextManager(manager);
  propagation.setGlobalPropagator({
    inject: () => undefined,
    fields: () => [],
    extract(from, headers, getter) {
      const [, traceId = "", spanId = ""] = String(getter.get(headers, "traceparent")).split("-");
      const remote = { traceId, spanId, traceFlags: 1, isRemote: true };
      return spanId ? trace.setSpanContext(from, remote) : from;
    },
  });
  trace.setGlobalTracerProvider({
    getTracer: () => ({
      startSpan,
      startActiveSpan: <F extends (span: Span) => unknown>(name: string, ...rest: unknown[]) => {
        const span = startSpan(name);
        const run = rest.at(-1) as F;
        return context.with(trace.setSpan(context.active(), span), () =>
          run(span),
        ) as ReturnType<F>;
      },
    }),
  });
  return ended;
}

describe("with an SDK of OpenTelemetry", () => {
  const [sqlite = expect.unreachable()] = ENGINES;
  const service = new Service();
  let ended: Recorded[];
  beforeAll(async () => {
    ended = openSdk();
    await service.start(sqlite, {});
  });
  afterAll(async () => {
    await service.stop();
    trace.disable();
    context.disable();
    propagation.disable();
  });

  /** The spans of what is done; a span ends when the response has been sent. */
  async function spansOf(act: () => Promise<unknown>, most = 1): Promise<Recorded[]> {
    ended.length = 0;
    await act();
    await expect.poll(() => ended).toHaveLength(most);
    return [...ended];
  }

  test.each([
    ["GET", "/trpc/me", "GET /trpc/me", 401],
    ["DELETE", "/api/items/17?secret", "DELETE /api/items/:id", 401],
    ["GET", "/somewhere", "GET", 404],
    ["PROPFIND", "/healthz", "HTTP /healthz", 405],
    ["PROPFIND", "/somewhere", "HTTP", 404],
  ])("a %s of %s is a span %s", async (method, path, name, status) => {
    const [span] = await spansOf(() => service.request(method, path));
    expect(span).toMatchObject({ name, kind: SpanKind.SERVER, status: undefined });
    const [known, route] = name.split(" ");
    expect(span?.attributes).toEqual({
      "http.request.method": known === "HTTP" ? "_OTHER" : known,
      ...(route !== undefined && { "http.route": route }),
      "http.response.status_code": status,
    });
  });

  test("the procedures of an application around the service have spans with their names", async () => {
    const own = router({ notes: router({ list: anyone.query(() => []) }) });
    const settings = { DATABASE_URL: await sqlite.emptyDatabase() };
    const application = await embed({ settings, router: own });
    onTestFinished(() => application.close());
    const [span] = await spansOf(() => fetch(`${application.url}/trpc/notes.list`));
    expect(span?.name).toBe("GET /trpc/notes.list");
  });

  test("the span is a child of the one that the caller names", async () => {
    const [traceId, spanId] = ["a".repeat(32), "b".repeat(16)];
    const headers = { traceparent: `00-${traceId}-${spanId}-01` };
    const [span] = await spansOf(() => service.request("GET", "/healthz", { headers }));
    expect(span?.parent).toBe(`${traceId}-${spanId}`);
  });

  test("the work for a password is a child, and no span has a name or a secret", async () => {
    const input = { email: "ada@example.com", password: PASSWORD };
    const [work, request] = await spansOf(() => service.mutate("register", input), 2);
    expect(work).toMatchObject({ name: "password", parent: request?.id });
    expect(JSON.stringify(ended)).not.toMatch(/ada|horse/);
  });

  test("a failure of the service is an error, a refusal is not", async () => {
    const { inspect } = service.tegata.db;
    Object.assign(service.tegata.db, { inspect: () => Promise.reject(new Error("down")) });
    const [span] = await spansOf(() => service.request("GET", "/readyz"));
    Object.assign(service.tegata.db, { inspect });
    expect(span?.status).toEqual({ code: SpanStatusCode.ERROR });
  });
});
