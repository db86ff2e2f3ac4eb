/** The apps that a person has let into the account: what the person sees of them, and how they are taken away. */
import { beforeAll, describe, expect, test, vi } from "vitest";
import { letIn, openApp } from "../../../testing/apps.ts";
import { addApp, ask, exchange, isKept, visit } from "../../../testing/authorization.ts";
import { ENGINES } from "../../../testing/engines.ts";
import { following } from "../../../testing/following.ts";
import { useService } from "../../../testing/service.ts";
import { arrive, dataOf, type Visitor } from "../../../testing/visitor.ts";
import { removeApp } from "../../accounts/apps.ts";
import { removeClient } from "../../clients/changes.ts";
import { OPERATOR } from "../../requester.ts";
import { SCOPES } from "../../tokens/scopes.ts";

interface App {
  clientId: string;
  name: string;
  grantedAtMs: number | null;
  sessions: number;
}
const ME = { name: "me", text: SCOPES.me };
const ITEMS = { name: "items", text: SCOPES.items };
const INVALID_GRANT = { status: 400, json: { error: "invalid_grant" } };

describe.each(ENGINES)("the apps of an account on $name", (engine) => {
  const service = useService(engine);
  beforeAll(async () => {
    await addApp(service);
    await addApp(service, { id: "stranger", name: "A Stranger", firstParty: false });
  });
  /** A person, the browser, and a token of the page in it. */
  const start = async () => {
    const { person, visitor } = await arrive(service);
    return { person, visitor, page: (await visitor.open()).accessToken };
  };
  const list = async (page: string) => dataOf<App[]>(await service.query("apps.list", page));
  const remove = async (page: string, clientId: string) =>
    dataOf<boolean>(await service.mutate("apps.remove", { clientId }, page));
  const isAlive = async (token: string) => (await service.query("me", token)).status === 200;
  const eventsOf = async (userId: number) => {
    const events = await service.tegata.db.events.list({ userId }, { limit: 20 });
    const ofApps = events.filter(({ clientId }) => clientId !== null && clientId !== "tegata");
    return ofApps.toReversed().map(({ type, clientId, detail }) => [type, clientId, detail]);
  };

  test("are listed with what the person has agreed to, and with their sessions", async () => {
    const { visitor, page } = await start();
    expect(await list(page)).toEqual([]);
    await openApp(service, visitor, "stranger", "items");
    await openApp(service, visitor, "stranger", "me");
    await openApp(service, visitor);
    const stranger = { clientId: "stranger", name: "A Stranger", sessions: 2 };
    expect(await list(page)).toEqual([
      { ...stranger, scopes: expect.arrayContaining([ME, ITEMS]), grantedAtMs: expect.any(Number) },
      { clientId: "app", name: "The App", scopes: [], grantedAtMs: null, sessions: 1 },
    ]);
    await visitor.leave();
    await visitor.logIn(await service.person());
    expect(await list((await visitor.open()).accessToken)).toEqual([]);
  });

  test("stay in the list while they have a session or a consent", async () => {
    const { person, visitor } = await start();
    await openApp(service, visitor, "stranger", "me");
    await openApp(service, visitor);
    await visitor.leave();
    await visitor.logIn(person);
    const page = (await visitor.open()).accessToken;
    expect(await list(page)).toMatchObject([{ clientId: "stranger", sessions: 0 }]);
  });

  test("show in the list of sessions, in the browser that has opened them", async () => {
    const { person, visitor, page } = await start();
    await openApp(service, visitor, "stranger", "me");
    await service.login(person);
    const sessions = dataOf<object[]>(await service.query("sessions.list", page));
    const apps = [{ clientId: "stranger", name: "A Stranger" }];
    expect(sessions).toHaveLength(2);
    expect(sessions).toContainEqual(
      expect.objectContaining({ clientName: "Tegata", current: true, apps }),
    );
    expect(sessions).toContainEqual(expect.objectContaining({ current: false, apps: [] }));
  });

  test("are in the export, with the consents and each session", async () => {
    const { visitor, page } = await start();
    await openApp(service, visitor, "stranger", "me");
    const data = dataOf<Record<string, unknown>>(await service.query("exportData", page));
    expect(data["consents"]).toEqual([
      { clientId: "stranger", scope: "me", grantedAtMs: expect.any(Number) },
    ]);
    const opened = { clientId: "stranger", clientName: "A Stranger" };
    expect(data["sessions"]).toMatchObject([
      { clientId: "tegata", opened: expect.arrayContaining([expect.objectContaining(opened)]) },
    ]);
    expect(JSON.stringify(data)).not.toContain("hash");
  });

  test.each(["", "1", "a b", "a".repeat(101)])("%j is no id of an app", async (clientId) => {
    const { page } = await start();
    expect(await service.mutate("apps.remove", { clientId }, page)).toMatchObject({
      status: 400,
      json: { error: { data: { reason: "invalid_input", fields: { clientId: {} } } } },
    });
  });

  test("an app that is taken away is logged out at once, and has to ask again", async () => {
    const { person, visitor, page } = await start();
    const other = await openApp(service, visitor);
    const theirs = await openApp(service, (await start()).visitor, "stranger", "me");
    const tokens = await openApp(service, visitor, "stranger", "me");
    expect(await remove(page, "stranger")).toBe(true);
    expect(await isAlive(tokens.access_token)).toBe(false);
    const refreshed = await service.refresh(tokens.refresh_token, { client_id: "stranger" });
    expect(refreshed).toMatchObject(INVALID_GRANT);
    const again = ask({ client_id: "stranger", scope: "me" });
    expect(isKept(await visit(service, visitor, again))).toBe(true);
    // Nobody and nothing else is.
    for (const { access_token } of [other, theirs]) expect(await isAlive(access_token)).toBe(true);
    expect(await isAlive(page)).toBe(true);
    expect(await list(page)).toMatchObject([{ clientId: "app" }]);
    expect(await remove(page, "stranger")).toBe(false);
    expect(await eventsOf(person.id)).toEqual([
      ["session_opened", "app", expect.stringMatching(/^[\w-]{22}$/)],
      ["consent_given", "stranger", "me"],
      ["session_opened", "stranger", expect.stringMatching(/^[\w-]{22}$/)],
      ["sessions_ended", "stranger", "app_removed"],
      ["app_removed", "stranger", "1"],
    ]);
  });

  test("the pages of this service are not an app", async () => {
    const { visitor, page } = await start();
    expect(await remove(page, "tegata")).toBe(false);
    expect(await isAlive(page)).toBe(true);
    expect(await visitor.show()).toMatchObject({ is: "logged_in" });
  });

  test("an app whose client has been removed leaves nothing behind", async () => {
    await addApp(service, { id: "brief", firstParty: false });
    const { visitor, page } = await start();
    const request = ask({ client_id: "brief", scope: "me" });
    const code = await letIn(service, visitor, request);
    await removeClient(service.tegata, "brief", OPERATOR);
    await addApp(service, { id: "brief", firstParty: true });
    expect(await exchange(service, code, request, { client_id: "brief" })).toMatchObject(
      INVALID_GRANT,
    );
    expect(await list(page)).toEqual([]);
  });

  describe.each(["app", "stranger"])("a code of %s", (client_id) => {
    const begin = async () => {
      const { person, visitor, page } = await start();
      const request = ask({ client_id, scope: "me" });
      const code = await letIn(service, visitor, request);
      const redeem = () => exchange(service, code, request, { client_id });
      return { person, visitor, page, redeem };
    };
    const removeFrom = (userId: number) =>
      removeApp(service.tegata, { userId, clientId: client_id }, OPERATOR);
    const expectNothing = async (page: string, visitor: Visitor) => {
      expect(await list(page)).toEqual([]);
      expect(await visitor.show()).toMatchObject({ is: "logged_in" });
    };

    test("from before the app was taken away opens nothing", async () => {
      const { page, visitor, redeem } = await begin();
      await remove(page, client_id);
      expect(await redeem()).toMatchObject(INVALID_GRANT);
      await expectNothing(page, visitor);
    });

    test.each(["consents", "codes", "sessions"] as const)(
      "that is exchanged before the removal comes to the %s leaves nothing",
      async (step) => {
        const { person, page, visitor, redeem } = await begin();
        const { db } = service.tegata;
        // Inside, each is the query itself again.
        if (step === "consents")
          vi.spyOn(db.consents, "removeOfClient").mockImplementationOnce(
            following(redeem, (...given) => db.consents.removeOfClient(...given)),
          );
        else if (step === "codes")
          vi.spyOn(db.codes, "removeOfClient").mockImplementationOnce(
            following(redeem, (...given) => db.codes.removeOfClient(...given)),
          );
        else
          vi.spyOn(db.sessions, "revoke").mockImplementationOnce(
            following(redeem, (...given) => db.sessions.revoke(...given)),
          );
        await removeFrom(person.id);
        await expectNothing(page, visitor);
      },
    );

    test("that is just being exchanged opens nothing", async () => {
      const { person, page, visitor, redeem } = await begin();
      const { sessions } = service.tegata.db;
      vi.spyOn(sessions, "addForBrowser").mockImplementationOnce(
        following(
          () => removeFrom(person.id),
          (...given) => sessions.addForBrowser(...given),
        ),
      );
      expect(await redeem()).toMatchObject(INVALID_GRANT);
      await expectNothing(page, visitor);
    });
  });

  test("a code that is issued while its consent is removed opens nothing", async () => {
    const { person, visitor, page } = await start();
    await openApp(service, visitor, "stranger", "me");
    const request = ask({ client_id: "stranger", scope: "me" });
    const { codes } = service.tegata.db;
    const app = { userId: person.id, clientId: "stranger" };
    vi.spyOn(codes, "add").mockImplementationOnce(
      following(
        () => removeApp(service.tegata, app, OPERATOR),
        (...given) => codes.add(...given),
      ),
    );
    const code = await letIn(service, visitor, request);
    expect(await exchange(service, code, request, { client_id: "stranger" })).toMatchObject(
      INVALID_GRANT,
    );
    expect(await list(page)).toEqual([]);
  });
});
