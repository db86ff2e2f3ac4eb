/** The column vocabulary of each dialect: the only file that names column types. */
import * as my from "drizzle-orm/mysql-core";
import * as lite from "drizzle-orm/sqlite-core";

/**
 * Text that is compared byte by byte, as SQLite compares it. MySQL's default collations hold `tàro@` and `taro@` to be
 * one, `utf8mb4_bin` ignores spaces at the end, and drizzle-kit does not read collations back: `push` would want to
 * empty the table to set them again. Bytes have no collation.
 */
const exact = my.customType<{
  data: string;
  driverData: Buffer | string;
  config: { bytes: number };
}>({
  dataType: (config) => `varbinary(${config?.bytes})`,
  fromDriver: (value) => value.toString(),
});

/** MySQL's words. The queries are typed as MySQL, the narrower dialect: what it lacks does not compile. */
export const mysql = {
  table: my.mysqlTable,
  unique: my.uniqueIndex,
  index: my.index,
  /** A primary key that the database counts up and never gives twice. */
  serial: () => my.bigint({ mode: "number" }).autoincrement().primaryKey(),
  /** Points at a `serial`. */
  reference: () => my.bigint({ mode: "number" }),
  /** Text of at most so many bytes in UTF-8, compared byte by byte. */
  text: (bytes: number) => exact({ bytes }),
  flag: () => my.boolean(),
  /** A moment: epoch milliseconds. */
  millis: () => my.bigint({ mode: "number" }),
};

/** What a schema is written in. */
export type Words = typeof mysql;

const liteWords = {
  table: lite.sqliteTable,
  unique: lite.uniqueIndex,
  index: lite.index,
  serial: () => lite.integer().primaryKey({ autoIncrement: true }),
  reference: () => lite.integer(),
  text: (_bytes: number) => lite.text(),
  flag: () => lite.integer({ mode: "boolean" }),
  millis: () => lite.integer(),
};

type Data<W> = {
  [K in keyof W]: W[K] extends (...args: never) => {
    _: { data: infer D; notNull: infer N; hasDefault: infer H };
  }
    ? [D, N, H]
    : never;
};
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
true satisfies Same<Data<Words>, Data<typeof liteWords>>;

/** SQLite's words, declared equal to MySQL's; the line above breaks the build when a word's data differ. */
export const sqlite = liteWords as unknown as Words;
