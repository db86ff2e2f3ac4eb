/** A start that fails leaves nothing open: an application that has Tegata inside goes on, and may try again. */
import { expect, inject, onTestFinished, test } from "vitest";
import { ENGINES } from "../testing/engines.ts";
import { isRedisInstalled, startRedis } from "../testing/redis.ts";
import { SECRET_KEY } from "../testing/service.ts";
import { runSql } from "../testing/sql.ts";
import { loadSettings } from "./environment.ts";
import { openTegata } from "./tegata.ts";

/** The connections to a database, without the one that asks. */
const CONNECTIONS =
  "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()";

// A file of SQLite is closed too, but only seen to be closed when the garbage of its driver is collected.
const engine = ENGINES.find(({ name }) => name !== "SQLite");

const open = (databaseUrl: string, more: Record<string, string>) => {
  const env = { DATABASE_URL: databaseUrl, SECRET_KEY, BCRYPT_COST: "4", PORT: "0" };
  const loaded = loadSettings({ ...env, ...more });
  return loaded.is === "invalid" ? expect.unreachable() : openTegata(loaded.settings);
};

test.runIf(isRedisInstalled() && inject("mariadb"))(
  "a wrong password of Redis ends the start at once, and closes the database",
  async () => {
    const databaseUrl = (await engine?.emptyDatabase()) ?? expect.unreachable();
    const countOpen = async () => (await runSql(databaseUrl, CONNECTIONS)).length;
    const tegata = await open(databaseUrl, {});
    expect(await countOpen()).toBeGreaterThan(0);
    await tegata.close();
    await expect.poll(countOpen).toBe(0);

    const redis = await startRedis();
    onTestFinished(redis.stop);
    const wrong = redis.url.replace(/:[^:]+@/, ":wrong@");
    await expect(open(databaseUrl, { REDIS_URL: wrong })).rejects.toThrow(/REDIS_URL/);
    await expect.poll(countOpen).toBe(0);
  },
);

test.each(ENGINES)(
  "an AUDIENCE that is the id of a client ends the start on $name",
  async (one) => {
    const databaseUrl = await one.emptyDatabase();
    const tegata = await open(databaseUrl, {});
    const client = { secretHash: null, grants: "password", scopes: "me", createdAtMs: 1 };
    await tegata.db.clients.add({ ...client, id: "billing" });
    await tegata.close();
    for (const AUDIENCE of ["billing", "tegata"])
      await expect(open(databaseUrl, { AUDIENCE })).rejects.toThrow(
        /^AUDIENCE: must not be the id of a client/,
      );
    await (await open(databaseUrl, { AUDIENCE: "billing2" })).close();
  },
);
