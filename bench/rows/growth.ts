/** Whether it matters how much there is in the database. */
import { addPeople, type Lab, logInAll, runSql, upTo } from "../lab.ts";
import { load } from "../load.ts";
import { median, takeTurns } from "../statistics.ts";
import { atMost, type Line, RATIO } from "../table.ts";
import { type Callers, callersOf } from "./reads.ts";
import type { Row } from "./row.ts";

const FEW_USERS = 1_000;
const CALLERS = 64;

/** A database with this many users, each with a session. */
async function databaseWith(lab: Lab, users: number): Promise<string> {
  const url = await lab.emptyDatabase();
  await addPeople(url, 1);
  // The sequence engine of MariaDB.
  const numbers = `seq_2_to_${users}`;
  await runSql(
    url,
    `INSERT INTO users (email, full_name, disabled, password_hash, created_at_ms)
     SELECT CONCAT('person', seq, '@example.com'), NULL, FALSE, password_hash, 0 FROM users, ${numbers} WHERE id = 1`,
    `INSERT INTO sessions
       (id, user_id, client_id, scope, created_at_ms, last_used_at_ms, expires_at_ms)
     SELECT LPAD(id, 22, 'x'), id, 'tegata', 'me', 0, 0, 9999999999999 FROM users`,
  );
  return url;
}

let large: Promise<string> | undefined;
/** The database with many users, which is filled once. */
export function largeDatabase(lab: Lab): Promise<string> {
  large ??= databaseWith(lab, lab.manyUsers);
  return large;
}

/** The times of `me` and of a login, with few users and with many. */
export const growth: Row = {
  name: "growth",
  async measure(lab) {
    const start = async (database: Promise<string>, users: number) => {
      const program = await lab.tegata({ DATABASE_URL: await database });
      // From the whole table.
      const numbers = upTo(CALLERS).map((n) => Math.floor((n * users) / CALLERS));
      return { ...(await callersOf(program, numbers)), numbers };
    };
    const few = await start(databaseWith(lab, FEW_USERS), FEW_USERS);
    const many = await start(largeDatabase(lab), lab.manyUsers);
    const me = (callers: Callers) => async (seconds: number) =>
      (await load({ ...callers, path: "/trpc/me" }, 1, seconds)).p50Us;
    const login =
      ({ program, numbers }: typeof few) =>
      async () => {
        const startedAt = performance.now();
        await logInAll(program, numbers);
        return ((performance.now() - startedAt) * 1000) / numbers.length;
      };
    const runs = await takeTurns(lab, {
      meFew: me(few),
      meMany: me(many),
      loginFew: login(few),
      loginMany: login(many),
    });
    const compare = (what: string, small: readonly number[], large: readonly number[]): Line => {
      const [before, after] = [median(small), median(large)];
      const name = `${what} with ${lab.manyUsers} users, and with ${FEW_USERS} (${after.toFixed(0)} and ${before.toFixed(0)} µs)`;
      return atMost(name, after / before, 1.15, RATIO);
    };
    return [
      compare("`me`", runs.meFew, runs.meMany),
      compare("login at cost 4", runs.loginFew, runs.loginMany),
    ];
  },
};
