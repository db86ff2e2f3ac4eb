import { describe, expect, test } from "vitest";
import { openDb } from "../../db/open.ts";
import { ENGINES } from "../../testing/engines.ts";
import { PASSWORD, useService } from "../../testing/service.ts";
import { runSql } from "../../testing/sql.ts";
import { OPERATOR } from "../requester.ts";
import { openTegata } from "../tegata.ts";
import { setDisabled } from "./disable.ts";
import { findByLogin } from "./login.ts";
import { fillUsernameKeys } from "./username-keys.ts";

describe.each(ENGINES)("names on $name", (engine) => {
  const service = useService(engine, { FASTAPI_PATHS: "true" });
  const register = (names: { email: string; username?: string }) =>
    service.mutate("register", { password: PASSWORD, ...names });
  const logIn = (username: string) => service.token({ username, password: PASSWORD });

  test.each([
    ["info@bücher-kiosk.example", "info@xn--bcher-kiosk-thb.example"],
    ["taro..y.@docomo.example.jp", "taro..y.@docomo.example.jp"],
    ["\u3000ＳＡＴＯ＠Ｅｘａｍｐｌｅ．ｊｐ ", "sato@example.jp"],
  ])("%j registers, logs in and is looked up at every door", async (typed, email) => {
    expect(await register({ email: typed })).toMatchObject({
      json: { result: { data: { email } } },
    });
    const login = { username: typed, password: PASSWORD };
    for (const path of ["/token", "/api/token"])
      expect(await service.post(path, login), path).toMatchObject({ status: 200 });
    const tokens = service.issued(await logIn(email));
    expect(await service.query("me", tokens.access_token)).toMatchObject({
      json: { result: { data: { email } } },
    });
    expect(await register({ email })).toMatchObject({ status: 409 });
    const second = await service.request("POST", "/api/register", {
      body: JSON.stringify({ email: typed.toUpperCase(), password: PASSWORD }),
      headers: { "content-type": "application/json" },
    });
    expect(second).toMatchObject({ status: 409, json: { detail: "already used email address" } });
    expect(await setDisabled(service.tegata, typed, true, OPERATOR)).toBe(true);
    expect(await logIn(email)).toMatchObject({ status: 400 });
  });

  test("a username is found and taken in any case and width, and shown as it was typed", async () => {
    const email = "haruka@example.com";
    const shown = { result: { data: { username: "Haruka" } } };
    expect(await register({ email, username: " Haruka " })).toMatchObject({ json: shown });
    for (const typed of ["Haruka", "haruka", "ＨＡＲＵＫＡ", "\u3000haruka\u3000"]) {
      const tokens = service.issued(await logIn(typed));
      expect(await service.query("me", tokens.access_token)).toMatchObject({ json: shown });
      const other = { email: "other@example.com", username: typed };
      expect(await register(other)).toMatchObject({
        json: { error: { data: { reason: "username_taken" } } },
      });
    }
    expect(await setDisabled(service.tegata, "ｈａｒｕｋａ", true, OPERATOR)).toBe(true);
  });

  test("a username in mixed scripts is refused", async () => {
    const mixed = { email: "mixed@example.com", username: "p\u0430ypal" };
    expect(await register(mixed)).toMatchObject({
      json: { error: { data: { fields: { username: { code: "mixed_scripts" } } } } },
    });
  });
});

describe.each(ENGINES)("accounts of the version before username keys, on $name", (engine) => {
  /** In the order in which they registered. */
  const OLD = ["Haruka", "haruka", "ada", "HARUKA", "p\u0430ypal", "ﬁ＠x", "İpek", null, null];

  test("keep their login after the migration", async () => {
    const url = await engine.emptyDatabase();
    const db = await openDb(url, { migrate: true });
    for (const [i, username] of OLD.entries()) {
      const row = { email: `${i}@example.com`, fullName: null, passwordHash: "x", createdAtMs: 1 };
      const added = await db.users.add({ ...row, username: null });
      expect(added.is).toBe("added");
      if (username !== null) await nameAsBefore(url, row.email, username);
    }
    expect(await findByLogin(db, "ada")).toBeUndefined();
    // Several instances may start at once.
    await Promise.all([fillUsernameKeys(db), fillUsernameKeys(db), fillUsernameKeys(db)]);

    const emailOf = async (login: string) => (await findByLogin(db, login))?.email;
    for (const [i, username] of OLD.entries())
      if (username !== null) expect(await emailOf(username), username).toBe(`${i}@example.com`);
    // Of names that fold alike, the oldest has every spelling that is not exactly that of another.
    expect(await emailOf("ＨＡＲＵＫＡ")).toBe("0@example.com");
    expect(await emailOf("hARUKA")).toBe("0@example.com");
    expect(await emailOf("Ada")).toBe("2@example.com");
    expect(await emailOf("ipek")).toBe("6@example.com");
    expect(await emailOf("@haruka")).toBeUndefined();

    const { users } = db;
    const again = { email: "n@x.y", fullName: null, passwordHash: "x", createdAtMs: 1 };
    expect(await users.add({ ...again, username: "hARUka", usernameKey: "haruka" })).toEqual({
      is: "taken",
      column: "username",
    });
    expect(await users.listWithoutUsernameKey(0, 10)).toEqual([]);
    await db.close();
  });
});

describe.each(ENGINES)("a service on $name", (engine) => {
  const service = useService(engine);

  test("fills the keys before it serves, also on a database made by `drizzle-kit push`", async () => {
    const { id, email } = await service.person();
    await nameAsBefore(service.tegata.settings.databaseUrl, email, "Old");
    const other = await openTegata(service.tegata.settings);
    expect(await findByLogin(other.db, "old")).toMatchObject({ id, username: "Old" });
    await other.close();
  });
});

/** Gives a user a name as the version before did: without a key. */
const nameAsBefore = (url: string, email: string, username: string) =>
  runSql(url, `UPDATE users SET username = '${username}' WHERE email = '${email}'`);
