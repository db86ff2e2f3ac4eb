/** The journal of the migrations: which of them the database has seen. */
import { sql as raw, type SQL } from "drizzle-orm";
import { readMigrationFiles } from "drizzle-orm/migrator";

/**
 * The table with the journal. Drizzle's default is left to the application whose tables are in the same database: a
 * migrator runs what is newer than the newest entry of its journal, so two that share one skip migrations.
 */
export const JOURNAL = "tegata_migrations";
/** Drizzle's default, which version 0.1 used. */
export const OLD_JOURNAL = "__drizzle_migrations";

/** The entries of Tegata in {@link OLD_JOURNAL}. */
export function ownEntries(migrationsFolder: string): SQL {
  const hashes = readMigrationFiles({ migrationsFolder }).map(({ hash }) => raw`${hash}`);
  return raw`hash in (${raw.join(hashes, raw`, `)})`;
}

/** The statements that copy the journal of version 0.1. That version can still start: it finds its own. */
export const copyOldJournal = (migrationsFolder: string): readonly SQL[] => [
  // As Drizzle creates it, in syntax that both engines accept.
  raw`create table if not exists ${raw.identifier(JOURNAL)} (id serial primary key, hash text not null, created_at bigint)`,
  raw`insert into ${raw.identifier(JOURNAL)} (hash, created_at)
    select hash, created_at from ${raw.identifier(OLD_JOURNAL)}
    where ${ownEntries(migrationsFolder)} and not exists (select 1 from ${raw.identifier(JOURNAL)})
    order by created_at`,
];
