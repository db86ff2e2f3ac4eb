import { describe, expect, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { PASSWORD, useService } from "../../testing/service.ts";

/** Every character that Unicode or JavaScript counts as white space. */
const WHITE_SPACE = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code))
  .filter((character) => /[\p{White_Space}\s]/u.test(character))
  .join("");

describe.each(ENGINES)("texts to display on $name", (engine) => {
  const service = useService(engine, { FASTAPI_PATHS: "false" });
  let people = 0;

  const send = async (path: string, body: unknown, token?: string) => {
    const { status, json } = await service.request("POST", path, {
      body: JSON.stringify(body),
      headers: {
        "content-type": "application/json",
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
    });
    const { result } = json as { result?: { data: unknown } };
    return { status, json: result?.data ?? json };
  };

  test.each(["/trpc/register", "/api/register"])("%s trims the full name", async (path) => {
    const register = async (fullName: string) => {
      people += 1;
      const account = { email: `display${people}@example.com`, password: PASSWORD };
      const registered = await send(path, { ...account, fullName });
      const me = await service.query("me", await service.login(account));
      return [registered, me.json];
    };
    for (const [typed, fullName] of [
      [`${WHITE_SPACE}Ada Lovelace${WHITE_SPACE}`, "Ada Lovelace"],
      ["\u3000山田 太郎\n", "山田 太郎"],
      ["Ada", "Ada"],
      [WHITE_SPACE, null],
      ["", null],
    ] as const)
      expect(await register(typed), JSON.stringify(typed)).toMatchObject([
        { status: 200, json: { fullName } },
        { result: { data: { fullName } } },
      ]);
  });

  test.each(["/trpc/items.add", "/api/items"])("%s trims the title", async (path) => {
    const token = await service.login(await service.person());
    for (const [typed, title] of [
      [`${WHITE_SPACE}A lantern${WHITE_SPACE}`, "A lantern"],
      [`${" ".repeat(300)}${"x".repeat(200)}\u3000`, "x".repeat(200)],
    ] as const)
      expect(await send(path, { title: typed }, token)).toMatchObject({ json: { title } });
    for (const blank of ["", WHITE_SPACE]) {
      const answer = await send(path, { title: blank }, token);
      expect(answer.status).toBe(400);
      expect(JSON.stringify(answer.json)).toContain('"title":{"code":"too_short"');
    }
  });
});
