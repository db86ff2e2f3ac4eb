/** A flood of logins, and a probe that sees how long other requests take meanwhile. */
import { Agent, type OutgoingHttpHeaders, request } from "node:http";
import { Worker } from "node:worker_threads";
import { addressOf, emailOf, PASSWORD, upTo } from "./lab.ts";
import type { Target } from "./load.ts";

/** Probes per second, whether or not the one before has been answered. */
const PROBES_PER_SECOND = 50;

function ask(
  agent: Agent,
  url: string,
  headers: OutgoingHttpHeaders,
): Promise<{ status: number | undefined; ms: number }> {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    request(url, { agent, headers }, (res) => {
      res.resume().once("end", () => {
        resolve({ status: res.statusCode, ms: performance.now() - startedAt });
      });
    })
      .once("error", reject)
      .end();
  });
}

/** What a flood has shown. */
export interface Flooded {
  /** From the first login on: until then, the flood is still beginning. */
  loginsPerSecond: number;
  /** How long each refusal took, in milliseconds. */
  refusalsMs: readonly number[];
}

/** Who floods a service. */
export interface Clients {
  /** That of the service. */
  url: string;
  count: number;
  /** The number of the first of them: a user who logs in too often loses the oldest sessions. */
  first: number;
}

/**
 * Lets clients log in while something else is done, each again as soon as it has its response, and each as another person
 * from another address.
 */
export async function duringFlood<T>(
  clients: Clients,
  work: () => Promise<T>,
): Promise<Flooded & { result: T }> {
  const end = beginFlood(clients);
  const result = await work().catch(async (error) => {
    await end();
    throw error;
  });
  return { ...(await end()), result };
}

/** The clients run in a thread of their own: what is measured meanwhile must not wait behind them. */
function beginFlood({ url, count, first }: Clients): () => Promise<Flooded> {
  const { host, port } = new URL(url);
  const requestOf = (n: number) => {
    const form = { grant_type: "password", username: emailOf(n), password: PASSWORD };
    const body = new URLSearchParams(form).toString();
    return [
      "POST /token HTTP/1.1",
      `host: ${host}`,
      "content-type: application/x-www-form-urlencoded",
      `content-length: ${body.length}`,
      `x-forwarded-for: ${addressOf(n)}`,
      "",
      body,
    ].join("\r\n");
  };
  const requests = upTo(count).map((i) => requestOf(first + i - 1));
  const workerData = { port: Number(port), requests };
  const worker = new Worker(new URL("flood-worker.js", import.meta.url), { workerData });
  const ended = new Promise<Flooded>((resolve, reject) =>
    worker.once("message", resolve).once("error", reject),
  );
  return () => {
    worker.postMessage("end");
    return ended;
  };
}

/** Asks at a steady pace. @returns the response times, in milliseconds */
export async function probe(target: Target, seconds: number): Promise<number[]> {
  const { program, path, header, values } = target;
  const agent = new Agent({ keepAlive: true });
  const startedAt = performance.now();
  const pending: ReturnType<typeof ask>[] = [];
  for (let i = 0; i < seconds * PROBES_PER_SECOND; i += 1) {
    await sleep(startedAt + (i * 1000) / PROBES_PER_SECOND - performance.now());
    const headers = { [header]: values[i % values.length] };
    pending.push(ask(agent, program.url + path, headers));
  }
  const answers = await Promise.all(pending);
  agent.destroy();
  if (answers.some(({ status }) => status !== 200)) throw new Error(`${path} failed in a flood`);
  return answers.map(({ ms }) => ms);
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
