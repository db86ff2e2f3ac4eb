/** Runs that take turns, and what is said about them. */

/** The value in the middle. */
export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** @param share 0.99 for the 99th percentile */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/**
 * Takes each measurement once in every round: what else happens on the machine then hits all of them alike, and their
 * ratios hold although the figures drift. The rounds that warm the programs up are short and do not count.
 * @param measurements take how long they may last, in seconds
 * @returns the results of each, by its name
 */
export async function takeTurns<Name extends string, T>(
  { warmUpRounds, rounds, seconds }: { warmUpRounds: number; rounds: number; seconds: number },
  measurements: Readonly<Record<Name, (seconds: number) => Promise<T>>>,
): Promise<Record<Name, T[]>> {
  const all = Object.entries(measurements) as [Name, (seconds: number) => Promise<T>][];
  const results = Object.fromEntries(all.map(([name]) => [name, [] as T[]])) as Record<Name, T[]>;
  for (let round = -warmUpRounds; round < rounds; round += 1)
    for (const [name, measure] of all) {
      const result = await measure(round < 0 ? 1 : seconds);
      if (round >= 0) results[name].push(result);
    }
  return results;
}
