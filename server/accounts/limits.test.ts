/** How many items a user has at most, and what is left of an account's sessions when it is enabled again. */
import { describe, expect, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { useService } from "../../testing/service.ts";
import { OPERATOR } from "../requester.ts";
import { setDisabled } from "./disable.ts";

describe.each(ENGINES)("on $name", (engine) => {
  const service = useService(engine);

  test("a user has at most 1000 items, and every door says so", async () => {
    const [person, other] = [await service.person(), await service.person()];
    const [token, otherToken] = [await service.login(person), await service.login(other)];
    const { items } = service.tegata.db;
    const item = { userId: person.id, title: "x", createdAtMs: 1 };
    // The first item comes with the account.
    for (let i = 0; i < 998; i += 50)
      await Promise.all(Array.from({ length: Math.min(50, 998 - i) }, () => items.add(item)));
    const add = (owner: string) => service.mutate("items.add", { title: "one more" }, owner);
    const added = await add(token);
    expect(added).toMatchObject({ status: 200 });
    expect(await add(token)).toMatchObject({
      status: 409,
      json: { error: { data: { code: "CONFLICT", reason: "too_many_items" } } },
    });
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const body = JSON.stringify({ title: "one more" });
    expect(await service.request("POST", "/api/items", { headers, body })).toMatchObject({
      status: 409,
      json: { status: 409, reason: "too_many_items" },
    });
    expect(await add(otherToken)).toMatchObject({ status: 200 });
    const { id } = (added.json as { result: { data: { id: number } } }).result.data;
    expect(await service.mutate("items.remove", { id }, token)).toMatchObject({ status: 200 });
    expect(await add(token)).toMatchObject({ status: 200 });
  });

  test("an account that is enabled again has no session from before", async () => {
    const person = await service.person();
    const { access_token, refresh_token } = await service.tokens(person);
    await setDisabled(service.tegata, person.email, true, OPERATOR);
    // While it is disabled, its tokens tell why.
    expect(await service.query("me", access_token)).toMatchObject({ status: 403 });
    await setDisabled(service.tegata, person.email, false, OPERATOR);
    expect(await service.query("me", access_token)).toMatchObject({ status: 401 });
    expect(await service.refresh(refresh_token)).toMatchObject({ status: 400 });
    expect(service.logged.join("")).toMatch(/"reason":"user_enabled","ended":1/);
    const token = await service.login(person);
    await setDisabled(service.tegata, person.email, false, OPERATOR);
    expect(await service.query("me", token)).toMatchObject({ status: 200 });
  });
});
