/** Logins, which cost what bcrypt costs, and what they leave for everybody else. */
import { availableParallelism } from "node:os";
import { setTimeout } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { type Flooded, flood, probe } from "../flood.ts";
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
 * How long a flood begins, in milliseconds: all its clients connect at once, and each then waits as it is told. In a run of
 * a few seconds, these responses alone would be the slowest hundredth.
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

interface UnderFlood extends Flooded {
  probesMs: readonly number[];
}
const NO_FLOOD: Flooded = { loginsPerSecond: 0, refusalsMs: [] };

async function probeUnder(target: Target, clients: number, seconds: number): Promise<UnderFlood> {
  const end = flood(target.program.url, clients, CALLERS + 1);
  await setTimeout(BEGINNING_MS);
  const probesMs = await probe(target, seconds * LONGER);
  return { probesMs, ...(await end()) };
}

/** A flood of logins: what it does to people who are logged in. */
export const flooded: Row = {
  name: "flood",
  async measure(lab) {
    const target = await startAtFullCost(lab);
    const runs = await takeTurns(lab, {
      idle: async (seconds) => ({ ...NO_FLOOD, probesMs: await probe(target, seconds * LONGER) }),
      few: (seconds) => probeUnder(target, FEW, seconds),
      many: (seconds) => probeUnder(target, MANY, seconds),
    });
    // Of all runs: the two slowest of a single one are chance.
    const p99 = (of: readonly UnderFlood[]) =>
      percentile(
        of.flatMap(({ probesMs }) => probesMs),
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
    const floodDuring = async (work: Promise<unknown>) => {
      const end = flood(target.program.url, FEW, CALLERS + 1);
      await work;
      return (await end()).loginsPerSecond;
    };
    const runs = await takeTurns(lab, {
      raw: (seconds) => rawBcrypt(lab.bcryptCost, seconds * LONGER),
      alone: (seconds) => floodDuring(setTimeout(seconds * LONGER * 1000)),
      beside: (seconds) => floodDuring(load(target, 32, seconds * LONGER)),
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
