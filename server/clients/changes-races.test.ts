/** Changes of a client that others do not wait for: exchanges of codes, consents, and another client with its id. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { openApp } from "../../testing/apps.ts";
import {
  act,
  addApp,
  agree,
  ask,
  exchange,
  isKept,
  parametersOf,
  shownFor,
  visit,
} from "../../testing/authorization.ts";
import { ENGINES } from "../../testing/engines.ts";
import { following } from "../../testing/following.ts";
import { useService } from "../../testing/service.ts";
import { arrive } from "../../testing/visitor.ts";
import { OPERATOR } from "../requester.ts";
import { addClient, removeClient, updateClient } from "./changes.ts";

const GRANTS = ["authorization_code", "refresh_token"];
const ELSEWHERE = "https://elsewhere.example.com/";

afterEach(() => void vi.restoreAllMocks());

describe.each(ENGINES)("a client on $name", (engine) => {
  const service = useService(engine);
  const update = (change: Parameters<typeof updateClient>[1]) =>
    updateClient(service.tegata, change, GRANTS, OPERATOR);

  test("that becomes somebody else's loses its sessions; that becomes one's own does not", async () => {
    await addApp(service, { id: "sold" });
    const { visitor } = await arrive(service);
    const { access_token } = await openApp(service, visitor, "sold");
    expect(await update({ id: "sold", isFirstParty: true })).toMatchObject({ endedSessions: 0 });
    expect(await update({ id: "sold", isFirstParty: false })).toMatchObject({ endedSessions: 1 });
    expect(await service.query("me", access_token)).toMatchObject({ status: 401 });
    const again = await openApp(service, visitor, "sold");
    expect(await update({ id: "sold", isFirstParty: true })).toMatchObject({ endedSessions: 0 });
    expect(await service.query("me", again.access_token)).toMatchObject({ status: 200 });
  });

  test.each([
    ["loses a scope", "scope", { scopes: ["me"] }],
    ["loses the grant", "grant", { grants: ["refresh_token"] }],
    ["loses the redirect URI", "uri", { redirectUris: [ELSEWHERE] }],
    ["becomes somebody else's", "sale", { isFirstParty: false }],
  ])("that %s while a code is exchanged gets no session", async (_, client_id, change) => {
    await addApp(service, { id: client_id });
    const { visitor, person } = await arrive(service);
    const request = ask({ client_id });
    const shown = await shownFor(visitor, request);
    const { code = "" } = parametersOf(shown.to ?? "");
    const { sessions } = service.tegata.db;
    const changing = vi.fn(() => update({ id: client_id, ...change }));
    vi.spyOn(sessions, "addForBrowser").mockImplementationOnce(
      following(changing, (...given) => sessions.addForBrowser(...given)),
    );
    expect(await exchange(service, service.secret(code), request, { client_id })).toMatchObject({
      status: 400,
      json: { error: "invalid_grant" },
    });
    expect(changing).toHaveResolvedWith(expect.objectContaining({ is: "updated" }));
    expect(await sessions.listOpened(person.id, service.tegata.now())).toEqual([]);
  });

  test("with the id of one that was removed while somebody agreed to it asks for consent", async () => {
    await addApp(service, { id: "gone", firstParty: false });
    const { visitor } = await arrive(service);
    const request = ask({ client_id: "gone" });
    const { ticket } = await shownFor(visitor, request);
    const { consents } = service.tegata.db;
    const removing = vi.fn(() => removeClient(service.tegata, "gone", OPERATOR));
    vi.spyOn(consents, "add").mockImplementationOnce(
      following(removing, (...given) => consents.add(...given)),
    );
    await act(visitor, "allow", request, ticket);
    expect(removing).toHaveResolvedWith(true);

    const client = { id: "gone", isPublic: true, grants: GRANTS, scopes: ["me", "items"] };
    const redirectUris = [ELSEWHERE];
    expect(
      await addClient(service.tegata, { ...client, redirectUris }, GRANTS, OPERATOR),
    ).toMatchObject({ is: "added" });
    const elsewhere = ask({ client_id: "gone", redirect_uri: ELSEWHERE });
    expect(isKept(await visit(service, visitor, elsewhere))).toBe(true);
    expect(await agree(visitor, elsewhere, await shownFor(visitor, elsewhere))).toContain("code=");
  });
});
