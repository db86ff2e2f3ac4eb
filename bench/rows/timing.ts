/** How long a refused login takes: it must not tell whether there is such an account, nor whether it is throttled. */
import { openDb } from "../../db/open.ts";
import { loadSettings } from "../../server/environment.ts";
import { createApp } from "../../server/http/app.ts";
import { listen } from "../../server/http/edge/listen.ts";
import { openLog } from "../../server/log.ts";
import { openTegata } from "../../server/tegata.ts";
import { addPeople, emailOf, type Lab, PASSWORD, SECRET_KEY } from "../lab.ts";
import { median } from "../statistics.ts";
import { atMost, type Line, RATIO } from "../table.ts";
import type { Row } from "./row.ts";

const DAY_MS = 86_400_000;
const [KNOWN, DISABLED] = [emailOf(1), emailOf(2)];

type Kinds = Record<string, () => Promise<unknown>>;

/** A service in this process, because its clock must be set: throttles last up to a quarter of an hour. */
async function startWithClock(lab: Lab) {
  const databaseUrl = await lab.emptyDatabase();
  await addPeople(databaseUrl, 2, 8);
  const db = await openDb(databaseUrl, { migrate: false });
  await db.users.setDisabled(2, true);
  await db.close();
  const env = { DATABASE_URL: databaseUrl, SECRET_KEY, BCRYPT_COST: "8", PORT: "0" };
  const loaded = loadSettings({ ...env, LOGIN_FAILURES_PER_ADDRESS: "1000000" });
  if (loaded.is === "invalid") throw new Error(loaded.problems.join("\n"));
  const clock = { nowMs: Date.now() };
  const log = openLog({ logLevel: "info" }, { write: () => undefined });
  const tegata = await openTegata(loaded.settings, { now: () => clock.nowMs, log });
  const server = await listen(createApp(tegata).serve, loaded.settings);
  return {
    clock,
    logIn: (username: string, password: string) => async () => {
      const body = new URLSearchParams({ grant_type: "password", username, password });
      await (await fetch(`${server.url}/token`, { method: "POST", body })).arrayBuffer();
    },
    async close() {
      await server.close();
      await tegata.close();
    },
  };
}

/**
 * Samples every kind in each round, each round in another order.
 * @returns the longest median as a multiple of the shortest
 */
async function spread(rounds: number, kinds: Kinds, afterRound: () => void): Promise<number> {
  const order = Object.values(kinds).map((send) => ({ send, times: [] as number[] }));
  for (let round = 0; round < rounds; round += 1) {
    order.push(...order.splice(0, 1 + (round % 2)));
    for (const { send, times } of order) {
      const startedAt = performance.now();
      await send();
      times.push(performance.now() - startedAt);
    }
    afterRound();
  }
  const medians = order.map(({ times }) => median(times));
  return Math.max(...medians) / Math.min(...medians);
}

/** Refused logins, of every kind. */
export const timing: Row = {
  name: "timing",
  async measure(lab): Promise<Line[]> {
    const { clock, logIn, close } = await startWithClock(lab);
    const kinds: Kinds = {
      known: logIn(KNOWN, "not the password"),
      unknown: logIn("nobody@example.com", "not the password"),
      disabled: logIn(DISABLED, PASSWORD),
    };
    const samples = lab.rounds * lab.samples;
    // A day later, every counter has been forgotten.
    const refused = await spread(samples, kinds, () => {
      clock.nowMs += DAY_MS;
    });
    for (let i = 0; i < 5; i += 1) for (const send of Object.values(kinds)) await send();
    const right = { "known, right": logIn(KNOWN, PASSWORD) };
    const throttled = await spread(samples, { ...kinds, ...right }, () => undefined);
    await close();
    return [
      atMost(
        "a refused login: known, unknown or disabled account, longest median",
        refused,
        1.1,
        RATIO,
      ),
      atMost("a throttled login: the same, or the right password", throttled, 1.1, RATIO),
    ];
  },
};
