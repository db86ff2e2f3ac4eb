/**
 * The processes that share one port (`WORKERS`): they are started, replaced when they die, and ended together. The process
 * that does this serves nothing itself.
 */
import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { SECOND_MS } from "./durations.ts";
import type { Log } from "./log.ts";
import { pause } from "./sweeper.ts";

/** A worker that cannot live is not started more often than this, in milliseconds. */
const RESTART_MS = 5 * SECOND_MS;
/** How often the workers are told to stop: one that is still starting does not hear it. */
const REMIND_MS = SECOND_MS;

/** What a worker says when it serves requests. */
export interface Announcement {
  /** For people to read. */
  text: string;
  /** The others must have the same, also if it depends on a port that the first was given. */
  issuer: string;
}

/** Running workers. */
export interface Workers extends Announcement {
  /** Ends all of them, each when its last request in flight has its response. */
  stop(): Promise<void>;
}

/** Whether this process is one of the workers; and if so, whether others have been started before. */
export const { isWorker } = cluster;
export const isFollower = (cluster.worker?.id ?? 1) > 1;

/** Says, in a worker, that it serves requests. */
export const announce = (announcement: Announcement): void => void process.send?.(announcement);

/** What a worker is told to do. */
const STOP = "stop";

/** Does something, in a worker, when it has been told to stop. It may be told several times. */
export function onStop(stop: () => void): void {
  process.on("message", (message) => message === STOP && stop());
}

/** Waits until a worker serves requests. @returns undefined if it has ended instead */
const announcementOf = (worker: Worker): Promise<Announcement | undefined> =>
  Promise.race([
    once(worker, "message").then(([announcement]: Announcement[]) => announcement),
    once(worker, "exit").then(() => undefined),
  ]);

/**
 * Starts workers: the first migrates the database and generates the secret, if that is to be done, and then the others.
 * @returns when all serve requests; undefined if the first has ended instead, and has said why
 */
export async function startWorkers(count: number, log: Log): Promise<Workers | undefined> {
  const stopping = new AbortController();
  const { signal } = stopping;
  // Each accepts connections itself when it has time. If this process handed them out, those on their way to a worker that
  // dies would hang.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  const first = cluster.fork();
  const announced = await announcementOf(first);
  if (!announced) return undefined;
  // Whatever a later one finds, it must not migrate beside those that serve.
  const env = { MIGRATE_ON_START: "false", ISSUER: announced.issuer };
  const startAnother = () => cluster.fork(env);

  /** Keeps one worker alive. */
  async function keep(one: Worker): Promise<void> {
    for (let worker = one; ; worker = startAnother()) {
      const startedAtMs = performance.now();
      const [code, by] = await once(worker, "exit");
      if (signal.aborted) return;
      log.error({ worker: worker.process.pid, code, signal: by }, "a worker has ended");
      await pause(startedAtMs + RESTART_MS - performance.now(), signal);
      if (signal.aborted) return;
    }
  }

  const others = Array.from({ length: count - 1 }, startAnother);
  const kept = Promise.all([first, ...others].map(keep));
  await Promise.all(others.map(announcementOf));
  return {
    ...announced,
    async stop() {
      stopping.abort();
      const tellAll = () => {
        // One that has just ended cannot be told, and need not be.
        for (const worker of Object.values(cluster.workers ?? {}))
          worker?.send(STOP, () => undefined);
      };
      tellAll();
      const reminder = setInterval(tellAll, REMIND_MS);
      await kept;
      clearInterval(reminder);
    },
  };
}
