/** The audit log: who did what, when and from where. Events are added where an act is decided, and never changed. */
import type { Db } from "../db/open.ts";
import { DAY_MS } from "./durations.ts";
import { openFailureLimit } from "./failure-limit.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { Origin } from "./requester.ts";
import { NEXT_SWEEP_MS, type Sweep } from "./sweeper.ts";

/** What can be recorded. */
export const EVENT_TYPES = [
  "registered",
  "logged_in",
  /** `detail`: `wrong_password`, `unknown_name`, `account_disabled`, `email_unverified` or `throttled`. */
  "login_failed",
  "password_changed",
  /** The current password was incorrect; or, if `detail` is `throttled`, it was not tested. */
  "password_change_failed",
  /** Somebody asked for a link to set a new password. */
  "password_reset_requested",
  /** The password was replaced by whoever receives the mail of the account. */
  "password_reset",
  /** An act that asks for the password got an incorrect one. `detail`: which act; or `throttled`. */
  "password_check_failed",
  "email_verified",
  "email_changed",
  /** A change of the address was undone from the old one. */
  "email_taken_back",
  "account_deleted",
  /** One session was ended. `detail`, here and in the next two: why. */
  "session_ended",
  /** All sessions of the user except this one were ended. */
  "other_sessions_ended",
  /** All sessions of a client, of a user, or of both were ended. */
  "sessions_ended",
  /** A refresh token was used again after its successor had been used: it was stolen, and its session was ended. */
  "refresh_token_reused",
  /** An authorization code was used again: it was stolen, and the session that it had opened was ended. */
  "code_replayed",
  /** A browser opened a session for a client. `detail`: the session of the browser. */
  "session_opened",
  /** A user let a client have what it asked for. */
  "consent_given",
  /** A user removed an app: its consents and its sessions. `detail`: how many sessions were ended. */
  "app_removed",
  /** A client sent an incorrect secret, or does not exist. */
  "client_failed",
  /** `detail`: its grants. */
  "client_added",
  "client_removed",
  "client_updated",
  "client_secret_rotated",
  "user_disabled",
  "user_enabled",
  /** `detail`: how many. */
  "users_imported",
  /** More failures than are recorded one by one. `detail`: how many. */
  "failures_suppressed",
] as const;

/** A word for what happened. */
export type EventType = (typeof EVENT_TYPES)[number];

/** What happened, and to whom. */
export interface AuditEvent {
  type: EventType;
  userId?: number | undefined;
  clientId?: string | undefined;
  /** The session that was opened or ended, or that made the request. Its user and client need not be named. */
  sessionId?: string | undefined;
  /** A word or a number of ours: never what a caller sent. */
  detail?: string | undefined;
}

/** Where acts are recorded. */
export interface Audit {
  /**
   * Records an act. It never rejects: if an event cannot be stored, the log has it. Wait for it, so that the act is
   * recorded before it is answered. Only logins do not wait (decision 035).
   */
  record(event: AuditEvent, by: Origin): Promise<void>;
  /** Records a failed attempt, unless there were too many in the last minute: then they are counted. */
  recordFailure(event: AuditEvent, by: Origin): void;
  /** Deletes events that are older than this many days, the oldest first; none if it is 0. */
  sweep(days: number, stopped: AbortSignal): ReturnType<Sweep>;
  /** Waits until everything is stored. */
  close(): Promise<void>;
}

/** How many events may wait for the database. Acts are slower than it, so more wait only if it does not answer. */
const MAX_PENDING = 1000;

/** How many events one sweep deletes, in batches of this size: a clock that jumps ahead must not empty the table. */
const BATCH = 1000;
const BATCHES_PER_SWEEP = 10;

/** The parts that the audit log needs. */
interface Parts {
  db: Pick<Db, "events">;
  log: Log;
  /** Undefined if METRICS_PORT is not set. */
  metrics?: Metrics | undefined;
  /** Epoch milliseconds. */
  now: () => number;
}

/** Opens the audit log. */
export function openAudit({ db, log, metrics, now }: Parts): Audit {
  const pending = new Set<Promise<void>>();

  async function store(row: Parameters<Db["events"]["add"]>[0]): Promise<void> {
    try {
      if (pending.size >= MAX_PENDING) throw new Error("too many events are waiting");
      await db.events.add(row);
    } catch (err) {
      log.error({ err, event: row }, "an event could not be recorded");
    }
  }

  function add(event: AuditEvent, { address, requestId, userAgent }: Origin): Promise<void> {
    const { type, userId = null, clientId = null, sessionId = null, detail = null } = event;
    const stored = store({
      atMs: now(),
      type,
      userId,
      clientId,
      sessionId,
      address: address.slice(0, 100) || null,
      requestId: requestId ?? null,
      userAgent: userAgent?.slice(0, 200) ?? null,
      detail: detail?.slice(0, 200) ?? null,
    });
    pending.add(stored);
    return stored.finally(() => pending.delete(stored));
  }

  const failures = openFailureLimit((suppressed, { userId, address = "" }) => {
    const event: AuditEvent = { type: "failures_suppressed", userId, detail: String(suppressed) };
    void add(event, { address, requestId: undefined, userAgent: undefined });
  });

  return {
    record(event, by) {
      metrics?.event(event);
      return add(event, by);
    },
    recordFailure(event, by) {
      metrics?.event(event);
      if (failures.admits({ userId: event.userId, address: by.address })) void add(event, by);
    },
    async sweep(days, stopped) {
      const beforeMs = now() - days * DAY_MS;
      for (let batch = 0; days > 0 && batch < BATCHES_PER_SWEEP && !stopped.aborted; batch += 1)
        if ((await db.events.removeOld(beforeMs, BATCH)) < BATCH) break;
      return NEXT_SWEEP_MS;
    },
    async close() {
      failures.close();
      await Promise.all(pending);
    },
  };
}
