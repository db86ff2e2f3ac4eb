/**
 * What the service counts and measures, for Prometheus. A label has few values, and all of them are words of ours: never
 * a name, an address, or a path as a caller sent it.
 */
import cluster from "node:cluster";
import {
  AggregatorRegistry,
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  Registry,
} from "prom-client";
import type { AuditEvent } from "./audit.ts";

/** A request that is over. */
export interface FinishedRequest {
  method: string;
  /** The path with the names of its fields, such as `/api/items/:id`. */
  route: string;
  /** Undefined if the caller hung up before the end of the response. */
  status: number | undefined;
  seconds: number;
}

/** Where the parts of the service say what happens. */
export interface Metrics {
  request(finished: FinishedRequest): void;
  /** An act of the audit log, also one that is not stored because there are too many. */
  event(event: Pick<AuditEvent, "type" | "detail">): void;
  refresh(outcome: "refreshed" | "refused" | "throttled"): void;
  revocation(outcome: "revoked" | "inactive" | "refused"): void;
  throttled(act: "password" | "registration" | "secret" | "mail" | "page"): void;
  /** A piece of work for bcrypt: how long it took with its wait in the queue, in seconds, or that it was refused. */
  password(is: "done" | "busy", seconds: number): void;
  /** Adds a value that is read when it is asked for. */
  gauge(name: `tegata_${string}`, help: string, read: () => number): void;
  /** Everything, as text. */
  render(): Promise<{ type: string; text: string }>;
}

/** What a label has of `detail`: a word. It never has a number, or a list of grants. */
const WORD = /^[a-z_]{1,40}$/;
/** From a read of a session to a login on a busy machine, in seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Opens the metrics, with those of the process: CPU time, memory, the event loop's lag, garbage collection. */
export function openMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  if (cluster.isWorker) {
    AggregatorRegistry.setRegistries(registry);
    // From now on it answers the process that started it.
    new AggregatorRegistry();
  }
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Counter({ name, help, labelNames, registers });
  const events = counter("tegata_events_total", "Acts, as in the audit log", ["type", "detail"]);
  const refreshes = counter("tegata_refreshes_total", "Refresh tokens, by outcome", ["outcome"]);
  const revocations = counter("tegata_revocations_total", "Revoked tokens, by outcome", [
    "outcome",
  ]);
  const throttled = counter("tegata_throttled_total", "Attempts refused by the throttle", ["act"]);
  const refused = counter(
    "tegata_passwords_refused_total",
    "Logins refused: the queue was full",
    [],
  );
  const passwords = new Histogram({
    name: "tegata_password_seconds",
    help: "Time to hash or compare a password, with the wait in the queue",
    buckets: BUCKETS,
    registers,
  });

  return {
    request: openRequests(registry),
    event: ({ type, detail = "" }) => events.inc({ type, detail: WORD.test(detail) ? detail : "" }),
    refresh: (outcome) => refreshes.inc({ outcome }),
    revocation: (outcome) => revocations.inc({ outcome }),
    throttled: (act) => throttled.inc({ act }),
    password(is, seconds) {
      if (is === "busy") refused.inc();
      else passwords.observe(seconds);
    },
    gauge(name, help, read) {
      const collect = () => gauge.set(read());
      const gauge: Gauge = new Gauge({ name, help, registers, collect });
    },
    render: async () => ({ type: registry.contentType, text: await registry.metrics() }),
  };
}

/** The sums of what the workers of this process have counted. */
export function metricsOfWorkers(): Pick<Metrics, "render"> {
  const all = new AggregatorRegistry();
  return { render: async () => ({ type: all.contentType, text: await all.clusterMetrics() }) };
}

/** Counts the requests. Every request passes here, so the labels are looked up once for each kind of request. */
function openRequests(registry: Registry): Metrics["request"] {
  const registers = [registry];
  const requests = new Counter({
    name: "tegata_http_requests_total",
    help: "Requests, by method, route and status",
    labelNames: ["method", "route", "status"],
    registers,
  });
  const durations = new Histogram({
    name: "tegata_http_request_seconds",
    help: "Time from the headers of a request to the end of its response",
    labelNames: ["route"],
    buckets: BUCKETS,
    registers,
  });
  const openKind = (method: string, route: string, status: number | undefined) => {
    const one = requests.labels(method, route, String(status ?? "aborted"));
    const duration = durations.labels(route);
    return (seconds: number) => {
      one.inc();
      duration.observe(seconds);
    };
  };
  const kinds = new Map<string, ReturnType<typeof openKind>>();
  return ({ method, route, status, seconds }) => {
    const key = `${method} ${status} ${route}`;
    let count = kinds.get(key);
    if (!count) {
      count = openKind(method, route, status);
      kinds.set(key, count);
    }
    count(seconds);
  };
}
