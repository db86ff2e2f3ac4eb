/** The procedures of an application around Tegata, in all ways in which they are answered. */
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ENGINES } from "../../../testing/engines.ts";
import { useService } from "../../../testing/service.ts";
import { listenAllWays, type Response, send, type Ways } from "../../../testing/ways.ts";
import { anyone, mergeRouters, router } from "../trpc/base.ts";
import { appRouter } from "../trpc/router.ts";

const [engine = expect.unreachable()] = ENGINES;
const JSON_BODY = { "content-type": "application/json" };
const WAYS = ["direct", "fast", "slow"] as const;

/** How often a mutation was called. */
let times = 0;
/** How many callers are waited for, and how many have hung up. */
let waiting = 0;
let gone = 0;
async function* parts() {
  yield 1;
}
const own = router({
  own: router({
    big: anyone.mutation(() => {
      times += 1;
      return { value: 1n };
    }),
    none: anyone.mutation(() => undefined),
    parts: anyone.query(() => parts()),
    later: anyone.query(() => ({ now: 1, later: Promise.resolve(2) })),
    fails: anyone.mutation(() => {
      throw new Error("a secret");
    }),
    waits: anyone.mutation(
      ({ signal }) =>
        new Promise<void>((resolve) => {
          waiting += 1;
          signal?.addEventListener("abort", () => {
            gone += 1;
            resolve();
          });
        }),
    ),
  }),
});

/** If an output cannot be sent, tRPC asks twice for the headers, and sends them twice. */
const withoutRepeated = ({ headers, ...rest }: Response) => ({
  ...rest,
  headers: new Map(
    Object.entries(headers).map(([name, value]) => [name, new Set(`${value}`.split(", "))]),
  ),
});

describe("a procedure of an application", () => {
  const service = useService(engine);
  let ways: Ways;
  beforeAll(async () => {
    ways = await listenAllWays(service.tegata, mergeRouters(appRouter, own));
  });
  afterAll(() => ways.close());

  test.each([
    ["POST", "/trpc/own.none"],
    ["POST", "/trpc/own.fails"],
    ["POST", "/trpc/own.fails,own.none?batch=1"],
    ["POST", "/trpc/own.big"],
    ["POST", "/trpc/own.none,own.big?batch=1"],
    ["GET", "/trpc/own.parts"],
    ["GET", "/trpc/own.later,me?batch=1"],
    ["POST", "/trpc/own.later"],
    ["POST", "/trpc/isLoggedIn,own.parts?batch=1"],
  ])("is answered by %s %s as the stock adapter does, and called once", async (method, path) => {
    const before = { times, ...ways.seen };
    const headers = method === "POST" ? JSON_BODY : {};
    const body = method === "POST" ? "{}" : undefined;
    const ask = async (url: string) =>
      withoutRepeated(await send(url, method, path, headers, body));
    const [direct, fast, slow] = await Promise.all(WAYS.map((way) => ask(ways[way])));
    expect(direct).toEqual(slow);
    expect(fast).toEqual(slow);
    expect(direct?.body).not.toContain("secret");
    expect({ ...ways.seen, times }).toEqual({
      direct: before.direct + 1,
      left: before.left,
      times: before.times + (path.includes("big") ? 3 : 0),
    });
  });

  test.each(WAYS)("learns when its caller hangs up (%s)", async (way) => {
    const before = { waiting, gone };
    const req = request(`${ways[way]}/trpc/own.waits`, { method: "POST", headers: JSON_BODY });
    req.once("error", () => undefined).end("{}");
    await expect.poll(() => waiting).toBe(before.waiting + 1);
    expect(gone).toBe(before.gone);
    req.destroy();
    await expect.poll(() => gone).toBe(before.gone + 1);
  });
});
