/** Load by wrk, and what a request costs the program under it. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { cpuUs, type Program } from "./program.ts";

const run = promisify(execFile);

/** What is asked, and by whom. */
export interface Target {
  program: Program;
  path: string;
  method?: "GET" | "POST";
  /** JSON. */
  body?: string;
  /** The header that tells callers apart, and its value for each. They take turns. */
  header: string;
  values: readonly string[];
}

/** What a load has shown. */
export interface Measured {
  requests: number;
  perSecond: number;
  /** CPU time of the program for each request, in microseconds. */
  cpuUs: number;
  p50Us: number;
  p99Us: number;
}

/** @throws if wrk is not installed */
export async function requireWrk(): Promise<void> {
  await run("wrk", ["--version"]).catch((error: { code?: unknown }) => {
    // It ends with status 1 after it has printed its version.
    if (error.code === "ENOENT") throw new Error("wrk is not installed: apt-get install wrk");
  });
}

/**
 * Sends requests on this many connections. Each sends the next one as soon as it has the response to the one before.
 * @param seconds at least 1
 * @throws if a response is not a success: an error costs something else
 */
export function load(target: Target, connections: number, seconds: number): Promise<Measured> {
  const { method = "GET", body = "", header, values } = target;
  const url = target.program.url + target.path;
  return drive(target.program, ["callers.lua", "-t1", `-c${connections}`], url, seconds, [
    method,
    body,
    header,
    ...values,
  ]);
}

/** Exchanges refresh tokens at `POST /token`, each for its successor. The time that wrk's threads take is not measured. */
export function loadRefresh(
  program: Program,
  tokens: readonly string[],
  seconds: number,
): Promise<Measured> {
  const each = tokens.length;
  const url = `${program.url}/token`;
  return drive(program, ["refresh.lua", `-t${each}`, `-c${each}`], url, seconds, tokens);
}

async function drive(
  program: Program,
  [script, ...options]: [script: string, ...options: string[]],
  url: string,
  seconds: number,
  args: readonly string[],
): Promise<Measured> {
  const file = fileURLToPath(new URL(`load/${script}`, import.meta.url));
  const before = cpuUs(program);
  const { stdout } = await run("wrk", [
    ...options,
    `-d${seconds}s`,
    "--latency",
    "-s",
    file,
    url,
    "--",
    ...args,
  ]);
  const cost = cpuUs(program) - before;
  const [, faults] = stdout.match(/((Non-2xx|Socket errors).*)/) ?? [];
  const requests = Number(stdout.match(/(\d+) requests in/)?.[1]);
  if (faults !== undefined || !(requests > 0)) throw new Error(`${url}: ${faults ?? stdout}`);
  return {
    requests,
    perSecond: Number(stdout.match(/Requests\/sec:\s+([\d.]+)/)?.[1]),
    cpuUs: cost / requests,
    p50Us: readUs(stdout, "50%"),
    p99Us: readUs(stdout, "99%"),
  };
}

const UNITS_US: Record<string, number> = { us: 1, ms: 1e3, s: 1e6, m: 6e7 };

/** A percentile as wrk prints it: `99%    4.20ms`. */
function readUs(printed: string, name: string): number {
  const [, number, unit = ""] = printed.match(RegExp(`${name}\\s+([\\d.]+)(us|ms|s|m)`)) ?? [];
  return Number(number) * (UNITS_US[unit] ?? Number.NaN);
}
