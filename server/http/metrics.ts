/** `/metrics`, for Prometheus, on a port of its own; and the count of the requests. */
import type { RequestListener } from "node:http";
import type { Metrics } from "../metrics.ts";
import type { Settings } from "../settings.ts";
import { knownMethod } from "./edge/known-method.ts";
import { type Listening, listen } from "./edge/listen.ts";
import type { Observer } from "./edge/received.ts";
import { pathOf } from "./edge/url.ts";
import type { TemplateOf } from "./templates.ts";

/** What stands for everything that is not served. */
const OTHER = "other";

/** Counts every request when it is over, and how long it took. */
export function countRequests(metrics: Metrics, templateOf: TemplateOf): Observer {
  return (req) => {
    const startMs = performance.now();
    const path = pathOf(req);
    return (status) =>
      metrics.request({
        method: knownMethod(req.method) ?? OTHER,
        route: templateOf(path) ?? OTHER,
        status,
        seconds: (performance.now() - startMs) / 1000,
      });
  };
}

/** Listens on METRICS_PORT, if it is set. @throws if the address is not available */
export async function listenForMetrics(
  metrics: Pick<Metrics, "render"> | undefined,
  settings: Pick<Settings, "host" | "metricsPort" | "keepAliveSeconds">,
): Promise<Listening | undefined> {
  if (!metrics || settings.metricsPort === undefined) return undefined;
  return listen(metricsPage(metrics), {
    ...settings,
    port: settings.metricsPort,
    setting: "METRICS_PORT",
  });
}

/** Serves the metrics, and nothing else. */
function metricsPage(metrics: Pick<Metrics, "render">): RequestListener {
  return async (req, res) => {
    if (pathOf(req) !== "/metrics") return void res.writeHead(404).end();
    if (req.method !== "GET" && req.method !== "HEAD")
      return void res.writeHead(405, { Allow: "GET, HEAD" }).end();
    // With WORKERS, one of them may not answer in time.
    const page = await metrics.render().catch(() => undefined);
    if (!page) return void res.writeHead(503, { "Retry-After": "5" }).end();
    res.writeHead(200, { "Content-Type": page.type, "Cache-Control": "no-store" }).end(page.text);
  };
}
