import { describe, expect, test } from "vitest";
import { ENGINES } from "../../../testing/engines.ts";
import { useService } from "../../../testing/service.ts";

/** A race that can be lost is lost within the first few rounds. */
const ROUNDS = 60;

describe.each(ENGINES)("the refresh_token grant on $name", (engine) => {
  const service = useService(engine);

  test(`${ROUNDS} times, 10 concurrent requests get the same child and do not end the session`, {
    timeout: 300_000,
  }, async () => {
    let { refresh_token } = await service.tokens(await service.person());
    for (let race = 0; race < ROUNDS; race += 1) {
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => service.refresh(refresh_token)),
      );
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      const children = new Set(
        answers.map(({ json }) => (json as { refresh_token: string }).refresh_token),
      );
      expect(children.size).toBe(1);
      [refresh_token = ""] = children;
    }
  });
});
