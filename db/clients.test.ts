import { expect, onTestFinished, test } from "vitest";
import { ENGINES } from "../testing/engines.ts";
import { openDb } from "./open.ts";

test.each(ENGINES)(
  "clients on $name are added once, found by their exact id, listed and removed",
  async (engine) => {
    const db = await openDb(await engine.emptyDatabase(), { migrate: true });
    onTestFinished(() => db.close());
    const client = { id: "api", secretHash: "x", grants: "a b", scopes: "c d", createdAtMs: 1 };
    expect(await db.clients.add(client)).toBe(true);
    expect(await db.clients.add({ ...client, secretHash: null })).toBe(false);
    expect(await db.clients.find("api")).toEqual({
      ...client,
      name: null,
      redirectUris: "",
      logoutUris: "",
      firstParty: false,
    });
    expect(await db.clients.find("API")).toBeUndefined();
    await db.clients.add({ ...client, id: "a-first", secretHash: null });
    expect((await db.clients.list()).map(({ id }) => id)).toEqual(["a-first", "api"]);
    expect(await db.clients.remove("api")).toBe(true);
    expect(await db.clients.remove("api")).toBe(false);
  },
);
