/**
 * The queue in front of the password workers: first come, first served, and never much longer than two seconds. How many
 * pieces of work that is follows from how long the last ones took.
 */

/** Too much work is waiting; try again after this many seconds. */
export interface Busy {
  is: "busy";
  retryAfterSeconds: number;
}

/** Room in the queue for work that is still being prepared. It counts as work that waits. */
export interface Place {
  is: "place";
  /** Gives the place up. Nothing happens if it has been used. */
  leave(): void;
}

/** How a piece of work is done. */
export interface Conditions {
  /** Aborted when nobody waits for the result any more; work that has not begun leaves the queue. */
  gone?: AbortSignal | undefined;
  /** What was taken for the work before; without it, the work may be refused. */
  place?: Place | undefined;
}

/** A queue for work that takes long. */
export interface PasswordQueue {
  /** Whether new work is refused now. */
  busy(): Busy | undefined;
  /**
   * Takes a place, for work that costs something before it can begin, so that a refusal costs nothing.
   * @param units how much work it will be
   */
  enter(units: number): Place | Busy;
  /**
   * Does a piece of work when its turn comes.
   * @param units how much work it is; twice as many take twice as long
   */
  run<Result>(
    units: number,
    work: () => Promise<Result>,
    conditions?: Conditions,
  ): Promise<{ is: "done"; result: Result } | Busy>;
  /** How many pieces of work wait, and for how long the oldest one that has begun has been running, in milliseconds. */
  state(): { waiting: number; runningMs: number };
  /** Refuses all waiting work. */
  close(): void;
}

/** New work is refused while this much is waiting. */
const MAX_WAIT_MS = 2000;
/** The weight of the last piece of work in the average. */
const WEIGHT = 0.1;

/** A piece of work that waits. */
interface Waiting {
  units: number;
  begin(): void;
  leave(): void;
}

/** Opens a queue. @param workers how many pieces of work are done at the same time */
export function openPasswordQueue(workers: number): PasswordQueue {
  const queue = new Set<Waiting>();
  let queuedUnits = 0;
  const places = new Set<Place>();
  let placeUnits = 0;
  /** In the order in which they began. */
  const running = new Set<{ units: number; startedAtMs: number }>();
  let msPerUnit: number | undefined;

  const msOf = (units: number) => (units * (msPerUnit ?? 0)) / workers;

  /** Waiting work, including places that no idle worker can take. */
  const waitingUnits = () => {
    const waiting = Math.max(0, places.size - (workers - running.size));
    return queuedUnits + (waiting === 0 ? 0 : (placeUnits * waiting) / places.size);
  };
  const isFull = () => msOf(waitingUnits()) >= MAX_WAIT_MS;

  /** By then, all that waits now has been done. */
  const refusal = (): Busy => {
    const runningUnits = [...running].reduce((sum, { units }) => sum + units, 0);
    const seconds = Math.ceil(msOf(waitingUnits() + runningUnits) / 1000);
    return { is: "busy", retryAfterSeconds: Math.max(1, seconds) };
  };

  const learn = (ms: number, units: number) => {
    msPerUnit ??= ms / units;
    // A process that was stopped for an hour has not become slow.
    msPerUnit += WEIGHT * (Math.min(ms / units, 2 * msPerUnit) - msPerUnit);
  };

  const remove = (one: Waiting): boolean => {
    if (!queue.delete(one)) return false;
    queuedUnits -= one.units;
    return true;
  };

  const beginNext = () => {
    for (const next of queue) {
      if (running.size >= workers) return;
      remove(next);
      next.begin();
    }
  };

  const execute = async <Result>(units: number, work: () => Promise<Result>): Promise<Result> => {
    // Not the service's clock: what is measured is how long the work took.
    const startedAtMs = performance.now();
    const one = { units, startedAtMs };
    running.add(one);
    try {
      const result = await work();
      learn(performance.now() - startedAtMs, units);
      return result;
    } finally {
      running.delete(one);
      beginNext();
    }
  };

  return {
    busy: () => (isFull() ? refusal() : undefined),
    enter(units) {
      if (isFull()) return refusal();
      const place: Place = {
        is: "place",
        leave() {
          if (places.delete(place)) placeUnits -= units;
        },
      };
      places.add(place);
      placeUnits += units;
      return place;
    },
    run: (units, work, { gone, place } = {}) => {
      const isExpected = place !== undefined && places.has(place);
      place?.leave();
      if (gone?.aborted || (!isExpected && isFull())) return Promise.resolve(refusal());
      return new Promise((resolve, reject) => {
        const one: Waiting = {
          units,
          begin() {
            gone?.removeEventListener("abort", one.leave);
            execute(units, work).then((result) => resolve({ is: "done", result }), reject);
          },
          leave() {
            if (remove(one)) resolve(refusal());
          },
        };
        gone?.addEventListener("abort", one.leave);
        queue.add(one);
        queuedUnits += units;
        beginNext();
      });
    },
    state() {
      const [oldest] = running;
      return {
        waiting: queue.size,
        runningMs: oldest ? performance.now() - oldest.startedAtMs : 0,
      };
    },
    close() {
      for (const one of queue) one.leave();
    },
  };
}
