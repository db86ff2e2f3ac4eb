/** The state that each connection to MySQL is put into before its first use. */

/**
 * On a Galera cluster of MariaDB, a statement of any kind waits until its node has applied what the others have
 * committed: otherwise a session that another node has just opened is unknown, and one that it has ended goes on. Other
 * servers read the comment in which it is set as a comment, or have nothing to wait for. See decision 055.
 */
const READ_WRITE_INSERT = 1 + 2 + 4;

/** Outside strict mode, MySQL truncates long emails and stores `?` for an emoji: two users could become one. */
export const SQL_MODE = "STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION";
/** What a transaction sees of others; the default of MySQL. */
export const ISOLATION = "REPEATABLE READ";

/**
 * The state of a session, whole: a connection inherits nothing from the server's configuration or its `init_connect`.
 * What is left out are variables that no statement of ours depends on.
 */
export const SESSION = [
  "SET NAMES utf8mb4",
  `SET SESSION ${[
    `sql_mode = '${SQL_MODE}'`,
    "autocommit = 1",
    "foreign_key_checks = 1",
    "unique_checks = 1",
    "sql_auto_is_null = 0",
    "sql_big_selects = 1",
    "sql_safe_updates = 0",
    "sql_select_limit = 18446744073709551615",
    "default_storage_engine = InnoDB",
    // Less than DEADLINE_MS: a statement that waits for a lock is retried, and its connection kept.
    "innodb_lock_wait_timeout = 2",
    "wait_timeout = 600",
  ].join(", ")} /*M!, wsrep_sync_wait = ${READ_WRITE_INSERT} */`,
  `SET SESSION TRANSACTION ISOLATION LEVEL ${ISOLATION}, READ WRITE`,
];
