/** A flood as the service sees it: passwords that wait because no thread gets on. */
import { vi } from "vitest";
import { PasswordThreads } from "../server/accounts/password-threads.ts";

/**
 * Lets the threads for passwords do nothing until they are released.
 * @returns the spy on their tasks, which the test restores, and how to release them
 */
export function holdPasswords() {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { run } = PasswordThreads.prototype;
  const held = vi.spyOn(PasswordThreads.prototype, "run").mockImplementation(async function (
    this: PasswordThreads,
    ...args
  ) {
    await released;
    return run.apply(this, args);
  });
  return { held, release };
}
