/**
 * A span for each request, through the API of OpenTelemetry. The SDK is the operator's: if you start the process with one
 * (`node --import ./telemetry.js`), there are spans; without one, there are none.
 */
import type { RequestListener } from "node:http";
import {
  context,
  ProxyTracerProvider,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { knownMethod } from "./edge/known-method.ts";
import { pathOf } from "./edge/url.ts";
import type { TemplateOf } from "./templates.ts";

/** Whether an SDK has been registered. It must be there before the service. */
export function isTraced(): boolean {
  const provider = trace.getTracerProvider();
  return (
    !(provider instanceof ProxyTracerProvider) || provider.getDelegateTracer("tegata") !== undefined
  );
}

/**
 * Serves each request in a span, a child of the one that the caller names (W3C Trace Context, or what the propagator of
 * the SDK reads). It has the names of the semantic conventions, and nothing that a caller sent.
 */
export function traceRequests(templateOf: TemplateOf, serve: RequestListener): RequestListener {
  if (!isTraced()) return serve;
  const tracer = trace.getTracer("tegata");
  return (req, res) => {
    const method = knownMethod(req.method);
    const route = templateOf(pathOf(req));
    const parent = propagation.extract(context.active(), req.headers);
    const attributes = {
      "http.request.method": method ?? "_OTHER",
      ...(route !== undefined && { "http.route": route }),
    };
    const name = [method ?? "HTTP", route].filter(Boolean).join(" ");
    const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
    res.once("close", () => {
      if (res.writableFinished) span.setAttribute("http.response.status_code", res.statusCode);
      if (!res.writableFinished || res.statusCode >= 500)
        span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    });
    context.with(trace.setSpan(parent, span), () => serve(req, res));
  };
}
