import { availableParallelism } from "node:os";
import { describe, expect, test, vi } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { holdPasswords } from "../../testing/held-passwords.ts";
import { useService } from "../../testing/service.ts";

describe.each(ENGINES)("logins whose clients hang up, on $name", (engine) => {
  const service = useService(engine);

  test("leave the queue, and their passwords are not hashed", async () => {
    const { email, password } = await service.person();
    const workers = availableParallelism();
    const verify = vi.spyOn(service.tegata.passwords, "verify");
    // The workers do not finish anything until the end of the test.
    const { held: begun, release: finish } = holdPasswords();

    const gone = new AbortController();
    // Each with a name of its own: a throttle admits few parallel logins with the same.
    const flood = Array.from({ length: 60 }, (_, i) =>
      fetch(`${service.url}/token`, {
        method: "POST",
        body: new URLSearchParams({ username: `nobody${i}`, password: "an incorrect password" }),
        signal: gone.signal,
      }),
    );
    await expect.poll(() => verify.mock.calls.length).toBe(60);
    gone.abort();
    const ends = await Promise.allSettled(flood);
    expect(ends.map(({ status }) => status)).toEqual(Array(60).fill("rejected"));
    const left = () => verify.mock.settledResults.filter(({ type }) => type === "fulfilled");
    await expect.poll(() => left().length).toBe(60 - workers);

    const honest = service.token({ username: email, password });
    finish();
    expect(await honest).toMatchObject({ status: 200 });
    expect(begun).toHaveBeenCalledTimes(workers + 1);
    begun.mockRestore();
    verify.mockRestore();
  });
});
