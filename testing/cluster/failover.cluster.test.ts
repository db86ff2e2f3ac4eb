import { afterAll, expect, test } from "vitest";
import { useCluster } from "./cluster.ts";
import { Load } from "./load.ts";
import { me, Person, refresh, send, tokensOf } from "./person.ts";

/** How long the load runs before and after something fails, in milliseconds. */
const CALM_MS = 4_000;
const FAILURE_MS = 12_000;
/** By then the service must answer again, in milliseconds. */
const BACK_MS = 5_000;
const PEOPLE = 4;

const cluster = useCluster();
const figures: Record<string, string | number>[] = [];
afterAll(() => console.table(figures));

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Puts a load on the cluster, lets something fail and come back, and checks every promise. */
async function endure(what: string, fail: () => Promise<void>, mend: () => Promise<void>) {
  const load = new Load(cluster.url, PEOPLE);
  await wait(CALM_MS);
  load.resetGap();
  await fail();
  await wait(FAILURE_MS);
  const gapMs = load.longestGapMs;
  const mendingAt = performance.now();
  load.resetGap();
  await mend();
  const mendedMs = Math.round(performance.now() - mendingAt);
  await wait(CALM_MS);
  const returnGapMs = load.longestGapMs;
  await load.stop();
  const lost = await missing(load);
  figures.push({
    what,
    registered: load.registered.length,
    lost: lost.length,
    "other answers denied": load.broken.length,
    "answered 200": load.count((status) => status === 200),
    "answered 5xx": load.count((status) => status >= 500),
    "no answer": load.count((status) => status === 0),
    "longest gap (ms)": gapMs,
    "back in the cluster (ms)": mendedMs,
    "longest gap meanwhile (ms)": returnGapMs,
  });
  expect(lost).toEqual([]);
  expect(load.broken).toEqual([]);
  expect(load.registered.length).toBeGreaterThan(0);
  // How long the service is out is what these scenarios measure.
  expect(gapMs).toBeLessThan(BACK_MS);
  expect(new Set(await cluster.checksums()).size).toBe(1);
}

/** Those who were told that they are registered, and cannot log in. */
async function missing(load: Load): Promise<string[]> {
  const lost: string[] = [];
  for (const [i, person] of load.registered.entries()) {
    const [url] = cluster.urls(i);
    const answer = await person.logIn(url);
    if (answer.status !== 200) lost.push(`${person.email}: ${answer.status} ${answer.text}`);
  }
  return lost;
}

test("a database node is killed, and comes back with the changes that it missed", async () => {
  const { node } = cluster.member(1);
  await endure(
    "a database node is killed",
    () => node.kill(),
    () => node.start(),
  );
  expect(node.log).toMatch(/IST receiver addr/);
  expect(node.log).not.toContain("rsync SST completed on joiner");
});

test("a database node is killed and loses its disk, and comes back with a copy of everything", async () => {
  const { node } = cluster.member(0);
  await endure(
    "a database node loses its disk",
    () => node.kill(),
    () => {
      node.lose();
      return node.start();
    },
  );
  expect(node.log).toContain("rsync SST completed on joiner");
});

test("a database node stops answering, and goes on", async () => {
  const { node } = cluster.member(2);
  await endure(
    "a database node is frozen",
    async () => node.signal("SIGSTOP"),
    async () => {
      node.signal("SIGCONT");
      await expect.poll(() => node.isSynced(), { timeout: 60_000 }).toBe(true);
    },
  );
});

test("an instance is killed, and started again", async () => {
  const { instance } = cluster.member(2);
  await endure(
    "an instance is killed",
    async () => void (await instance.end("SIGKILL")),
    () => instance.start(),
  );
});

test("an instance is asked to end, and started again", async () => {
  const { instance } = cluster.member(0);
  let code: number | null = null;
  await endure(
    "an instance is asked to end",
    async () => {
      code = await instance.end("SIGTERM");
    },
    () => instance.start(),
  );
  expect(code).toBe(0);
});

test("a database node that has lost both others refuses everything with 503, until they are back", async () => {
  const { instance } = cluster.member(0);
  const others = [cluster.member(1).node, cluster.member(2).node];
  const person = new Person();
  await person.register(instance.url);
  const tokens = tokensOf(await person.logIn(instance.url));
  for (const node of others) node.signal("SIGSTOP");
  const readiness = async () => (await send(`${instance.url}/readyz`)).status;
  await expect.poll(readiness, { timeout: 30_000 }).toBe(503);
  // It has noticed by itself now, and does not only wait for the others.
  await expect.poll(() => cluster.member(0).node.isSynced(), { timeout: 30_000 }).toBe(false);
  const asked = [
    () => me(instance.url, tokens),
    () => refresh(instance.url, tokens),
    () => person.logIn(instance.url),
    () => new Person().register(instance.url),
  ];
  for (const ask of asked) expect(await ask()).toMatchObject({ status: 503 });
  for (const node of others) node.signal("SIGCONT");
  await expect.poll(readiness, { timeout: 60_000 }).toBe(200);
  await expect
    .poll(async () => (await me(instance.url, tokens)).status, { timeout: 30_000 })
    .toBe(200);
  expect(await refresh(instance.url, tokens)).toMatchObject({ status: 200 });
  await expect
    .poll(async () => new Set(await cluster.checksums()).size, { timeout: 60_000 })
    .toBe(1);
});
