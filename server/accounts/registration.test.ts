/** Who may register, and what a new account starts with. */
import { describe, expect, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { PASSWORD, Service, useService } from "../../testing/service.ts";
import { loadSettings } from "../environment.ts";

describe.each(ENGINES)("REGISTRATION=closed on $name", (engine) => {
  const service = useService(engine, { REGISTRATION: "closed" });
  const email = "new@example.com";
  const send = (path: string, body: object) =>
    service.request("POST", path, {
      body: JSON.stringify(body),
      headers: { "content-type": "application/json" },
    });

  test("refuses every registration, whatever it says, and stores nothing", async () => {
    for (const password of [PASSWORD, "weak"]) {
      const { status, json } = await service.mutate("register", { email, password });
      expect(status).toBe(403);
      expect(json).toMatchObject({ error: { data: { reason: "registration_closed" } } });
      expect(await send("/api/register", { email, password, fullName: "" })).toMatchObject({
        status: 403,
      });
    }
    expect(await service.tegata.db.users.findByEmail(email)).toBeUndefined();
  });
});

describe("REGISTRATION=closed without the FastAPI paths", () => {
  const [engine = expect.fail()] = ENGINES;
  const service = useService(engine, { REGISTRATION: "closed", FASTAPI_PATHS: "false" });

  test("is a problem document with its reason", async () => {
    const { status, json } = await service.request("POST", "/api/register", {
      body: JSON.stringify({ email: "new@example.com", password: PASSWORD }),
      headers: { "content-type": "application/json" },
    });
    expect([status, json]).toMatchObject([403, { reason: "registration_closed" }]);
  });
});

describe("the first item of an account", () => {
  const [engine = expect.fail()] = ENGINES;
  const PRODUCTION = {
    NODE_ENV: "production",
    SECRET_KEY: "0123456789abcdefghijklmnopqrstuvwxyz",
  };

  test.each([
    [{}, true],
    [{ FASTAPI_PATHS: "false" }, false],
    [{ FASTAPI_PATHS: "false", FIRST_ITEM: "true" }, true],
    [{ FIRST_ITEM: "false" }, false],
    [PRODUCTION, false],
    [{ ...PRODUCTION, FIRST_ITEM: "true" }, true],
  ])("with %j: %s", (env, expected) => {
    expect(loadSettings(env)).toMatchObject({ settings: { firstItem: expected } });
  });

  test.each([
    ["true", ["Foo"]],
    ["false", []],
  ])("FIRST_ITEM=%s gives it %j", async (FIRST_ITEM, titles) => {
    const service = new Service();
    await service.start(engine, { FIRST_ITEM });
    const { id } = await service.person();
    const items = await service.tegata.db.items.list(id, { after: 0, limit: 9 });
    expect(items.map(({ title }) => title)).toEqual(titles);
    await service.stop();
  });
});
