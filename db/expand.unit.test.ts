/** Decision 053: during an update, the version before works on the tables of the next one, so a migration only adds. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { z } from "zod";

const Column = z.object({
  type: z.string(),
  notNull: z.boolean(),
  default: z.unknown().optional(),
});
const Index = z.object({ columns: z.array(z.string()), isUnique: z.boolean() });
const Snapshot = z.object({
  tables: z.record(
    z.string(),
    z.object({
      columns: z.record(z.string(), Column),
      indexes: z.record(z.string(), Index),
    }),
  ),
});
type Tables = z.infer<typeof Snapshot>["tables"];
type Column = z.infer<typeof Column>;

/** The tables after each migration. */
function historyOf(dialect: string): Tables[] {
  const folder = `db/migrations/${dialect}/meta`;
  const names = readdirSync(folder).filter((name) => name.endsWith("_snapshot.json"));
  return names
    .sort()
    .map((name) => Snapshot.parse(JSON.parse(readFileSync(`${folder}/${name}`, "utf8"))).tables);
}

/** What of a change breaks a version that does not know it. */
function contractionsOf(before: Tables, after: Tables): string[] {
  return Object.entries(before).flatMap(([table, { columns }]) => {
    const next = after[table];
    if (!next) return [`${table} is gone`];
    const added = Object.entries(next.columns).filter(([name]) => !(name in columns));
    const isAdded = (name: string) => added.some(([column]) => column === name);
    return [
      ...Object.entries(columns).flatMap(([name, column]) =>
        narrowingOf(column, next.columns[name]).map((what) => `${table}.${name} ${what}`),
      ),
      ...added.flatMap(([name, { notNull, default: initial }]) =>
        notNull && initial === undefined ? [`${table}.${name} is required`] : [],
      ),
      ...Object.entries(next.indexes).flatMap(([name, index]) =>
        index.isUnique && !(name in (before[table]?.indexes ?? {})) && !index.columns.some(isAdded)
          ? [`${name} makes old columns unique`]
          : [],
      ),
    ];
  });
}

/** What of a column is less than it was. */
function narrowingOf(before: Column, after: Column | undefined): string[] {
  if (!after) return ["is gone"];
  const [, kind, length] = /^(\w+)(?:\((\d+)\))?$/.exec(before.type) ?? [];
  const [, nextKind, nextLength] = /^(\w+)(?:\((\d+)\))?$/.exec(after.type) ?? [];
  const isNarrower = kind !== nextKind || Number(nextLength ?? 0) < Number(length ?? 0);
  return [
    ...(isNarrower ? ["has a type that takes less"] : []),
    ...(after.notNull && !before.notNull ? ["is required"] : []),
    ...(before.default !== undefined && after.default === undefined && after.notNull
      ? ["has no default"]
      : []),
  ];
}

describe.each(["sqlite", "mysql"])("the migrations of %s", (dialect) => {
  const history = historyOf(dialect);
  const pairs = history.slice(1).map((after, i) => [i + 1, history[i] ?? {}, after] as const);

  test.each(pairs)("number %i only adds", (_, before, after) => {
    expect(contractionsOf(before, after)).toEqual([]);
  });
});

describe("a change that takes something away is found", () => {
  const column = (more: Partial<Column> = {}) => ({
    type: "varbinary(100)",
    notNull: false,
    default: undefined,
    ...more,
  });
  const tables = (columns: Record<string, Column>, unique: string[] = []): Tables => ({
    users: {
      columns,
      indexes: Object.fromEntries(
        unique.map((name) => [`u_${name}`, { columns: [name], isUnique: true }]),
      ),
    },
  });
  const before = tables({ a: column(), b: column({ notNull: true, default: 0 }) });
  const { a, b } = { a: column(), b: column({ notNull: true, default: 0 }) };

  test.each<[string, Tables, string[]]>([
    ["nothing", before, []],
    ["a new column", tables({ a, b, c: column() }), []],
    ["a new column with a default", tables({ a, b, c: column({ notNull: true, default: 1 }) }), []],
    ["a new column that is unique", tables({ a, b, c: column() }, ["c"]), []],
    ["a longer text", tables({ a: column({ type: "varbinary(200)" }), b }), []],
    ["a table that is gone", {}, ["users is gone"]],
    ["a column that is gone or has another name", tables({ b, c: column() }), ["users.a is gone"]],
    [
      "a shorter text",
      tables({ a: column({ type: "varbinary(99)" }), b }),
      ["users.a has a type that takes less"],
    ],
    [
      "another type",
      tables({ a: column({ type: "bigint" }), b }),
      ["users.a has a type that takes less"],
    ],
    [
      "a column that becomes required",
      tables({ a: column({ notNull: true }), b }),
      ["users.a is required"],
    ],
    [
      "a new column that is required",
      tables({ a, b, c: column({ notNull: true }) }),
      ["users.c is required"],
    ],
    [
      "a default that is gone",
      tables({ a, b: column({ notNull: true }) }),
      ["users.b has no default"],
    ],
    [
      "an old column that becomes unique",
      tables({ a, b }, ["a"]),
      ["u_a makes old columns unique"],
    ],
  ])("%s", (_, after, found) => {
    expect(contractionsOf(before, after)).toEqual(found);
  });
});
