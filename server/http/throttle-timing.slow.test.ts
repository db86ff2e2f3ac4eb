import { describe, expect, test } from "vitest";
import { doors, guess } from "../../testing/doors.ts";
import { ENGINES } from "../../testing/engines.ts";
import { useService } from "../../testing/service.ts";

const [TOKEN = expect.unreachable()] = doors;

const median = (values: number[]): number =>
  values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/**
 * The median time of each kind of request, in milliseconds. The samples are interleaved, each round in another order, so
 * that all kinds meet the same load.
 */
async function measure(
  rounds: number,
  kinds: Record<string, () => Promise<unknown>>,
  betweenRounds = () => {},
): Promise<Record<string, number>> {
  const times = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, [] as number[]]));
  const order = Object.entries(kinds);
  for (let round = 0; round < rounds; round += 1) {
    order.push(...order.splice(0, 1 + (round % 2)));
    for (const [kind, send] of order) {
      const start = performance.now();
      await send();
      times[kind]?.push(performance.now() - start);
    }
    betweenRounds();
  }
  return Object.fromEntries(Object.entries(times).map(([kind, all]) => [kind, median(all)]));
}

/** The largest of some times, as a multiple of the smallest. */
const spread = (times: Record<string, number>): number =>
  Math.max(...Object.values(times)) / Math.min(...Object.values(times));

describe.each(ENGINES)("the time of a refused login on $name", (engine) => {
  const service = useService(engine);

  // Other load on the machine can make a difference once; a difference in the work makes it every time.
  const options = { retry: 5, timeout: 180_000 };

  test(
    "is the same for known, unknown and disabled accounts, throttled or not (security L1, L3)",
    options,
    async () => {
      const [known, disabled] = [await service.person(), await service.person()];
      await service.login(known);
      await service.tegata.db.users.setDisabled(disabled.id, true);
      service.stoppedAt = Date.now();
      const right = (person: typeof known) =>
        TOKEN.ask(service, { ...person, name: person.email, token: "" });
      const kinds = {
        known: () => guess(service, known.email),
        unknown: () => guess(service, "nobody@example.com"),
        disabled: () => right(disabled),
      };
      // A day later, every counter has been forgotten.
      const refused = await measure(400, kinds, () => {
        service.ahead += 86_400_000;
      });
      for (let i = 0; i < 5; i += 1) for (const send of Object.values(kinds)) await send();
      const throttled = await measure(400, { ...kinds, "known, right": () => right(known) });
      expect(await right(known)).toMatchObject({ status: 429 });

      const medians = JSON.stringify({ refused, throttled });
      expect(spread(refused), medians).toBeLessThan(1.1);
      expect(spread(throttled), medians).toBeLessThan(1.1);
    },
  );
});
