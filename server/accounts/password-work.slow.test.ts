import { hashSync } from "@node-rs/bcrypt";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { workOf } from "../../testing/password-work.ts";
import { Service } from "../../testing/service.ts";
import { PasswordThreads } from "./password-threads.ts";

const PASSWORD = "what it was then";
/** Hashes of other makers, each with what is wrong with it. */
const UNREADABLE = {
  // At a start, its beginning alone is read: each login then does its work, too.
  argon2: "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g",
  short: "$2b$06$cutshort",
  underscore: `$2b$06$${"_".repeat(53)}`,
  "salt.with.padding": `$2b$06$${".".repeat(21)}/${".".repeat(31)}`,
  "digest.with.padding": `$2b$06$${".".repeat(52)}/`,
  "cost.of.3": `$2b$03$${".".repeat(53)}`,
  "cost.of.16": `$2b$16$${".".repeat(53)}`,
  "cost.of.31": `$2b$31$${".".repeat(53)}`,
};

/** The threads for passwords wait for whatever else the machine does. */
const PATIENT = { timeout: 240_000 };

// A login with an incorrect password must take the same time whoever it is for. The hashes of accounts have the cost of
// the day when they were made, which may be lower or higher than today's.
describe.each(ENGINES)("after a change of BCRYPT_COST, on $name", PATIENT, (engine) => {
  const service = new Service();
  let database: string;
  beforeAll(async () => {
    database = await engine.emptyDatabase();
    await service.start(engine, { DATABASE_URL: database, BCRYPT_COST: "6" });
    for (const cost of [4, 5, 6, 7]) await add(`cost${cost}@example.com`, hashSync(PASSWORD, cost));
    for (const [name, hash] of Object.entries(UNREADABLE)) await add(`${name}@example.com`, hash);
    await service.person({ username: "ada" });
    await service.stop();
  });
  afterAll(() => service.stop());

  const add = (email: string, passwordHash: string) =>
    service.tegata.db.users.add({
      ...{ email, username: null, fullName: null, createdAtMs: 1 },
      passwordHash,
    });
  const restart = async (cost: number) => {
    await service.start(engine, { DATABASE_URL: database, BCRYPT_COST: String(cost) });
    // By then the workers have shown how fast they are, which is work, too.
    await service.tegata.passwords.hash("any password");
  };
  /** The work of each task that a login is. */
  const work = async (username: string, password: string): Promise<number[]> => {
    const run = vi.spyOn(PasswordThreads.prototype, "run");
    // The throttle admits another attempt with the same name after a quarter of an hour.
    service.ahead += 900_000;
    await service.token({ username, password });
    const tasks = run.mock.calls.map(([task]) => workOf(task));
    run.mockRestore();
    return tasks;
  };
  const everyone = [
    ...[4, 5, 6, 7].map((cost) => `cost${cost}@example.com`),
    ...Object.keys(UNREADABLE).map((name) => `${name}@example.com`),
    ...["ada", "nobody", "nobody@example.com", "@@"],
  ];

  test.each([
    ["lowered to 4, when the highest cost of a hash is 7", 4, 7],
    ["kept at 6, when the highest cost of a hash is 7", 6, 7],
    ["raised to 8", 8, 8],
  ])("%s, a login is the same work for every name", async (_, cost, expected) => {
    await restart(cost);
    // The order matters: the service must know the highest cost before the first login.
    for (const username of ["nobody@example.com", ...everyone])
      expect(await work(username, "an incorrect password"), username).toEqual([expected]);
    // A password in two forms is compared twice, for everyone.
    for (const username of everyone)
      expect(await work(username, "Ame\u0301lie12"), username).toEqual([expected + 1]);
    await service.stop();
  });

  test("lowered, a log line says that logins still cost as much as the highest hash", async () => {
    service.logged.length = 0;
    await restart(5);
    expect(service.logged.join("")).toContain('"storedCost":7');
    await service.stop();
    service.logged.length = 0;
    await restart(7);
    expect(service.logged.join("")).not.toContain("storedCost");
    await service.stop();
  });

  test("a hash that arrives later with a higher cost is the new measure for every name", async () => {
    await restart(4);
    await add("later@example.com", hashSync(PASSWORD, 8));
    expect(await work("later@example.com", "an incorrect password")).toEqual([8]);
    for (const username of everyone)
      expect(await work(username, "an incorrect password"), username).toEqual([8]);
    // The correct password logs in, whatever the cost of its hash, and a renewed hash has today's.
    expect(await work("cost4@example.com", PASSWORD)).toEqual([8]);
    await service.stop();
    await restart(6);
    expect(await work("cost4@example.com", PASSWORD)).toEqual([8, 6]);
    expect(await work("cost4@example.com", PASSWORD)).toEqual([8]);
  });
});
