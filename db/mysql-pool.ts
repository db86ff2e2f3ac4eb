/**
 * The connections to MySQL: each is put into a known state before its first use, values never become part of a
 * statement's text, and nothing is waited for without a deadline. The only file that imports `mysql2`.
 */
import { Socket } from "node:net";
import {
  createPool,
  type PoolConnection,
  type PoolOptions,
  type QueryError,
  type ResultSetHeader,
  type RowDataPacket,
} from "mysql2";
import type { Load } from "./connect.ts";
import { findCause } from "./driver-errors.ts";
import { isLost } from "./mysql-errors.ts";
import { SESSION } from "./mysql-session.ts";
import { DatabaseUnavailable, DEADLINE_MS, LEAST_MS, within } from "./unavailable.ts";

/** How long to wait for a connection, whether a new one or one that is in use, in milliseconds. */
const CONNECT_MS = DEADLINE_MS - LEAST_MS;
/** How long the connections may take to close, in milliseconds. */
const CLOSE_MS = 2_000;
/** Shorter than any NAT or balancer remembers a silent connection, in milliseconds. */
const IDLE_MS = 60_000;
const CONNECTIONS = 10;
/**
 * How many prepared statements a connection keeps. The service has fewer, unless many rows are written at once. `mysql2`
 * allocates room for all of them when it connects, by default for 16,000, which is what a server allows for all connections.
 */
const STATEMENTS = 250;

/** A statement. */
export interface Statement {
  text: string;
  /** The values of its `?`. */
  params?: (string | number | boolean | null)[];
  /** Each row as an array, in the order of the columns, instead of an object. */
  asArrays?: boolean;
  /** How long it may take with its wait for a connection, in milliseconds. */
  deadlineMs?: number;
  /** Since when somebody has been waiting for it, on the clock of `performance.now()`; otherwise since it is run. */
  sinceMs?: number;
}

/** Runs a statement. @returns its rows; or one header, for a statement that returns none. */
export type Run = (statement: Statement) => Promise<(RowDataPacket | ResultSetHeader)[]>;

/** A pool of connections. */
export interface MysqlPool {
  /**
   * Runs a statement on any connection.
   * @throws {DatabaseUnavailable} if the server is down or misses a deadline; the connection is destroyed
   */
  run: Run;
  /** Runs statements on a connection that is not used for anything else, and is closed afterwards. */
  onOwnConnection(work: (run: Run) => Promise<void>): Promise<void>;
  load: () => Load;
  /** Closes all connections, or gives up on those of a server that does not answer. */
  close(): Promise<void>;
}

/** Opens a pool. It connects with the first statement. */
export function openPool({ connectionLimit = CONNECTIONS, ...options }: PoolOptions): MysqlPool {
  const pool = createPool({
    ...options,
    connectionLimit,
    charset: "utf8mb4",
    connectTimeout: CONNECT_MS,
    // Only a pool that may keep fewer connections than it may open closes those that nobody uses.
    maxIdle: Math.max(1, connectionLimit - 1),
    idleTimeout: IDLE_MS,
    maxPreparedStatements: STATEMENTS,
    // The server could ask for files of this machine.
    flags: ["-LOCAL_FILES"],
  });
  const sockets = new Set<Socket>();
  /** How often a deadline has been missed. */
  let misses = 0;
  /** The connections in the known state, with `misses` at that time. */
  const ready = new WeakMap<object, number>();
  pool.on("connection", (connection) => {
    // `mysql2` listens once. A second error, such as that of a statement that could not be closed, would end the process.
    connection.on("error", () => undefined);
    const socket = socketOf(connection);
    sockets.add(socket.once("close", () => sockets.delete(socket)));
  });

  const load = { running: 0, waiting: 0 };

  // One promise: every statement comes through here.
  const acquire = (endMs: number) =>
    new Promise<PoolConnection>((resolve, reject) => {
      let isLate = false;
      const fail = (cause?: unknown) => reject(new DatabaseUnavailable("no connection", { cause }));
      const miss = () => {
        isLate = true;
        fail();
      };
      const timer = setTimeout(miss, endMs - performance.now() - LEAST_MS);
      pool.getConnection((error, connection) => {
        clearTimeout(timer);
        if (error) fail(error);
        // Somebody else gets it.
        else if (isLate) connection.release();
        else resolve(connection);
      });
    });

  /** @param endMs until when it may run, on the clock of `performance.now()` */
  const runOn = async (connection: PoolConnection, statement: Statement, endMs: number) => {
    try {
      return await within(endMs - performance.now(), send(connection, statement));
    } catch (error) {
      if (error instanceof DatabaseUnavailable) {
        destroy(connection);
        misses += 1;
        throw error;
      }
      if (findCause(error, isLost))
        throw new DatabaseUnavailable("not available", { cause: error });
      throw error;
    }
  };

  /** @returns a connection in the known state */
  const acquireReady = async (endMs: number): Promise<PoolConnection> => {
    const connection = await acquire(endMs);
    const missesThen = ready.get(connection);
    if (missesThen === misses) return connection;
    if (missesThen !== undefined) {
      // A deadline has been missed since: this connection has probably been lost in the same way.
      destroy(connection);
      return acquireReady(endMs);
    }
    try {
      for (const text of SESSION) await runOn(connection, { text }, endMs);
    } catch (cause) {
      destroy(connection);
      throw new DatabaseUnavailable("the session could not be set up", { cause });
    }
    ready.set(connection, misses);
    return connection;
  };

  return {
    async run(statement) {
      const endMs = endOf(statement);
      load.waiting += 1;
      const connection = await acquireReady(endMs).finally(() => {
        load.waiting -= 1;
      });
      load.running += 1;
      try {
        return await runOn(connection, statement, endMs);
      } finally {
        load.running -= 1;
        connection.release();
      }
    },

    load: () => load,

    async onOwnConnection(work) {
      const connection = await acquireReady(endOf({}));
      try {
        await work((statement) => runOn(connection, statement, endOf(statement)));
      } finally {
        destroy(connection);
      }
    },

    async close() {
      try {
        const ended = new Promise<void>((resolve, reject) => {
          pool.end((error) => (error ? reject(error) : resolve()));
        });
        await within(CLOSE_MS, ended);
      } catch (error) {
        if (!(error instanceof DatabaseUnavailable)) throw error;
      } finally {
        for (const socket of sockets) socket.destroy();
      }
    },
  };
}

/** Until when a statement may take, on the clock of `performance.now()`. */
const endOf = ({
  deadlineMs = DEADLINE_MS,
  sinceMs = performance.now(),
}: Omit<Statement, "text">): number => sinceMs + deadlineMs;

/**
 * Sends a statement. With parameters it is prepared on the server, which never reads values as SQL. `query` would put
 * them into the text on this side, by rules that depend on the server's sql_mode.
 */
function send(
  connection: PoolConnection,
  { text, params = [], asArrays = false }: Statement,
): Promise<(RowDataPacket | ResultSetHeader)[]> {
  const options = { sql: text, rowsAsArray: asArrays };
  // The promises of `mysql2` take longer: each records where it was made.
  return new Promise((resolve, reject) => {
    const done = (error: QueryError | null, result: RowDataPacket[] | ResultSetHeader) =>
      error ? reject(error) : resolve(Array.isArray(result) ? result : [result]);
    if (params.length > 0) connection.execute(options, params, done);
    else connection.query(options, done);
  });
}

/** Ends a connection at once. `mysql2` only sends a goodbye, which a silent network never delivers. */
function destroy(connection: PoolConnection): void {
  connection.destroy();
  socketOf(connection).destroy();
}

/** The socket of a connection, which `mysql2` does not declare. */
function socketOf(connection: object): Socket {
  const stream: unknown = Reflect.get(connection, "stream");
  if (!(stream instanceof Socket)) throw new Error("a connection of mysql2 has no socket");
  return stream;
}
