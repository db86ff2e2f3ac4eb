/** How much work a task of the password workers is. Tests compare that, because time depends on the machine. */
import type { Task } from "../server/accounts/password-worker.js";

/** @returns the cost of the one hash that is as much work as the whole task */
export function workOf(task: unknown): number {
  const work = task as Task;
  const costs =
    work.do === "hash" ? [work.cost] : work.comparisons.map(({ hash }) => Number(hash.slice(4, 6)));
  return Math.log2(costs.reduce((sum, cost) => sum + 2 ** cost, 0));
}
