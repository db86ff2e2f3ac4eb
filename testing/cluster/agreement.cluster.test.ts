import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDb } from "../../db/open.ts";
import { useCluster } from "./cluster.ts";
import { type Haproxy, startRoundRobin } from "./haproxy.ts";
import { type Instance, makeInstance } from "./instances.ts";
import { Load } from "./load.ts";
import { me, Person, refresh, tokensOf } from "./person.ts";

const cluster = useCluster();

test("instances that start at once on an empty database migrate it once", async () => {
  const sums = await cluster.checksums();
  expect(sums[0]).toContain("tegata.users");
  expect(new Set(sums).size).toBe(1);
  const [journal] = await cluster
    .member(0)
    .node.query(
      "SELECT COUNT(*) AS n, COUNT(DISTINCT hash) AS different FROM tegata_migrations",
      "tegata",
    );
  expect(journal?.["n"]).toBe(journal?.["different"]);
});

test("what one instance has answered, every other one knows", async () => {
  await cluster.makeLag();
  for (let i = 0; i < 6; i += 1) {
    const [a, b, c] = cluster.urls(i);
    const person = new Person();
    expect(await person.register(a)).toMatchObject({ status: 200 });
    const answer = await person.logIn(b);
    expect(answer).toMatchObject({ status: 200 });
    let tokens = tokensOf(answer);
    for (const url of [c, a, b]) {
      expect(await me(url, tokens)).toMatchObject({ status: 200 });
      tokens = tokensOf(await refresh(url, tokens));
    }
    expect(await me(c, tokens)).toMatchObject({ status: 200 });
  }
});

test("a statement of any kind waits for what other nodes have committed", async () => {
  const dbs = await Promise.all(
    cluster.galera.nodes.map((node) => openDb(node.url("tegata"), { migrate: false })),
  );
  const [a, b, c] = [dbs[0], dbs[1], dbs[2]];
  if (!a || !b || !c) return expect.unreachable();
  await cluster.makeLag();
  for (let i = 0; i < 10; i += 1) {
    const passwordHash = "not the hash of a password";
    const none = { username: null, fullName: null };
    const added = await a.users.add({ email: `${i}@b.c`, ...none, passwordHash, createdAtMs: 1 });
    const userId = added.is === "added" ? added.id : expect.unreachable();
    const id = `session ${i}`;
    const session = { id, userId, clientId: "x", scope: "me", userAgent: null, createdAtMs: 1 };
    const times = { lastUsedAtMs: 1, expiresAtMs: 9 };
    // INSERT … SELECT, INSERT with a foreign key, UPDATE and DELETE: none of them reads first.
    expect(await b.sessions.addForUser({ ...session, ...times }, passwordHash)).toBe(true);
    const token = { hash: `hash ${i}`, sessionId: id, generation: 1, createdAtMs: 1 };
    await c.refreshTokens.add({ ...token, expiresAtMs: 9 });
    expect(await b.refreshTokens.spend(`hash ${i}`, `child ${i}`, 2)).toBe(true);
    expect(await c.sessions.revoke({ id }, 3)).toBe(1);
    expect(await b.sessions.remove([id])).toBe(1);
  }
  await Promise.all(dbs.map((db) => db.close()));
});

describe("an instance whose connections go to all nodes in turn", () => {
  let balancer: Haproxy;
  let instance: Instance;
  beforeAll(async () => {
    balancer = await startRoundRobin(cluster.galera.nodes.map(({ port }) => port));
    const url = new URL(cluster.member(0).node.url("tegata"));
    url.port = String(balancer.port);
    instance = await makeInstance(url.href);
    await instance.start();
  });
  afterAll(async () => {
    await instance?.end("SIGTERM");
    await balancer?.stop();
  });

  test("reads what it has written", async () => {
    const load = new Load(instance.url, 4);
    await new Promise((resolve) => setTimeout(resolve, 15_000));
    await load.stop();
    expect(load.broken).toEqual([]);
    expect(load.count((status) => status === 200)).toBeGreaterThan(50);
  });
});

test("of any number of parallel refreshes at all instances, one makes the child that all return", async () => {
  const { node } = cluster.member(0);
  for (let i = 0; i < 30; i += 1) {
    const [a, b, c] = cluster.urls(i);
    const person = new Person();
    await person.register(a);
    const tokens = tokensOf(await person.logIn(b));
    const answers = await Promise.all([a, b, c, a, b, c].map((url) => refresh(url, tokens)));
    const children = answers.filter(({ status }) => status === 200).map((one) => tokensOf(one));
    expect(children.length).toBeGreaterThan(0);
    expect(new Set(children.map((child) => child.refresh)).size).toBe(1);
    const [stored] = await node.query(
      `SELECT COUNT(*) AS n FROM refresh_tokens JOIN sessions ON sessions.id = session_id
       JOIN users ON users.id = user_id WHERE email = '${person.email}' AND generation = 2`,
      "tegata",
    );
    expect(stored).toEqual({ n: 1 });
    // An instance that was too busy says so; it does not refuse the token.
    expect(answers.filter(({ status }) => ![200, 503].includes(status))).toEqual([]);
  }
});

describe("instances without a grace period", () => {
  let instances: Instance[];
  beforeAll(async () => {
    const more = { REFRESH_GRACE_SECONDS: "0" };
    instances = await Promise.all(
      cluster.galera.nodes.map((node) => makeInstance(node.url("tegata"), more)),
    );
    await Promise.all(instances.map((instance) => instance.start()));
  });
  afterAll(async () => {
    await Promise.all(instances.map((instance) => instance.end("SIGTERM")));
  });

  test("let one of any number of parallel refreshes win", async () => {
    let wins = 0;
    for (let i = 0; i < 50; i += 1) {
      const person = new Person();
      await person.register(cluster.urls(i)[0]);
      const tokens = tokensOf(await person.logIn(cluster.urls(i)[1]));
      const answers = await Promise.all(instances.map(({ url }) => refresh(url, tokens)));
      const won = answers.filter(({ status }) => status === 200).length;
      expect(won).toBeLessThanOrEqual(1);
      wins += won;
    }
    // An attempt that another node has kept from committing may be refused like the others.
    expect(wins).toBeGreaterThan(0);
  });
});

test("guesses are counted over all instances", async () => {
  const person = new Person();
  await person.register(cluster.urls()[0]);
  const startedAt = performance.now();
  const guesses = await Promise.all(
    Array.from({ length: 45 }, async (_, i) => {
      const [url] = cluster.urls(i);
      return { url, ...(await person.logIn(url, `wrong password ${i}`)) };
    }),
  );
  const evaluated = guesses.filter(({ status }) => status === 400);
  expect(evaluated.length).toBeGreaterThan(0);
  // One more is admitted after a second, and each second admits at most one.
  const seconds = Math.floor((performance.now() - startedAt) / 1000);
  expect(evaluated.length).toBeLessThanOrEqual(5 + seconds);
  const throttled = guesses.filter(({ status }) => status === 429);
  expect(new Set(throttled.map(({ url }) => url)).size).toBe(3);
});
