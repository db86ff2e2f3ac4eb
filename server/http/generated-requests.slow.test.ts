import { describe, expect, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { attack } from "../../testing/hostile/attack.ts";
import { useService } from "../../testing/service.ts";

/** On all engines together. CI runs it on three lines of Node.js, each with a seed of its own: more than 100,000 in all. */
const REQUESTS = 34_000;
/** A group has one to eight requests: 4.5 on average, and a few groups more, so that there are enough in any case. */
const GROUPS = Math.ceil(REQUESTS / ENGINES.length / 4.2);
/** Repeats an attack: fast-check reports the seed of one that failed. */
const SEED = process.env["HOSTILE_SEED"];

describe.each(ENGINES)("generated requests on $name", (engine) => {
  const service = useService(engine);

  test("break nothing, and leave the memory as it was", { timeout: 1_800_000 }, async () => {
    const seed = SEED === undefined ? undefined : Number(SEED);
    const { requests } = await attack(service, { groups: GROUPS, seed });
    expect(requests).toBeGreaterThan(REQUESTS / ENGINES.length);
  });
});
