/** Counts what the throttle refuses. */
import type { Metrics } from "../metrics.ts";
import type { Throttle } from "./throttle.ts";

/** @returns a throttle that also counts its refusals, if there are metrics */
export function countThrottled(throttle: Throttle, metrics: Metrics | undefined): Throttle {
  if (!metrics) return throttle;
  const counting =
    <Args extends unknown[], Result extends { is: string } | undefined>(
      act: Parameters<Metrics["throttled"]>[0],
      ask: (...args: Args) => Promise<Result>,
    ) =>
    async (...args: Args): Promise<Result> => {
      const result = await ask(...args);
      if (result?.is === "throttled") metrics.throttled(act);
      return result;
    };
  return {
    guess: counting("password", throttle.guess),
    register: counting("registration", throttle.register),
    countWrong: counting("secret", throttle.countWrong),
    mail: counting("mail", throttle.mail),
    openPage: counting("page", throttle.openPage),
    forget: throttle.forget,
    sweep: throttle.sweep,
  };
}
