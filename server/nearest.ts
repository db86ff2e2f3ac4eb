/** Suggestions for misspelled names. */

/**
 * Finds the name that is most similar to a misspelled one. Case and separators are ignored. One typing error is
 * allowed, or two if the name has more than six letters.
 * @returns undefined if no name is similar enough
 */
export function nearest(misspelt: string, names: readonly string[]): string | undefined {
  const letters = (name: string) => name.toUpperCase().replaceAll(/[^A-Z0-9]/g, "");
  const typed = letters(misspelt);
  const near = names
    .map((name) => ({ name, length: letters(name).length, errors: errors(typed, letters(name)) }))
    .filter(({ length, errors }) => errors <= (length > 6 ? 2 : 1));
  return near.sort((a, b) => a.errors - b.errors)[0]?.name;
}

/** Counts the letters that are missing, added, wrong or swapped with the next one (optimal string alignment). */
function errors(typed: string, meant: string): number {
  let before: number[] = [];
  let last = Array.from({ length: meant.length + 1 }, (_, column) => column);
  for (let row = 1; row <= typed.length; row++) {
    const current = [row];
    for (let column = 1; column <= meant.length; column++) {
      const same = typed[row - 1] === meant[column - 1];
      const swapped = typed[row - 1] === meant[column - 2] && typed[row - 2] === meant[column - 1];
      current[column] = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (before[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [before, last] = [last, current];
  }
  return last[meant.length] ?? 0;
}
