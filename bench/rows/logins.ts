/** Logins, which cost what bcrypt costs, and what they leave for everybody else. */
import { availableParallelism } from "node:os";
import { setTimeout } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { duringFlood, probe } from "../flood.ts";
import { addPeople, type Lab, upTo } from "../lab.ts";
import { load, type Target } from "../load.ts";
import { median, percentile, takeTurns } from "../statistics.ts";
import { atLeast, atMost, type Line, RATIO } from "../table.ts";
import { callersOf } from "./reads.ts";
import type { Row } from "./row.ts";

const FEW = 16;
const MANY = 200;
/** Who is logged in. They do not log in again. */
const CALLERS = 8;
/**
 * How long the beginning of a flood lasts, in milliseconds: all clients connect at once, and those that are refused then
 * pause. In a run of a few seconds, these responses alone would be the slowest hundredth.
 */
const BEGINNING_MS = 1_000;
/** A login takes a quarter of a second: a run must see enough of them. */
const LONGER = 2;

async function startAtFullCost(lab: Lab): Promise<Target> {
  const databaseUrl = await lab.emptyDatabase();
  await addPeople(databaseUrl, CALLERS + MANY, lab.bcryptCost);
  const BCRYPT_COST = String(lab.bcryptCost);
  const program = await lab.tegata({ DATABASE_URL: databaseUrl, BCRYPT_COST });
  return { ...(await callersOf(program, upTo(CALLERS))), path: "/trpc/me" };
}

/** bcrypt alone, in as many threads as there are cores. @returns comparisons per second */
async function rawBcrypt(cost: number, seconds: number): Promise<number> {
  const rates = Array.from({ length: availableParallelism() }, () => {
    const workerData = { cost, ms: seconds * 1000 };
    const worker = new Worker(new URL("../bcrypt-worker.js", import.meta.url), { workerData });
    return new Promise<number>((resolve, reject) =>
      worker.once("message", resolve).once("error", reject),
    );
  });
  return (await Promise.all(rates)).reduce((sum, rate) => sum + rate, 0);
}

/** What a run has shown: how long each refusal and each response to a caller took, in milliseconds. */
interface Probed {
  refusalsMs: readonly number[];
  result: readonly number[];
}

/** Lets clients log in while something else is done. They are none of the callers. */
const flooding = <T>({ program }: Target, count: number, work: () => Promise<T>) =>
  duringFlood({ url: program.url, count, first: CALLERS + 1 }, work);

/** A flood of logins: what it does to people who are logged in. */
export const flooded: Row = {
  name: "flood",
  async measure(lab) {
    const target = await startAtFullCost(lab);
    const probeUnder = (clients: number, seconds: number) =>
      flooding(target, clients, async () => {
        await setTimeout(BEGINNING_MS);
        return probe(target, seconds * LONGER);
      });
    const runs = await takeTurns<"idle" | "few" | "many", Probed>(lab, {
      idle: async (seconds) => ({ refusalsMs: [], result: await probe(target, seconds * LONGER) }),
      few: (seconds) => probeUnder(FEW, seconds),
      many: (seconds) => probeUnder(MANY, seconds),
    });
    // Of all runs: a single one has 200 probes, and its slowest two are chance.
    const p99 = (of: readonly Probed[]) =>
      percentile(
        of.flatMap(({ result }) => result),
        0.99,
      );
    const [idle, few, many] = [p99(runs.idle), p99(runs.few), p99(runs.many)];
    const beside = (clients: number, p99Ms: number): Line => {
      const figures = `${p99Ms.toFixed(1)} and ${idle.toFixed(1)} ms`;
      return atMost(
        `\`me\` p99 under a flood of ${clients}, and idle (${figures})`,
        p99Ms / idle,
        2,
        RATIO,
      );
    };
    const refusals = runs.many.flatMap(({ refusalsMs }) => refusalsMs);
    return [
      beside(FEW, few),
      beside(MANY, many),
      atMost(`a refusal in a flood of ${MANY}, p99`, percentile(refusals, 0.99), 50, {
        unit: " ms",
      }),
    ];
  },
};

/** How many logins there are beside nothing else, and while people who are logged in keep the service busy. */
export const starved: Row = {
  name: "starved",
  async measure(lab) {
    const target = await startAtFullCost(lab);
    const floodDuring = async (work: () => Promise<unknown>) =>
      (await flooding(target, FEW, work)).loginsPerSecond;
    const runs = await takeTurns(lab, {
      raw: (seconds) => rawBcrypt(lab.bcryptCost, seconds * LONGER),
      alone: (seconds) => floodDuring(() => setTimeout(seconds * LONGER * 1000)),
      beside: (seconds) => floodDuring(() => load(target, 32, seconds * LONGER)),
    });
    const [raw, alone, beside] = [median(runs.raw), median(runs.alone), median(runs.beside)];
    const figures = (one: number, other: number) =>
      `${one.toFixed(1)} and ${other.toFixed(1)} per second`;
    return [
      atLeast(
        `logins of ${FEW} clients, and bcrypt alone (${figures(alone, raw)})`,
        alone / raw,
        0.95,
        RATIO,
      ),
      atLeast(
        `logins while \`me\` is flooded, and alone (${figures(beside, alone)})`,
        beside / alone,
        0.3,
        RATIO,
      ),
    ];
  },
};
