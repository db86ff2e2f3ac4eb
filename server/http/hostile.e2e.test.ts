import { describe, expect, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { attack } from "../../testing/hostile/attack.ts";
import { useService } from "../../testing/service.ts";

const [engine = expect.unreachable()] = ENGINES;

/** The same requests in every run: `generated-requests.slow.test.ts` looks for new ones. */
const SEED = 1;

describe("about a thousand generated requests", () => {
  const service = useService(engine);

  test("break nothing, and reach every kind of response", async () => {
    const { requests, statuses } = await attack(service, { groups: 220, seed: SEED });
    expect(requests).toBeGreaterThan(900);
    // Whether they are hostile in many ways shows in what the responses are.
    expect([...statuses.keys()]).toEqual(
      expect.arrayContaining([0, 200, 207, 400, 401, 403, 404, 405, 415, 422, 431]),
    );
  });
});
