/** How much work a task of the password workers is. Tests compare that, because time depends on the machine. */

import { workOf as workOfRecipe } from "../server/accounts/foreign-hash.ts";
import type { Task } from "../server/accounts/password-worker.js";

/** @returns the cost of the one bcrypt hash that is as much work as all of bcrypt in the task */
export function workOf(task: unknown): number {
  const work = task as Task;
  const costs =
    work.do === "hash"
      ? [work.cost]
      : work.comparisons.flatMap(({ hash }) =>
          typeof hash === "string" ? [Number(hash.slice(4, 6))] : [],
        );
  return Math.log2(costs.reduce((sum, cost) => sum + 2 ** cost, 0));
}

/** @returns the work of the other schemes in the task, by scheme */
export function foreignWorkOf(task: unknown): Record<string, number> {
  const work = task as Task;
  const recipes =
    work.do === "hash"
      ? []
      : work.comparisons.flatMap(({ hash }) => (typeof hash === "string" ? [] : [hash.recipe]));
  const total: Record<string, number> = {};
  for (const recipe of recipes)
    total[recipe.scheme] = (total[recipe.scheme] ?? 0) + workOfRecipe(recipe);
  return total;
}
