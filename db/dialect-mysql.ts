/** The column types of MySQL. Nothing else names a column type, apart from `dialect-sqlite.ts`. */
import * as my from "drizzle-orm/mysql-core";

/**
 * Text compared byte by byte, as SQLite compares it. MySQL's default collations treat `tàro@` and `taro@` as equal,
 * `utf8mb4_bin` ignores trailing spaces, and drizzle-kit does not read collations back from the database: `push` would
 * ask to truncate the table to set them again. Bytes have no collation.
 */
const exactText = my.customType<{
  data: string;
  driverData: Buffer | string;
  config: { bytes: number };
}>({
  dataType: (config) => `varbinary(${config?.bytes})`,
  fromDriver: (value) => value.toString(),
});

/** MySQL's types. Queries are typed as MySQL, the narrower dialect, so SQLite-only features do not compile. */
export const mysql = {
  table: my.mysqlTable,
  unique: my.uniqueIndex,
  index: my.index,
  primary: my.primaryKey,
  /** An auto-incrementing primary key whose values are never reused. */
  serial: () => my.bigint({ mode: "number" }).autoincrement().primaryKey(),
  /** A foreign key to a `serial`. */
  reference: () => my.bigint({ mode: "number" }),
  /** Text of at most `bytes` bytes in UTF-8, compared byte by byte. SQLite does not enforce the length. */
  text: (bytes: number) => exactText({ bytes }),
  flag: () => my.boolean(),
  /** A whole number. drizzle-kit would read back an `int` of MariaDB with a width, and `push` would change it. */
  count: () => my.bigint({ mode: "number" }),
  /** A point in time, in epoch milliseconds. */
  millis: () => my.bigint({ mode: "number" }),
};

/** The builders that `schema.ts` is written with. */
export type Dialect = typeof mysql;
