/** The refresh_token grant: every page and app comes back with one, twice an hour. */
import { addPeople, logInAll, upTo } from "../lab.ts";
import { loadRefresh } from "../load.ts";
import { median, takeTurns } from "../statistics.ts";
import { atLeast, atMost } from "../table.ts";
import type { Row } from "./row.ts";

const CHAINS = 32;

export const refresh: Row = {
  name: "refresh",
  async measure(lab) {
    const databaseUrl = await lab.emptyDatabase();
    await addPeople(databaseUrl, CHAINS);
    const program = await lab.tegata({ DATABASE_URL: databaseUrl });
    const runs = await takeTurns(lab, {
      refresh: async (seconds) => {
        const tokens = await logInAll(program, upTo(CHAINS));
        return loadRefresh(
          program,
          tokens.map(({ refresh_token }) => refresh_token),
          seconds,
        );
      },
    });
    const cpuMs = median(runs.refresh.map(({ cpuUs }) => cpuUs)) / 1000;
    const rate = median(runs.refresh.map(({ perSecond }) => perSecond));
    return [
      atMost("refresh_token grant, CPU per request", cpuMs, 1.5, { unit: " ms", digits: 2 }),
      atLeast("refresh_token grant", rate, 1500, { unit: " per second" }),
    ];
  },
};
