import { describe, expect, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { basic, useService } from "../../testing/service.ts";
import { OPERATOR } from "../requester.ts";
import { rotateSecret, updateClient } from "./changes.ts";

const GRANTS = ["password", "refresh_token", "client_credentials"];

describe.each(ENGINES)("changing a client on $name", (engine) => {
  const service = useService(engine);
  const update = (change: Parameters<typeof updateClient>[1]) =>
    updateClient(service.tegata, change, GRANTS, OPERATOR);
  const ask = (id: string, secret: string, scope: string) =>
    service.token({ grant_type: "client_credentials", scope }, basic(id, secret));

  test("that gets another scope keeps its sessions; that loses one does not", async () => {
    const secret = await service.client("one", { scopes: "orders:read" });
    const { access_token } = service.issued(await ask("one", secret, "orders:read"));
    const introspect = async () =>
      (await service.post("/introspect", { token: access_token }, basic("one", secret))).json;
    expect(await introspect()).toMatchObject({ active: true });
    expect(await ask("one", secret, "orders:write")).toMatchObject({ status: 400 });
    expect(await update({ id: "one", scopes: ["orders:read", "orders:write"] })).toMatchObject({
      is: "updated",
      endedSessions: 0,
    });
    expect(await ask("one", secret, "orders:write")).toMatchObject({ status: 200 });
    expect(await introspect()).toMatchObject({ active: true });
    expect(await update({ id: "one", scopes: ["orders:write"] })).toMatchObject({
      is: "updated",
      endedSessions: 2,
    });
    expect(await introspect()).toEqual({ active: false });
    expect(await ask("one", secret, "orders:read")).toMatchObject({ status: 400 });
  });

  test("is checked like a new client", async () => {
    await service.client("page", { public: true, grants: "password" });
    expect(await update({ id: "page", grants: ["client_credentials"] })).toMatchObject({
      is: "invalid",
      field: "grants",
    });
    expect(await update({ id: "page", scopes: ["itmes"] })).toMatchObject({ is: "invalid" });
    expect(await update({ id: "nobody", scopes: ["me"] })).toEqual({ is: "unknown" });
  });

  test("to a new secret: the old one stops working", async () => {
    const old = await service.client("two");
    const rotated = await rotateSecret(service.tegata, "two", OPERATOR);
    const secret = service.secret(rotated.is === "rotated" ? rotated.secret : expect.fail());
    expect(await ask("two", old, "me")).toMatchObject({ status: 401 });
    expect(await ask("two", secret, "me")).toMatchObject({ status: 200 });
    expect(await rotateSecret(service.tegata, "nobody", OPERATOR)).toEqual({ is: "unknown" });
    await service.client("app", { public: true, grants: "password" });
    expect(await rotateSecret(service.tegata, "app", OPERATOR)).toEqual({ is: "public" });
    const events = await service.tegata.db.events.list({ clientId: "two" }, { limit: 9 });
    expect(events.map(({ type }) => type)).toContain("client_secret_rotated");
  });
});
