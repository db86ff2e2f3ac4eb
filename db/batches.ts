/** Conditions for statements that change many rows, a limited number at a time. */
import { type Column, inArray, type SQL } from "drizzle-orm";

/**
 * The condition that a column has one of the values, of which there is at least one. The list is filled up to a power
 * of two with a repeated value: each length is another prepared statement, and a server keeps a limited number of them.
 */
export function isAmong<T extends string | number>(column: Column, values: readonly T[]): SQL {
  const [first] = values;
  if (first === undefined) throw new Error("the list is empty");
  const size = 2 ** Math.ceil(Math.log2(values.length));
  return inArray(column, [...values, ...Array<T>(size - values.length).fill(first)]);
}
