/** Errors of MySQL, MariaDB and their clusters. */
import type { DriverError } from "./driver-errors.ts";

/**
 * Errors of a server that works, but not now: rows are locked, it shuts down, is full, has become a replica, or has lost
 * the others of its cluster.
 */
const UNAVAILABLE_CODES: ReadonlySet<unknown> = new Set([
  "ER_CON_COUNT_ERROR",
  "ER_DISK_FULL",
  "ER_ERROR_DURING_COMMIT",
  "ER_LOCK_DEADLOCK",
  "ER_LOCK_WAIT_TIMEOUT",
  "ER_MAX_PREPARED_STMT_COUNT_REACHED",
  "ER_OPTION_PREVENTS_STATEMENT",
  "ER_QUERY_INTERRUPTED",
  "ER_READ_ONLY_MODE",
  "ER_RECORD_FILE_FULL",
  "ER_SERVER_SHUTDOWN",
  "ER_TOO_MANY_USER_CONNECTIONS",
  // Group Replication: another member has changed the same row, or the member has left the group.
  "ER_RUN_HOOK_ERROR",
  "ER_TRANSACTION_ROLLBACK_DURING_COMMIT",
  // Galera: "WSREP has not yet prepared node for application use".
  "ER_UNKNOWN_COM_ERROR",
]);

/** Whether the connection is lost, or the server cannot serve it at the moment. */
export const isLost = (cause: DriverError & { fatal?: unknown }) =>
  cause.fatal === true || UNAVAILABLE_CODES.has(cause.code);

/**
 * Errors of a statement that was aborted because of another one; it has changed nothing. Nodes of a cluster notice the
 * conflict at the commit: Galera reports it as a deadlock, Group Replication has a code of its own.
 */
const ABORTED_CODES: ReadonlySet<unknown> = new Set([
  "ER_LOCK_DEADLOCK",
  "ER_LOCK_WAIT_TIMEOUT",
  "ER_TRANSACTION_ROLLBACK_DURING_COMMIT",
  // A node may not show yet what another one has committed. If the row was deleted, a few tries more change nothing.
  "ER_NO_REFERENCED_ROW_2",
]);

/** Whether the same statement may be run again. */
export const isAborted = ({ code }: DriverError): boolean => ABORTED_CODES.has(code);
