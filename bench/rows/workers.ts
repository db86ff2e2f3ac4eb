/** What a second process brings. */
import { availableParallelism } from "node:os";
import { addPeople, upTo } from "../lab.ts";
import { load } from "../load.ts";
import { median, takeTurns } from "../statistics.ts";
import { atLeast, notMeasured, RATIO } from "../table.ts";
import { callersOf, PEOPLE } from "./reads.ts";
import type { Row } from "./row.ts";

/** Two for the processes, one for the database and one for the load. */
const NEEDED = 4;
/** As many for each of two processes as the other measurements have for one: lookups of fewer share their queries less. */
const CONNECTIONS = 64;

/** `me` with WORKERS=2 and with one process. */
export const workers: Row = {
  name: "workers",
  async measure(lab) {
    const what = `\`me\` with WORKERS=2, and with 1, ${CONNECTIONS} connections`;
    const processors = availableParallelism();
    if (processors < NEEDED) return [notMeasured(what, "≥ 1.70 ×", `needs ${NEEDED} processors`)];
    const databaseUrl = await lab.emptyDatabase();
    await addPeople(databaseUrl, PEOPLE);
    const startWith = async (WORKERS: string) => {
      const program = await lab.tegata({ DATABASE_URL: databaseUrl, WORKERS });
      const target = { ...(await callersOf(program, upTo(PEOPLE))), path: "/trpc/me" };
      return async (seconds: number) => (await load(target, CONNECTIONS, seconds)).perSecond;
    };
    const runs = await takeTurns(lab, {
      one: await startWith("1"),
      two: await startWith("2"),
    });
    const [one, two] = [median(runs.one), median(runs.two)];
    const figures = `${two.toFixed(0)} and ${one.toFixed(0)} per second on ${processors} processors`;
    return [atLeast(`${what} (${figures})`, two / one, 1.7, RATIO)];
  },
};
