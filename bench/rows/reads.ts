/** What every page asks all the time: who am I, and am I logged in. */
import { addPeople, type Lab, logInAll, upTo } from "../lab.ts";
import { load, type Measured, type Target } from "../load.ts";
import {
  BETTER_AUTH,
  FASTAPI,
  LEAN_FASTIFY,
  PEERS,
  type Peer,
  startConstant,
  startPeer,
} from "../peers.ts";
import type { Program } from "../program.ts";
import { median, takeTurns } from "../statistics.ts";
import { atLeast, atMost, type Line, MICROSECONDS, notMeasured, RATIO } from "../table.ts";
import type { Row } from "./row.ts";

const CONNECTIONS = 32;
/** More than connections: callers that ask at the same time are different ones. */
export const PEOPLE = 64;

/** Who asks: everybody in turn, each with their own token. */
export type Callers = Pick<Target, "program" | "header" | "values">;

/** Logs people in. */
export async function callersOf(program: Program, numbers: readonly number[]): Promise<Callers> {
  const all = await logInAll(program, numbers);
  const values = all.map(({ access_token }) => `Bearer ${access_token}`);
  return { program, header: "authorization", values };
}

/** Starts Tegata on MariaDB, with people who are logged in. @param options `others`: how many more are not */
export async function startWithCallers(
  lab: Lab,
  { nodeOptions = [], others = 0 }: { nodeOptions?: readonly string[]; others?: number } = {},
): Promise<Callers> {
  const databaseUrl = await lab.emptyDatabase();
  await addPeople(databaseUrl, PEOPLE + others);
  return callersOf(await lab.tegata({ DATABASE_URL: databaseUrl }, nodeOptions), upTo(PEOPLE));
}

const cpu = (runs: readonly Measured[]) => median(runs.map(({ cpuUs }) => cpuUs));
const p50 = (runs: readonly Measured[]) => median(runs.map(({ p50Us }) => p50Us));
const run =
  (target: Target, connections = CONNECTIONS) =>
  (seconds: number) =>
    load(target, connections, seconds);

/** `me` through tRPC, beside the peers, and through REST. */
export const me: Row = {
  name: "me",
  async measure(lab) {
    const tegata = { ...(await startWithCallers(lab)), path: "/trpc/me" };
    const measurements: Record<string, ReturnType<typeof run>> = {
      tegata: run(tegata),
      rest: run({ ...tegata, path: "/api/users/me" }),
    };
    for (const peer of PEERS) {
      const target = await startPeer(lab, peer, PEOPLE);
      if (target) measurements[peer.name] = run(target);
    }
    const runs = await takeTurns(lab, measurements);
    const [ours, rest] = [cpu(runs["tegata"] ?? []), cpu(runs["rest"] ?? [])];
    const compare = (
      { name }: Peer,
      goal: string,
      line: (what: string, theirs: number) => Line,
    ): Line => {
      const what = `\`me\` tRPC and ${name}`;
      const theirs = runs[name];
      if (!theirs) return notMeasured(what, goal, "not installed");
      return line(`${what} (${cpu(theirs).toFixed(0)} µs)`, cpu(theirs));
    };
    return [
      atMost("`me` tRPC, CPU per request", ours, 50, MICROSECONDS),
      compare(LEAN_FASTIFY, "≤ 0.60 ×", (what, theirs) => atMost(what, ours / theirs, 0.6, RATIO)),
      compare(FASTAPI, "≥ 20 ×", (what, theirs) => atLeast(what, theirs / ours, 20, RATIO)),
      compare(BETTER_AUTH, "≥ 35 ×", (what, theirs) => atLeast(what, theirs / ours, 35, RATIO)),
      atMost(`\`me\` REST (${rest.toFixed(0)} µs) and tRPC`, rest / ours, 1.3, RATIO),
    ];
  },
};

/** One caller alone: nothing happens at the same time that could be shared. */
export const alone: Row = {
  name: "alone",
  async measure(lab) {
    const what = "`me` with one connection, p50, and lean Fastify";
    const target = { ...(await startWithCallers(lab)), path: "/trpc/me" };
    const peer = await startPeer(lab, LEAN_FASTIFY, PEOPLE);
    if (!peer) return [notMeasured(what, "≤ 1.10 ×", "not installed")];
    const runs = await takeTurns(lab, {
      tegata: run(target, 1),
      lean: run(peer, 1),
    });
    const [ours, theirs] = [p50(runs.tegata), p50(runs.lean)];
    const figures = `${ours.toFixed(0)} and ${theirs.toFixed(0)} µs`;
    return [atMost(`${what} (${figures})`, ours / theirs, 1.1, RATIO)];
  },
};

/** Tokens that nobody has issued: an attacker has as many as they like. */
export const garbage: Row = {
  name: "garbage",
  async measure(lab) {
    const callers = await startWithCallers(lab);
    const [real = ""] = callers.values;
    const header = real.split(".")[0] ?? "";
    const payload = (n: number) => Buffer.from(`{"sub":"${n}"}`).toString("base64url");
    const forged = upTo(PEOPLE).map((n) => `${header}.${payload(n)}.${"x".repeat(86)}`);
    const noise = upTo(PEOPLE).map((n) => `Bearer x${n}.y.z`);
    const path = "/trpc/isLoggedIn";
    const target = { ...callers, values: noise, path };
    const runs = await takeTurns(lab, {
      noise: run(target),
      forged: run({ ...target, values: forged }),
      constant: run({ ...target, program: await startConstant(lab) }),
    });
    const others = `${cpu(runs.forged).toFixed(0)} µs with a forged signature; a constant of node:http takes ${cpu(runs.constant).toFixed(0)} µs`;
    const what = `\`isLoggedIn\` with a garbage token (${others})`;
    return [atMost(what, cpu(runs.noise), 25, MICROSECONDS)];
  },
};

/** Many procedures in one request. */
export const batch: Row = {
  name: "batch",
  async measure(lab) {
    const callers = await startWithCallers(lab);
    const batchOf = (calls: number): Target => {
      const names = Array.from({ length: calls }, () => "me").join(",");
      return { ...callers, path: `/trpc/${names}?batch=1`, method: "POST", body: "{}" };
    };
    const runs = await takeTurns(lab, {
      one: run(batchOf(1)),
      ten: run(batchOf(10)),
    });
    const [one, ten] = [cpu(runs.one), cpu(runs.ten)];
    const figures = `${ten.toFixed(0)} and ${one.toFixed(0)} µs`;
    return [
      atMost(`a batch of 10 procedures in one POST, and of one (${figures})`, ten / one, 2, RATIO),
    ];
  },
};

/** The default database. */
export const sqlite: Row = {
  name: "sqlite",
  async measure(lab) {
    const databaseUrl = lab.emptyFile();
    await addPeople(databaseUrl, PEOPLE);
    const callers = await callersOf(await lab.tegata({ DATABASE_URL: databaseUrl }), upTo(PEOPLE));
    const runs = await takeTurns(lab, { me: run({ ...callers, path: "/trpc/me" }) });
    return [atMost("SQLite, `me` tRPC, CPU per request", cpu(runs.me), 40, MICROSECONDS)];
  },
};
