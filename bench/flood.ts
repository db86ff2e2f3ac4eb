/** A flood of logins, and a probe that sees how long other requests take meanwhile. */
import { Agent, type OutgoingHttpHeaders, request } from "node:http";
import { addressOf, emailOf, PASSWORD } from "./lab.ts";
import type { Target } from "./load.ts";
import { percentile } from "./statistics.ts";

/** How long a client waits after it was refused, in milliseconds: it does not care about `Retry-After`. */
const PAUSE_MS = 50;
/** Probes per second, whether or not the one before has been answered. */
const PROBES_PER_SECOND = 50;

interface Asked {
  method?: string;
  headers: OutgoingHttpHeaders;
  body?: string;
}

function ask(
  agent: Agent,
  url: string,
  { method = "GET", headers, body = "" }: Asked,
): Promise<{ status: number | undefined; ms: number }> {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    request(url, { method, agent, headers }, (res) => {
      res.resume().once("end", () => {
        resolve({ status: res.statusCode, ms: performance.now() - startedAt });
      });
    })
      .once("error", reject)
      .end(body);
  });
}

/** What a flood has shown. */
export interface Flooded {
  loginsPerSecond: number;
  /** How long each refusal took, in milliseconds. */
  refusalsMs: readonly number[];
}

/**
 * Lets clients log in, each again as soon as it has its response, and each as another person from another address.
 * @param first the number of the first of them: a user who logs in too often loses the oldest sessions
 * @returns the function that ends the flood
 */
export function flood(url: string, clients: number, first = 1): () => Promise<Flooded> {
  const agent = new Agent({ keepAlive: true });
  const startedAt = performance.now();
  const refusalsMs: number[] = [];
  let logins = 0;
  let isOver = false;
  const client = async (n: number) => {
    const form = { grant_type: "password", username: emailOf(n), password: PASSWORD };
    const asked = {
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        "x-forwarded-for": addressOf(n),
      },
      body: new URLSearchParams(form).toString(),
    };
    while (!isOver) {
      const { status, ms } = await ask(agent, `${url}/token`, asked);
      if (status === 200) logins += isOver ? 0 : 1;
      else {
        refusalsMs.push(ms);
        await sleep(PAUSE_MS);
      }
    }
  };
  const all = Promise.all(Array.from({ length: clients }, (_, i) => client(first + i)));
  return async () => {
    isOver = true;
    const loginsPerSecond = logins / ((performance.now() - startedAt) / 1000);
    await all;
    agent.destroy();
    return { loginsPerSecond, refusalsMs };
  };
}

/** Asks at a steady pace. @returns the 99th percentile of the response times, in milliseconds */
export async function probe(target: Target, seconds: number): Promise<number> {
  const { program, path, header, values } = target;
  const agent = new Agent({ keepAlive: true });
  const startedAt = performance.now();
  const pending: ReturnType<typeof ask>[] = [];
  for (let i = 0; i < seconds * PROBES_PER_SECOND; i += 1) {
    await sleep(startedAt + (i * 1000) / PROBES_PER_SECOND - performance.now());
    const headers = { [header]: values[i % values.length] };
    pending.push(ask(agent, program.url + path, { headers }));
  }
  const answers = await Promise.all(pending);
  agent.destroy();
  if (answers.some(({ status }) => status !== 200)) throw new Error(`${path} failed in a flood`);
  return percentile(
    answers.map(({ ms }) => ms),
    0.99,
  );
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
