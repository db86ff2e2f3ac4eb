/**
 * The column types of SQLite, by the names that `dialect-mysql.ts` gives them. Each has a file of its own, because only
 * one of them is needed and drizzle takes long to load.
 */
import * as lite from "drizzle-orm/sqlite-core";
import type { Dialect } from "./dialect-mysql.ts";

const sqliteTypes = {
  table: lite.sqliteTable,
  unique: lite.uniqueIndex,
  index: lite.index,
  primary: lite.primaryKey,
  serial: () => lite.integer().primaryKey({ autoIncrement: true }),
  reference: () => lite.integer(),
  text: (_bytes: number) => lite.text(),
  flag: () => lite.integer({ mode: "boolean" }),
  count: () => lite.integer(),
  millis: () => lite.integer(),
};

type ColumnData<D> = {
  [K in keyof D]: D[K] extends (...args: never) => {
    _: { data: infer T; notNull: infer N; hasDefault: infer H };
  }
    ? [T, N, H]
    : never;
};
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
true satisfies Same<ColumnData<Dialect>, ColumnData<typeof sqliteTypes>>;

/** SQLite's types, cast to MySQL's. The check above fails to compile if the data types of a column differ. */
export const sqlite = sqliteTypes as unknown as Dialect;
