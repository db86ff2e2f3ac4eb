/** A second name for a table that a query reads twice. */
import { aliasedTable } from "drizzle-orm";
import type { alias as mysqlAlias } from "drizzle-orm/mysql-core";

/** Types it as MySQL's, as all queries are, without loading what only MySQL needs. */
export const alias = aliasedTable as typeof mysqlAlias;
