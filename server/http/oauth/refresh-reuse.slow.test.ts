import { describe, expect, test } from "vitest";
import { ENGINES } from "../../../testing/engines.ts";
import { useService } from "../../../testing/service.ts";

/** A race that can be lost is lost within the first few rounds. */
const ROUNDS = 60;

describe.each(ENGINES)("the refresh_token grant on $name", (engine) => {
  const service = useService(engine);

  test(`${ROUNDS} rounds of 10 concurrent requests with parents and children never create a second child or report a false theft`, {
    timeout: 300_000,
  }, async () => {
    let parent = (await service.tokens(await service.person())).refresh_token;
    let child = service.issued(await service.refresh(parent)).refresh_token;
    // The clock is stopped, so that every parent is used again within the grace period, even on a slow machine.
    service.stoppedAt = Date.now();
    for (let race = 0; race < ROUNDS; race += 1) {
      const sent = Array.from({ length: 10 }, (_, i) => (i % 2 ? parent : child));
      const answers = await Promise.all(sent.map((token) => service.refresh(token)));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      const childOf = (token: string) => [
        ...new Set(
          answers
            .filter((_, i) => sent[i] === token)
            .map(({ json }) => (json as { refresh_token: string }).refresh_token),
        ),
      ];
      expect(childOf(parent)).toEqual([child]);
      const grandchildren = childOf(child);
      expect(grandchildren).toHaveLength(1);
      [parent, child = ""] = [child, ...grandchildren];
    }
  });
});
