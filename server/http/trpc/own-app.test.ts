/** What an application of somebody else may do with the scope `me`, over all procedures, and which applications are one's own. */
import type { AnyTRPCProcedure } from "@trpc/server";
import { beforeAll, describe, expect, test } from "vitest";
import { openApp } from "../../../testing/apps.ts";
import { addApp } from "../../../testing/authorization.ts";
import { ENGINES } from "../../../testing/engines.ts";
import { basic, PASSWORD, useService } from "../../../testing/service.ts";
import { arrive } from "../../../testing/visitor.ts";
import type { Meta } from "./base.ts";
import { appRouter } from "./router.ts";

/** The procedures that an application of somebody else may call with the token of a user: add one only on purpose. */
const FOR_ALL_APPS = ["me", "logout", "items.list", "items.add", "items.remove"];

const PROCEDURES = Object.entries<unknown>(appRouter._def.procedures).flatMap(([name, one]) => {
  const { type, meta = {} } = (one as AnyTRPCProcedure)._def as { type: string; meta?: Meta };
  return meta.scope === undefined ? [] : [{ name, type, isOwn: meta.inOwnApp === true }];
});
const FOREIGN = { status: 403, json: { error: { data: { reason: "foreign_app" } } } };

test("every procedure with a scope is for all applications or for one's own", () => {
  expect(PROCEDURES.length).toBeGreaterThan(15);
  const forAll = PROCEDURES.filter(({ isOwn }) => !isOwn).map(({ name }) => name);
  expect(forAll.sort()).toEqual(FOR_ALL_APPS.toSorted());
});

describe.each(ENGINES)("applications on $name", (engine) => {
  const service = useService(engine);
  let secret: string;
  beforeAll(async () => {
    await addApp(service);
    await addApp(service, { id: "stranger", firstParty: false });
    secret = await service.client("shop", { grants: "password", scopes: "me" });
  });
  const callBy =
    (token: string) =>
    ({ name, type }: { name: string; type: string }) =>
      type === "query" ? service.query(name, token) : service.mutate(name, {}, token);
  const tokenOf = async (client: string) => {
    const { person, visitor } = await arrive(service);
    if (client !== "shop") return (await openApp(service, visitor, client)).access_token;
    const login = { grant_type: "password", username: person.email, password: PASSWORD };
    return service.issued(await service.token(login, basic("shop", secret))).access_token;
  };

  test("an application of somebody else manages no account, whatever procedure it calls", async () => {
    const token = await tokenOf("stranger");
    for (const procedure of PROCEDURES.filter(({ isOwn }) => isOwn))
      expect(await callBy(token)(procedure), procedure.name).toMatchObject(FOREIGN);
    const { status, json, headers } = await service.request("GET", "/api/users/me/data", {
      headers: { authorization: `Bearer ${token}` },
    });
    expect({ status, json }).toMatchObject({ status: 403, json: { reason: "foreign_app" } });
    expect(headers.get("www-authenticate")).toBe('Bearer realm="tegata"');
  });

  test("it may read who the user is, use the items, and end its own session", async () => {
    const token = await tokenOf("stranger");
    for (const name of ["me", "items.list"])
      expect(await service.query(name, token), name).toMatchObject({ status: 200 });
    expect(await service.mutate("logout", undefined, token)).toMatchObject({ status: 200 });
    expect(await service.query("me", token)).toMatchObject({ status: 401 });
  });

  test.each([
    ["the operator's own", "app"],
    ["one that may use the password grant, and so knows the password", "shop"],
  ])("%s manages the account", async (_, client) => {
    const call = callBy(await tokenOf(client));
    for (const name of ["sessions.list", "exportData", "apps.list"])
      expect(await call({ name, type: "query" }), name).toMatchObject({ status: 200 });
  });

  test("a client that becomes somebody else's manages nothing from then on", async () => {
    await addApp(service, { id: "sold" });
    const token = await tokenOf("sold");
    expect(await service.query("exportData", token)).toMatchObject({ status: 200 });
    const { clients } = service.tegata.db;
    const row = (await clients.find("sold")) ?? expect.unreachable();
    await clients.update(row, { firstParty: false });
    expect(await service.query("exportData", token)).toMatchObject(FOREIGN);
  });
});

describe("with PASSWORD_GRANT=off", () => {
  const [engine = expect.unreachable()] = ENGINES;
  const service = useService(engine, { PASSWORD_GRANT: "off" });

  test.each([
    ["somebody else's, although it has the grant password", false, FOREIGN],
    ["the operator's own, if it has --first-party", true, { status: 200 }],
  ])("an application is %s", async (_, firstParty, answer) => {
    const grants = "authorization_code password refresh_token";
    const id = `app-${firstParty}`;
    await addApp(service, { id, grants, firstParty });
    const { visitor } = await arrive(service);
    const { access_token } = await openApp(service, visitor, id);
    expect(await service.query("exportData", access_token)).toMatchObject(answer);
    const { status } = await service.request("GET", "/auth/verify", {
      headers: { authorization: `Bearer ${access_token}` },
    });
    expect(status).toBe(firstParty ? 204 : 403);
  });
});
