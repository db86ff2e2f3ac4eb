import { TRPCClientError } from "@trpc/client";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { AuthError, type Reason } from "../index.ts";
import { device } from "./device.ts";
import { type RequestState, useRequest } from "./use-request.ts";

const NOW = 1_800_000_000_000;
beforeAll(() => void vi.useFakeTimers({ now: NOW }));
afterAll(() => void vi.useRealTimers());

/** A request whose responses the test controls. */
function controlled() {
  const sent: { resolve: (text: string) => void; reject: (error: unknown) => void }[] = [];
  const request = useRequest(
    () => new Promise<string>((resolve, reject) => void sent.push({ resolve, reject })),
  );
  return { request, sent };
}

describe("a request", () => {
  test("is idle, then pending, then succeeded", async () => {
    const { request, sent } = controlled();
    expect(request.state.value).toEqual({ is: "idle" });
    const run = request.run();
    expect(request.state.value).toEqual({ is: "pending" });
    sent[0]?.resolve("yes");
    expect(await run).toBe("yes");
    expect(request.state.value).toEqual({ is: "succeeded", value: "yes" });
  });

  test("only the latest call counts, in whatever order the responses arrive", async () => {
    const { request, sent } = controlled();
    const runs = [request.run(), request.run(), request.run()];
    sent[1]?.reject(new Error("slow"));
    sent[2]?.resolve("third");
    sent[0]?.resolve("first");
    expect(await Promise.all(runs)).toEqual([undefined, undefined, "third"]);
    expect(request.state.value).toEqual({ is: "succeeded", value: "third" });
  });

  const failed = (more: object) => new TRPCClientError("x", more);
  const response = (retryAfter: string) => ({
    meta: { response: new Response("", { headers: { "retry-after": retryAfter } }) },
  });
  const answer = (more: object) => ({ result: { error: { data: { reason: "busy", ...more } } } });
  test.each<[Error, Reason, number]>([
    [new AuthError("invalid_grant", "x"), "invalid_grant", 0],
    [
      new AuthError("temporarily_unavailable", "x", { retryAfterSeconds: 3 }),
      "temporarily_unavailable",
      NOW + 3000,
    ],
    [failed({ cause: new TypeError("fetch failed") }), "unreachable", 0],
    [failed({ cause: new AuthError("unreachable", "x") }), "unreachable", 0],
    [
      failed({ cause: new AuthError("server_error", "x", { retryAfterSeconds: 2 }) }),
      "server_error",
      NOW + 2000,
    ],
    [failed(response("7")), "unexpected_response", NOW + 7000],
    // The header of a batch is about all of its calls.
    [failed({ ...response("7"), ...answer({ retryAfterSeconds: 3 }) }), "busy", NOW + 3000],
    [failed({ ...response("7"), ...answer({}) }), "busy", 0],
    [failed(response("soon")), "unexpected_response", 0],
    [new Error("a bug"), "internal", 0],
  ])("%o fails with %s, and may be retried at %i", async (error, reason, retryAtMs) => {
    const { request, sent } = controlled();
    const run = request.run();
    sent[0]?.reject(error);
    expect(await run).toBeUndefined();
    const state: RequestState<string> = {
      is: "failed",
      failure: { reason, fields: {}, retryAtMs },
    };
    expect(request.state.value).toEqual(state);
  });
});

test.each([
  [
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36",
    "Chrome, Linux",
  ],
  [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36 Edg/150.0.0.0",
    "Edge, Windows",
  ],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
    "Safari, iOS",
  ],
  ["curl/8.9.1", "curl"],
  ["", undefined],
  [null, undefined],
])("the device of the user agent %j is %j", (userAgent, name) => {
  expect(device(userAgent)).toBe(name);
});
