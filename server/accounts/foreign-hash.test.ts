import { hashSync } from "@node-rs/bcrypt";
import { describe, expect, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { PASSWORD, useService } from "../../testing/service.ts";

const LONG = "the first verse of a song that everybody knows by heart, and the second verse too";
const DECOMPOSED = "Ame\u0301lie12";

describe.each(ENGINES)("an account with a hash of another maker, on $name", (engine) => {
  const service = useService(engine, { BCRYPT_COST: "5", FASTAPI_PATHS: "true" });
  const add = async (email: string, passwordHash: string) => {
    const user = { email, username: null, fullName: null, passwordHash, createdAtMs: 1 };
    const added = await service.tegata.db.users.add(user);
    return added.is === "added" ? added.id : expect.unreachable();
  };
  const hashOf = async (email: string) =>
    (await service.tegata.db.users.findByEmail(email))?.passwordHash;
  const logIn = (username: string, password: string, path = "/token") =>
    service.post(path, { username, password: service.secret(password) });

  test("logs in by the first 72 bytes, and keeps doing so when the hash is renewed", async () => {
    const email = "long@example.com";
    await add(email, hashSync(Buffer.from(LONG).subarray(0, 72), 4));
    expect(await logIn(email, `not ${LONG}`)).toMatchObject({ status: 400 });
    for (const path of ["/token", "/api/token", "/token"])
      expect(await logIn(email, LONG, path)).toMatchObject({ status: 200 });
    expect(await hashOf(email)).toMatch(/^\$2b\$05\$.{53}$/);
  });

  test("logs in with a password that is not NFC, and after that with any composition of it", async () => {
    const email = "decomposed@example.com";
    await add(email, hashSync(DECOMPOSED, 5));
    expect(await logIn(email, DECOMPOSED.normalize("NFC"))).toMatchObject({ status: 400 });
    expect(await logIn(email, DECOMPOSED)).toMatchObject({ status: 200 });
    expect(await logIn(email, DECOMPOSED.normalize("NFC"))).toMatchObject({ status: 200 });
    expect(await logIn(email, DECOMPOSED)).toMatchObject({ status: 200 });
  });

  test("changes a password that could not be chosen today", async () => {
    const email = "short@example.com";
    await add(email, hashSync("sh0rt!", 5));
    const token = await service.login({ email, password: "sh0rt!" });
    const change = { currentPassword: "sh0rt!", newPassword: service.secret(PASSWORD) };
    expect(await service.mutate("changePassword", change, token)).toMatchObject({ status: 200 });
    expect(await logIn(email, PASSWORD)).toMatchObject({ status: 200 });
  });

  test("whose scheme cannot be read is refused like a wrong password, and logged once", async () => {
    const email = "argon2@example.com";
    const hash = service.secret("$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2g");
    const id = await add(email, hash);
    const other = await add(
      "other@example.com",
      service.secret("5f4dcc3b5aa765d61d8327deb882cf99"),
    );
    const wrong = await logIn((await service.person()).email, "wrong password");
    for (const _ of ["once", "twice"]) {
      const answer = await logIn(email, "whatever it is");
      expect([answer.status, answer.text]).toEqual([wrong.status, wrong.text]);
    }
    await logIn("other@example.com", "whatever it is");
    const warnings = service.logged
      .map((line) => JSON.parse(line) as { msg: string; level: number })
      .filter(({ msg }) => msg.startsWith("a password hash cannot be read"));
    const warning = { level: 40, time: expect.any(Number), msg: expect.any(String) };
    expect(warnings).toEqual([
      { ...warning, userId: id, scheme: "argon2id" },
      { ...warning, userId: other, scheme: "unknown" },
    ]);
    expect(await hashOf(email)).toBe(hash);
  });
});
