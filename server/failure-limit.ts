/** Limits how many failures the audit log records one by one, so that guessing cannot fill the disk. */

/** How long failures are counted, in milliseconds. */
const PERIOD_MS = 60_000;
/** How many failures one process records in that time, and how many of them for one account or from one address. */
const MAX_RECORDED = 60;
const MAX_RECORDED_EACH = 10;

/** Which account was tried, if it exists, and from where. */
export interface FailureSource {
  userId?: number | undefined;
  address?: string | undefined;
}

/** The limit. */
export interface FailureLimit {
  /** Counts a failure. @returns whether to record it */
  admits(failure: FailureSource): boolean;
  /** Ends the period: reports what was suppressed. */
  close(): void;
}

/** The failures of an account, of an address, or of all. */
interface Tally {
  key: string;
  source: FailureSource;
  limit: number;
  recorded: number;
  suppressed: number;
}

/**
 * Opens the limit. A period begins with a failure, so that nothing runs while there is none.
 * @param report is called at the end of a period, for each account and address with too many failures, and without
 * either if there were too many in all
 */
export function openFailureLimit(
  report: (suppressed: number, source: FailureSource) => void,
): FailureLimit {
  /** Only of what was recorded, so there are few of them however many names and addresses an attacker has. */
  const tallies = new Map<string, Tally>();
  let period: NodeJS.Timeout | undefined;

  const tally = (key: string, limit: number, source: FailureSource): Tally =>
    tallies.get(key) ?? { key, source, limit, recorded: 0, suppressed: 0 };

  function end(): void {
    clearTimeout(period);
    period = undefined;
    const over = [...tallies.values()].filter(({ suppressed }) => suppressed > 0);
    tallies.clear();
    for (const { suppressed, source } of over) report(suppressed, source);
  }

  return {
    admits({ userId, address }) {
      period ??= setTimeout(end, PERIOD_MS).unref();
      const counted = [
        ...(userId === undefined ? [] : [tally(`user ${userId}`, MAX_RECORDED_EACH, { userId })]),
        tally(`address ${address}`, MAX_RECORDED_EACH, { address }),
        tally("all", MAX_RECORDED, {}),
      ];
      const full = counted.find(({ recorded, limit }) => recorded >= limit);
      if (full) full.suppressed += 1;
      else
        for (const one of counted) {
          one.recorded += 1;
          tallies.set(one.key, one);
        }
      return full === undefined;
    },
    close: end,
  };
}
