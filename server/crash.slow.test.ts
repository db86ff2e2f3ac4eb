import { randomInt } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type Account, logIn, refresh, register, work } from "../testing/accounts-load.ts";
import { ENGINES } from "../testing/engines.ts";
import { expectWhole } from "../testing/integrity.ts";
import { urlOf, useProcesses } from "../testing/process.ts";
import { SECRET_KEY } from "../testing/service.ts";

const ROUNDS = 20;
const ACTS = 60;

const run = useProcesses();

/** What was confirmed holds, and what was not is whole or not there. */
async function verify(url: string, account: Account, isStrict: boolean, round: string) {
  const { email, isConfirmed, tokens, isRefreshing } = account;
  if (!isConfirmed) expect([200, 409], round).toContain((await register(url, email)).status);
  expect(await logIn(url, email), `${email} in ${round}`).toMatchObject({ status: 200 });
  const [last, used] = [tokens.at(-1), tokens.at(-2)];
  if (last === undefined) return;
  const { status } = await refresh(url, last);
  // A strict service takes the repetition of a lost request for theft.
  if (!isStrict || !isRefreshing) expect(status, `${email} in ${round}`).toBe(200);
  if (used === undefined) return;
  const again = await refresh(url, used);
  if (isStrict) expect(again.status, `${email} in ${round}`).toBe(400);
  // It may come back for a while, but has no second successor.
  else expect([undefined, last], `${email} in ${round}`).toContain(again.refreshToken);
}

describe.concurrent.each(ENGINES)("on $name", (engine) => {
  test(`whatever was confirmed survives ${ROUNDS} kills during ${ACTS} registrations and refreshes, and nothing is half written`, {
    timeout: 600_000,
  }, async ({ expect }) => {
    const databaseUrl = await engine.emptyDatabase();
    const start = async (isStrict: boolean) => {
      const service = run({
        PORT: "0",
        DATABASE_URL: databaseUrl,
        SECRET_KEY,
        LOG_LEVEL: "silent",
        LOGIN_FAILURES_PER_ADDRESS: "1000000",
        REGISTRATIONS_PER_ADDRESS: "1000000",
        // Each account begins with an item, which is added after it.
        FIRST_ITEM: "true",
        REFRESH_GRACE_SECONDS: isStrict ? "0" : "30",
      });
      return { service, url: await urlOf(service) };
    };
    let accounts: Account[] = [];
    const confirmed: string[] = [];
    let unanswered = 0;
    for (let kills = 0; kills <= ROUNDS; kills += 1) {
      const isStrict = kills % 2 === 1;
      const { service, url } = await start(isStrict);
      const round = `after ${kills} kills on ${engine.name}`;
      // One after the other: the queue for passwords must not be full.
      for (const account of accounts) await verify(url, account, isStrict, round);
      const killAt = randomInt(1, ACTS);
      if (kills < ROUNDS)
        accounts = await work(url, `round${kills}`, ACTS, (count) => {
          if (count === killAt) service.signal("SIGKILL");
        });
      service.signal("SIGKILL");
      await service.ended;
      if (kills < ROUNDS)
        confirmed.push(...accounts.filter((one) => one.isConfirmed).map(({ email }) => email));
      unanswered += accounts.filter((one) => !one.isConfirmed || one.isRefreshing).length;
    }
    // Otherwise the kills have hit nothing.
    expect(unanswered).toBeGreaterThan(0);
    await expectWhole(databaseUrl, confirmed);
  });
});
