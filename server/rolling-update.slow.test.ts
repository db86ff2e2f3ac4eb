/** Decision 053: two versions on one database during an update, and the way back. */
import { resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { work } from "../testing/accounts-load.ts";
import { me, Person, refresh, send, tokensOf } from "../testing/cluster/person.ts";
import { ENGINES } from "../testing/engines.ts";
import { expectWhole } from "../testing/integrity.ts";
import { buildNextVersion } from "../testing/next-version.ts";
import { urlOf, useProcesses } from "../testing/process.ts";
import { ISSUER, SECRET_KEY } from "../testing/service.ts";
import { runSql } from "../testing/sql.ts";

const run = useProcesses();
const THIS = resolve("dist/server/main.js");
let next: string;
beforeAll(() => {
  next = buildNextVersion();
});

describe.each(ENGINES)("a rolling update on $name", (engine) => {
  const launch = (program: string, databaseUrl: string, more: Record<string, string> = {}) => {
    const env = { PORT: "0", DATABASE_URL: databaseUrl, SECRET_KEY, ISSUER };
    return run({ ...env, ...more }, { args: [program] });
  };
  const start = async (program: string, databaseUrl: string) => {
    const service = launch(program, databaseUrl);
    const url = await urlOf(service);
    return {
      url,
      /** Ends it. Expects that it has answered everything, and never with an error of its own. */
      async end() {
        service.signal("SIGTERM");
        expect(await service.ended).toEqual({ code: 0, signal: null });
        expect(service.printed()).not.toMatch(/"status":5|"aborted"|"level":[56]0/);
      },
    };
  };
  type Started = Awaited<ReturnType<typeof start>>;

  /** What a person does whose requests go to the two in turn. */
  async function live(a: Started, b: Started): Promise<string> {
    const person = new Person();
    expect(await person.register(a.url)).toMatchObject({ status: 200 });
    const first = tokensOf(await person.logIn(b.url));
    expect(await me(a.url, first)).toMatchObject({ status: 200 });
    const second = tokensOf(await refresh(a.url, first));
    // A repetition gets the same token from the other one.
    expect(tokensOf(await refresh(b.url, first)).refresh).toBe(second.refresh);
    const third = tokensOf(await refresh(b.url, second));
    const token = new URLSearchParams({ token: third.refresh });
    expect(await me(b.url, third)).toMatchObject({ status: 200 });
    expect(await send(`${a.url}/revoke`, { method: "POST", body: token })).toMatchObject({
      status: 200,
    });
    for (const { url } of [b, a]) {
      expect(await me(url, third)).toMatchObject({ status: 401 });
      expect(await refresh(url, third)).toMatchObject({ status: 400 });
    }
    return person.email;
  }

  test("both versions serve one database at the same time, and each the sessions of the other", async () => {
    const databaseUrl = await engine.emptyDatabase();
    const old = await start(THIS, databaseUrl);
    const person = new Person();
    await person.register(old.url);
    const tokens = tokensOf(await person.logIn(old.url));
    // The next one migrates while this one works.
    let starting: Promise<Started> | undefined;
    const before = await work(old.url, "before", 40, (count) => {
      if (count === 10) starting = start(next, databaseUrl);
    });
    const young = (await starting) ?? expect.unreachable();
    const [atOld, atYoung] = await Promise.all([
      work(old.url, "old", 40, () => undefined),
      work(young.url, "young", 40, () => undefined),
    ]);
    const lives: string[] = [];
    for (let i = 0; i < 4; i += 1)
      lives.push(await (i % 2 === 0 ? live(old, young) : live(young, old)));
    expect(await send(`${old.url}/readyz`)).toMatchObject({ status: 200 });
    await old.end();
    const renewed = tokensOf(await refresh(young.url, tokens));

    // The way back: this version starts on the tables of the next one.
    const again = await start(THIS, databaseUrl);
    expect(await me(again.url, renewed)).toMatchObject({ status: 200 });
    lives.push(await live(again, young), await live(young, again));
    await young.end();
    tokensOf(await refresh(again.url, renewed));
    await again.end();

    const accounts = [...before, ...atOld, ...atYoung];
    expect(accounts.map(({ isConfirmed }) => isConfirmed)).not.toContain(false);
    await expectWhole(databaseUrl, [...accounts, person].map(({ email }) => email).concat(lives));
    const other = "SELECT COUNT(*) AS n FROM refresh_tokens WHERE next_count <> 7";
    expect(await runSql(databaseUrl, other)).toEqual([{ n: 0 }]);
  });

  test("a version on the tables of the one before does not start without migrating, and says what to do", async () => {
    const databaseUrl = await engine.emptyDatabase();
    await (await start(THIS, databaseUrl)).end();
    // It migrates, and then finds that something is missing.
    const incomplete = launch(buildNextVersion({ migration: false }), databaseUrl);
    expect(await incomplete.ended).toEqual({ code: 1, signal: null });
    expect(incomplete.printed()).toMatch(/lacks a table or column/);
    const unmigrated = launch(next, databaseUrl, { MIGRATE_ON_START: "false" });
    expect(await unmigrated.ended).toEqual({ code: 1, signal: null });
    expect(unmigrated.printed()).toMatch(/lacks a table or column.*npm run db:migrate/);

    const migrated = await start(next, databaseUrl);
    expect(await new Person().register(migrated.url)).toMatchObject({ status: 200 });
    await migrated.end();
  });
});
