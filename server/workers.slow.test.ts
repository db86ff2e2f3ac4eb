/** Several processes that share a port: what a caller, an operator and the log see of them. */
import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { describe, expect, test } from "vitest";
import { openDb } from "../db/open.ts";
import { ENGINES } from "../testing/engines.ts";
import { type Running, urlOf, useProcesses } from "../testing/process.ts";
import { PASSWORD, SECRET_KEY } from "../testing/service.ts";

const start = useProcesses();
const JSON_TYPE = { "content-type": "application/json" };
const FORM_TYPE = { "content-type": "application/x-www-form-urlencoded" };
const run = (env: Record<string, string>) =>
  start({ PORT: "0", WORKERS: "2", SECRET_KEY, TRUST_PROXY: "1", ...env });

/** Sends a request, on a new connection or on one of an agent. */
async function send(
  url: string,
  { body, headers = {}, agent }: { body?: string; headers?: Record<string, string>; agent?: Agent },
): Promise<IncomingMessage> {
  const method = body === undefined ? "GET" : "POST";
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, { method, headers, agent: agent ?? false }, resolve)
      .once("error", reject)
      .end(body);
  });
  response.resume();
  await once(response, "end");
  return response;
}

/** The lines of the log. @throws if one of them is torn */
const linesOf = (service: Running) => {
  const lines = service.printed().split("\n").slice(0, -1);
  return lines.filter((line) => /^\S/.test(line) && !line.startsWith("Tegata")).map(parse);
};
const parse = (line: string): { pid: number; worker?: number; msg: string } => JSON.parse(line);
/** The processes that have answered requests. */
const servants = (service: Running) =>
  new Set(
    [...service.printed().matchAll(/"pid":(\d+),"requestId"/g)].map(([, pid]) => Number(pid)),
  );

/**
 * Opens connections that stay open, until each of two workers has at least one: the system alone decides which of them accepts
 * a connection, so a few requests may all go to the same one.
 */
async function connect(service: Running, url: string, count: number): Promise<Agent[]> {
  const agents: Agent[] = [];
  await expect
    .poll(
      async () => {
        const agent = new Agent({ keepAlive: true, maxSockets: 1 });
        agents.push(agent);
        await send(`${url}/healthz`, { agent });
        return agents.length >= count && servants(service).size === 2;
      },
      { timeout: 30_000, interval: 1 },
    )
    .toBe(true);
  // The newest: the last one may be the only one of its worker.
  for (const agent of agents.splice(0, agents.length - count)) agent.destroy();
  return agents;
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.each(ENGINES)("two workers, on $name", (engine) => {
  test("both answer, and one that is killed is replaced while the other goes on", async () => {
    const service = run({ DATABASE_URL: await engine.emptyDatabase() });
    const url = await urlOf(service);
    const untilServed = (count: number) =>
      expect
        .poll(
          async () => {
            expect((await send(`${url}/readyz`, {})).statusCode).toBe(200);
            return servants(service).size;
          },
          { timeout: 60_000, interval: 20 },
        )
        .toBe(count);
    await untilServed(2);

    const [killed = expect.unreachable()] = servants(service);
    let isOver = false;
    /** Undefined for a request that was not answered. */
    const statuses: (number | undefined)[] = [];
    const caller = async () => {
      for (; !isOver; await sleep(10)) {
        const response = await send(`${url}/trpc/isLoggedIn`, {}).catch(() => undefined);
        statuses.push(response?.statusCode);
      }
    };
    const callers = Array.from({ length: 8 }, caller);
    process.kill(killed, "SIGKILL");
    await service.until(/"a worker has ended"/);
    expect(linesOf(service)).toContainEqual(
      expect.objectContaining({ msg: "a worker has ended", worker: killed, signal: "SIGKILL" }),
    );
    await untilServed(3);
    isOver = true;
    await Promise.all(callers);
    expect(new Set(statuses.filter((status) => status !== undefined))).toEqual(new Set([200]));
    // At most what was on the way to the one that was killed.
    expect(statuses.filter((status) => status === undefined).length).toBeLessThanOrEqual(8);
    service.signal("SIGTERM");
    expect(await service.ended).toEqual({ code: 0, signal: null });
  }, 120_000);

  test("throttle together: of 40 parallel guesses for a name, the first five are evaluated (security L15)", async () => {
    const service = run({ DATABASE_URL: await engine.emptyDatabase() });
    const url = await urlOf(service);
    const body = new URLSearchParams({ username: "nobody", password: "wrong password" });
    const guess = (agent: Agent) =>
      send(`${url}/token`, { body: body.toString(), headers: FORM_TYPE, agent });
    const agents = await connect(service, url, 40);
    const startedAtMs = performance.now();
    const guesses = await Promise.all(agents.map(guess));
    const statuses = guesses.map(({ statusCode }) => statusCode);
    for (const agent of agents) agent.destroy();
    const evaluated = statuses.filter((status) => status === 400).length;
    expect(evaluated).toBeGreaterThanOrEqual(5);
    // And one more after 1, 2, 4 … seconds.
    const seconds = (performance.now() - startedAtMs) / 1000;
    expect(evaluated).toBeLessThanOrEqual(5 + Math.log2(1 + seconds));
    expect(statuses.filter((status) => status === 429)).toHaveLength(40 - evaluated);
    service.signal("SIGTERM");
    expect(await service.ended).toEqual({ code: 0, signal: null });
  }, 60_000);

  test.each([
    ["the first process", []],
    ["all of them, as a terminal does", ["workers"]],
  ])(
    "at a SIGTERM to %s, every request is answered, and what was acknowledged is stored",
    async (_, also) => {
      const database = await engine.emptyDatabase();
      const service = run({ DATABASE_URL: database });
      const url = await urlOf(service);
      const agents = await connect(service, url, 12);
      const stored: string[] = [];
      /** What came on a connection that had been idle for a second, and was just being closed. */
      const unanswered: string[] = [];
      let told = 0;
      const caller = async (agent: Agent, n: number) => {
        for (let i = 0; ; i += 1) {
          const email = `person${n}.${i}@example.com`;
          const body = JSON.stringify({ email, password: PASSWORD });
          const headers = { ...JSON_TYPE, "x-forwarded-for": `10.0.${n}.1` };
          const response = await send(`${url}/trpc/register`, { body, headers, agent }).catch(
            () => undefined,
          );
          if (!response) return void unanswered.push(email);
          expect(response.statusCode).toBe(200);
          stored.push(email);
          if (response.headers.connection !== "close") continue;
          told += 1;
          return;
        }
      };
      const callers = Promise.all(agents.map(caller));
      const count = (n: number) => stored.filter((email) => email.startsWith(`person${n}.`)).length;
      while (agents.some((_, n) => count(n) < 3)) await sleep(5);
      if (also.length > 0) for (const pid of servants(service)) process.kill(pid, "SIGTERM");
      service.signal("SIGTERM");
      await callers;
      expect(told + unanswered.length).toBe(12);
      expect(await service.ended).toEqual({ code: 0, signal: null });
      expect(linesOf(service).map(({ msg }) => msg)).not.toContain("a worker has ended");
      for (const agent of agents) agent.destroy();
      const db = await openDb(database, { migrate: false });
      for (const email of stored) expect(await db.users.findByEmail(email)).toBeDefined();
      for (const email of unanswered) expect(await db.users.findByEmail(email)).toBeUndefined();
      await db.close();
    },
    60_000,
  );
});

describe("the first of several workers", () => {
  test("migrates, makes the secret, and says where the service is; the log has whole lines with their process", async () => {
    const service = run({ SECRET_KEY: "" });
    const url = await urlOf(service);
    await service.until(/secret +\.data\/secret \(generated now\)$/m);
    const agents = await connect(service, url, 40);
    const answers = agents.flatMap((agent) =>
      Array.from({ length: 10 }, () => send(`${url}/healthz`, { agent })),
    );
    await Promise.all(answers);
    for (const agent of agents) agent.destroy();
    await expect
      .poll(() => service.printed().match(/"requestId"/g)?.length)
      .toBeGreaterThanOrEqual(440);
    expect(linesOf(service).length).toBeGreaterThanOrEqual(440);
    expect(service.printed().match(/listening/g)).toHaveLength(1);
    service.signal("SIGTERM");
    expect(await service.ended).toEqual({ code: 0, signal: null });
  }, 60_000);

  test("says why it cannot start, and none is started again", async () => {
    const other = run({ WORKERS: "1" });
    const { port } = new URL(await urlOf(other));
    const service = run({ PORT: port });
    expect(await service.ended).toEqual({ code: 1, signal: null });
    expect(service.printed()).toMatch(/^Tegata cannot start: .*EADDRINUSE.*\n$/);
    other.signal("SIGTERM");
    await other.ended;
  }, 60_000);

  test("ends with the process that has started it", async () => {
    const service = run({});
    const url = await urlOf(service);
    service.signal("SIGKILL");
    await service.ended;
    await expect(send(`${url}/healthz`, {})).rejects.toThrow("ECONNREFUSED");
  }, 60_000);
});
