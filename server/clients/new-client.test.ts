/** What a new client must not be. */
import { describe, expect, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { useService } from "../../testing/service.ts";
import { OPERATOR } from "../requester.ts";
import { addClient, updateClient } from "./changes.ts";

const GRANTS = ["password"];

describe.each(ENGINES)("a new client on $name", (engine) => {
  const service = useService(engine, { AUDIENCE: "billing" });
  const add = (id: string, ...scopes: string[]) => addNamed(id, undefined, scopes);
  const addNamed = (id: string, name: string | undefined, scopes = ["me"]) =>
    addClient(
      service.tegata,
      { id, isPublic: true, grants: GRANTS, scopes, name },
      GRANTS,
      OPERATOR,
    );

  test("has another id than the audience of access tokens", async () => {
    expect(await add("billing", "me")).toEqual({
      is: "invalid",
      field: "id",
      message: "billing is the AUDIENCE of access tokens",
    });
    expect(await add("billing2", "me")).toMatchObject({ is: "added" });
  });

  test.each(["", "  ", "\u00a0", "\u2800", "—"])(
    "has a name that people can read, which %j is not",
    async (name) => {
      const invalid = { is: "invalid", field: "name" };
      expect(await addNamed("named", name)).toMatchObject(invalid);
    },
  );

  test.each(["1", "請求", "Café 24"])("can be called %s", async (name) => {
    expect(await addNamed(`named.${name.length}`, name)).toMatchObject({ is: "added" });
  });

  test("has as many scopes as the database has room for", async () => {
    const most = `orders:${"x".repeat(990)}`;
    expect(await add("many", "me", most)).toMatchObject({ is: "added" });
    expect((await service.tegata.db.clients.find("many"))?.scopes).toBe(`me ${most}`);
    const invalid = {
      is: "invalid",
      field: "scopes",
      message: "must have at most 1000 characters together",
    };
    expect(await add("more", "me", `${most}x`)).toEqual(invalid);
    const change = { id: "many", scopes: ["me", `${most}x`] };
    expect(await updateClient(service.tegata, change, GRANTS, OPERATOR)).toEqual(invalid);
  });
});
