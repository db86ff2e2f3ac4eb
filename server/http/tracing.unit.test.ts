import { expect, test } from "vitest";
import { traceRequests } from "./tracing.ts";

test("without an SDK of OpenTelemetry, requests are served by the same function as without spans", () => {
  const serve = () => undefined;
  expect(traceRequests(() => "/", serve)).toBe(serve);
});
