/** Pages of rows that are sorted by their ids. */

/**
 * @param rows up to one more than the limit, which shows that there is a next page
 * @returns the page, and the id of its last row if there is a next page
 */
export function pageOf<Row extends { id: number }>(
  rows: readonly Row[],
  limit: number,
): { page: Row[]; next: number | null } {
  const page = rows.slice(0, limit);
  return { page, next: rows.length > limit ? (page.at(-1)?.id ?? null) : null };
}
