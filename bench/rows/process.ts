/** The process itself: how fast it starts, and how much memory it takes. */
import { duringFlood } from "../flood.ts";
import { addPeople } from "../lab.ts";
import { load } from "../load.ts";
import { residentMb } from "../program.ts";
import { median, takeTurns } from "../statistics.ts";
import { atMost, RATIO } from "../table.ts";
import { largeDatabase } from "./growth.ts";
import { PEOPLE, startWithCallers } from "./reads.ts";
import type { Row } from "./row.ts";

const REQUESTS = 1_000_000;
const CLIENTS = 16;

/** From the start of the process to its first response. */
export const started: Row = {
  name: "start",
  async measure(lab) {
    const databaseUrl = lab.emptyFile();
    await addPeople(databaseUrl, 1);
    const { start } = await takeTurns(
      { ...lab, rounds: lab.rounds * 2 },
      {
        start: async () => {
          const program = await lab.tegata({ DATABASE_URL: databaseUrl, BCRYPT_COST: "12" });
          await program.stop();
          return program.startMs;
        },
      },
    );
    return [atMost("start to first response (SQLite)", median(start), 700, { unit: " ms" })];
  },
};

/** Memory when nothing happens, and in a flood of everything. */
export const memory: Row = {
  name: "memory",
  async measure(lab) {
    const callers = await startWithCallers(lab, { others: CLIENTS });
    const target = { ...callers, path: "/trpc/me" };
    const { program } = callers;
    const idle = residentMb(program);
    const clients = { url: program.url, count: CLIENTS, first: PEOPLE + 1 };
    const { result: requests } = await duringFlood(clients, async () => {
      const endAt = performance.now() + lab.memorySeconds * 1000;
      // It takes long, and there is nothing here that it could disturb.
      const large = largeDatabase(lab);
      let requests = 0;
      while (performance.now() < endAt) requests += (await load(target, 32, lab.seconds)).requests;
      await large;
      return requests;
    });
    const after = residentMb(program);
    await load(target, 32, lab.seconds);
    const later = residentMb(program);
    const count = `${(requests / 1e6).toFixed(2)} million \`me\` and ${lab.memorySeconds} seconds of logins`;
    return [
      atMost("resident memory, idle", idle, 120, { unit: " MB" }),
      {
        ...atMost(`resident memory after ${count}`, after, 180, { unit: " MB" }),
        ...(requests < REQUESTS && { met: undefined }),
      },
      atMost("the same after more `me`", later / after, 1.05, RATIO),
    ];
  },
};
