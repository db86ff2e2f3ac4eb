import { hashSync } from "@node-rs/bcrypt";
import { describe, expect, test, vi } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { workOf } from "../../testing/password-work.ts";
import { useService } from "../../testing/service.ts";
import { PasswordThreads } from "./password-threads.ts";

describe("a login", () => {
  const [engine = expect.unreachable()] = ENGINES;
  const service = useService(engine, { BCRYPT_COST: "6" });
  const costs = async (username: string, password: string): Promise<number[]> => {
    const run = vi.spyOn(PasswordThreads.prototype, "run");
    await service.token({ grant_type: "password", username, password });
    const work = run.mock.calls.map(([task]) => workOf(task));
    run.mockRestore();
    return work;
  };

  test("runs bcrypt once at the current cost, for known, unknown and invalid usernames and for any password", async () => {
    const { email } = await service.person({ username: "ada" });
    for (const username of [email, "ada", "nobody", "no@example.com", "@@", "x".repeat(500)])
      for (const password of ["wrong password", "x".repeat(73), "nul\0", "half \ud83d"])
        expect(await costs(username, password), `${username} ${password}`).toEqual([6]);
  });

  const old = hashSync("long ago", 4);
  const addOld = async (email: string): Promise<number> => {
    const user = { email, username: null, fullName: null, passwordHash: old, createdAtMs: 1 };
    const added = await service.tegata.db.users.add(user);
    return added.is === "added" ? added.id : expect.unreachable();
  };
  const logIn = (username: string) => service.token({ username, password: "long ago" });

  test("does the same work for a disabled account as for an incorrect password, and does not renew its hash", async () => {
    const { users } = service.tegata.db;
    const person = await service.person();
    await users.setDisabled(person.id, true);
    expect(await costs(person.email, person.password)).toEqual([6]);
    const email = "off@example.com";
    await users.setDisabled(await addOld(email), true);
    expect(await costs(email, "long ago")).toEqual([6]);
    expect((await users.findByEmail(email))?.passwordHash).toBe(old);
  });

  test("does not renew a hash that has changed in the meantime", async () => {
    const { db, passwords } = service.tegata;
    const email = "race@example.com";
    const id = await addOld(email);
    const { hash } = passwords;
    passwords.hash = async (password) => {
      const hashed = await hash(password);
      await db.users.replaceHash(id, old, "changed");
      return hashed;
    };
    const answer = await logIn(email);
    passwords.hash = hash;
    expect(answer).toMatchObject({ status: 400, json: { error: "invalid_grant" } });
    expect((await db.users.findByEmail(email))?.passwordHash).toBe("changed");
  });

  test("does not renew a hash while the workers are busy", async () => {
    const { db, passwords } = service.tegata;
    const email = "busy@example.com";
    await addOld(email);
    const { hash } = passwords;
    passwords.hash = async () => ({ is: "busy", retryAfterSeconds: 3 });
    const answer = await logIn(email);
    passwords.hash = hash;
    expect(answer).toMatchObject({ status: 200 });
    expect((await db.users.findByEmail(email))?.passwordHash).toBe(old);
  });

  test.each(["$2a$", "$2b$", "$2y$"])("renews a %s hash with a lower cost once", async (prefix) => {
    const { db } = service.tegata;
    const old = prefix + hashSync("long ago", 4).slice(4);
    const email = `${prefix.slice(1, 3)}@example.com`;
    const user = { email, username: null, fullName: null, passwordHash: old, createdAtMs: 1 };
    await db.users.add(user);
    expect(await costs(email, "long agO")).toEqual([6]);
    expect((await db.users.findByEmail(email))?.passwordHash).toBe(old);
    expect(await costs(email, "long ago")).toEqual([6, 6]);
    const renewed = (await db.users.findByEmail(email))?.passwordHash;
    expect(renewed).toMatch(/^\$2b\$06\$/);
    expect(await costs(email, "long ago")).toEqual([6]);
    expect((await db.users.findByEmail(email))?.passwordHash).toBe(renewed);
  });
});
