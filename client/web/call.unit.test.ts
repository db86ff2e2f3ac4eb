import { TRPCClientError } from "@trpc/client";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { LoginError, type Reason } from "../index.ts";
import { type Call, useCall } from "./call.ts";
import { claimsOf, duration } from "./claims.ts";
import { device } from "./device.ts";

const NOW = 1_800_000_000_000;
beforeAll(() => void vi.useFakeTimers({ now: NOW }));
afterAll(() => void vi.useRealTimers());

/** Answers that come when the test says so. */
function held() {
  const waiting: { answer: (text: string) => void; refuse: (error: unknown) => void }[] = [];
  const call = useCall(
    () => new Promise<string>((answer, refuse) => void waiting.push({ answer, refuse })),
  );
  return { call, waiting };
}

describe("a call", () => {
  test("is idle, waiting, answered", async () => {
    const { call, waiting } = held();
    expect(call.state.value).toEqual({ is: "idle" });
    const run = call.run();
    expect(call.state.value).toEqual({ is: "waiting" });
    waiting[0]?.answer("yes");
    expect(await run).toBe("yes");
    expect(call.state.value).toEqual({ is: "answered", value: "yes" });
  });

  test("the latest wins, in whatever order they end", async () => {
    const { call, waiting } = held();
    const runs = [call.run(), call.run(), call.run()];
    waiting[1]?.refuse(new Error("slow"));
    waiting[2]?.answer("third");
    waiting[0]?.answer("first");
    expect(await Promise.all(runs)).toEqual([undefined, undefined, "third"]);
    expect(call.state.value).toEqual({ is: "answered", value: "third" });
  });

  const failed = (more: object) => new TRPCClientError("x", more);
  const response = (retryAfter: string) => ({
    meta: { response: new Response("", { headers: { "retry-after": retryAfter } }) },
  });
  test.each<[Error, Reason, number]>([
    [new LoginError("invalid_grant", "x"), "invalid_grant", 0],
    [
      new LoginError("temporarily_unavailable", "x", { retryAfterSeconds: 3 }),
      "temporarily_unavailable",
      NOW + 3000,
    ],
    [failed({ cause: new TypeError("fetch failed") }), "unreachable", 0],
    [failed({ cause: new LoginError("unreachable", "x") }), "unreachable", 0],
    [
      failed({ cause: new LoginError("server_error", "x", { retryAfterSeconds: 2 }) }),
      "server_error",
      NOW + 2000,
    ],
    [failed(response("7")), "unexpected_answer", NOW + 7000],
    [failed(response("soon")), "unexpected_answer", 0],
    [new Error("a mistake of ours"), "internal", 0],
  ])("%o is refused: %s, and to be tried again at %i", async (error, reason, retryAtMs) => {
    const { call, waiting } = held();
    const run = call.run();
    waiting[0]?.refuse(error);
    expect(await run).toBeUndefined();
    const refused: Call<string> = { is: "refused", failure: { reason, fields: {}, retryAtMs } };
    expect(call.state.value).toEqual(refused);
  });
});

describe("what a token says", () => {
  const jwt = (payload: string) => `x.${Buffer.from(payload).toString("base64url")}.x`;

  test("is read in its order, whatever alphabet it needs", () => {
    const token = jwt('{"sub":"1","name":"手形?>~","exp":7}');
    expect(claimsOf(token)).toEqual({
      all: [
        ["sub", "1"],
        ["name", "手形?>~"],
        ["exp", 7],
      ],
      expiresAtMs: 7000,
    });
  });

  test.each(["", "x", "a.b.c", jwt("null"), jwt('"x"'), jwt("{")])("%j says nothing", (token) => {
    expect(claimsOf(token)).toEqual({ all: [], expiresAtMs: 0 });
  });

  test.each([
    [-1, "0:00"],
    [999, "0:00"],
    [61_000, "1:01"],
    [3_600_000, "1:00:00"],
    [36_061_000, "10:01:01"],
  ])("%i ms are %s", (ms, text) => {
    expect(duration(ms)).toBe(text);
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
])("%j is %j", (userAgent, name) => {
  expect(device(userAgent)).toBe(name);
});
