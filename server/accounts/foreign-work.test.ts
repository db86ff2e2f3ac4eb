/** What a start learns about the hashes that there are. */

import { describe, expect, test, vi } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { ARGON2 } from "../../testing/hashes.ts";
import { foreignWorkOf, workOf } from "../../testing/password-work.ts";
import { Service } from "../../testing/service.ts";
import { PasswordThreads } from "./password-threads.ts";

const KEY = "A".repeat(43);
const HASHES = [
  ARGON2,
  `$argon2id$v=19$m=2048,t=9,p=1$c2FsdHNhbHQ$${KEY}`,
  `$argon2id$v=19$m=4096,t=1,p=1$c2FsdHNhbHQ$${KEY}`,
  `$scrypt$ln=9,r=8,p=1$c2FsdHNhbHQ$${KEY}`,
  `$scrypt$ln=10,r=16,p=1$c2FsdHNhbHQ$${KEY}${KEY}$nfkc`,
  "$pbkdf2$1200$WmtNSWktBaBUSgkhhND6Hw$a5jrOce06L84gzLeCCuP5Vb40B4",
  `$pbkdf2-sha256$900$c2FsdHNhbHQ$${KEY}`,
  `$pbkdf2-sha256$1100$c2FsdHNhbHQ$${KEY}`,
  // These cost too much, or are none.
  `$pbkdf2-sha256$9000000$c2FsdHNhbHQ$${KEY}`,
  `$argon2id$v=19$m=999999,t=2,p=2$c2FsdHNhbHQ$${KEY}`,
  "$argon2id$v=19$",
  "hunter2",
  "$$$$",
];

describe.each(ENGINES)("hashes of other schemes on $name", (engine) => {
  test("are the work of every login from the start on, each scheme by its costliest recipe", async () => {
    const service = new Service();
    const DATABASE_URL = await engine.emptyDatabase();
    await service.start(engine, { DATABASE_URL });
    for (const [i, passwordHash] of HASHES.entries())
      await service.tegata.db.users.add({
        ...{ email: `user${i}@example.com`, username: null, fullName: null, createdAtMs: 1 },
        passwordHash,
      });
    const expected = {
      argon2id: 2048 * 9,
      "pbkdf2-sha1": 1200,
      "pbkdf2-sha256": 1100,
      scrypt: 1024 * 16,
    };
    await service.stop();
    service.logged.length = 0;
    await service.start(engine, { DATABASE_URL });
    expect(service.logged.map((line) => JSON.parse(line) as object)).toContainEqual(
      expect.objectContaining({
        level: 40,
        schemes: expect.toSatisfy(
          (schemes: string[]) => schemes.sort().join() === Object.keys(expected).join(),
        ),
      }),
    );
    await service.tegata.passwords.hash("any password");
    for (const username of [
      "nobody",
      "user0@example.com",
      "user4@example.com",
      "user11@example.com",
    ]) {
      const run = vi.spyOn(PasswordThreads.prototype, "run");
      await service.token({ username, password: "an incorrect password" });
      const [[task] = []] = run.mock.calls;
      run.mockRestore();
      expect([workOf(task), foreignWorkOf(task)], username).toEqual([4, expected]);
    }
    await service.stop();
  });
});
