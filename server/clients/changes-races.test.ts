/** Changes of a client that others do not wait for: logins, exchanges of codes, consents, and another client with its id. */
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
import { basic, PASSWORD, useService } from "../../testing/service.ts";
import { arrive } from "../../testing/visitor.ts";
import { OPERATOR } from "../requester.ts";
import { addClient, removeClient, updateClient } from "./changes.ts";

const GRANTS = ["authorization_code", "refresh_token"];
const KNOWN = [...GRANTS, "password", "client_credentials"];
const ELSEWHERE = "https://elsewhere.example.com/";

afterEach(() => void vi.restoreAllMocks());

describe.each(ENGINES)("a client on $name", (engine) => {
  const service = useService(engine);
  const update = (change: Parameters<typeof updateClient>[1]) =>
    updateClient(service.tegata, change, KNOWN, OPERATOR);

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

  test("that becomes somebody else's while its name is changed stays theirs", async () => {
    await addApp(service, { id: "renamed" });
    const { clients } = service.tegata.db;
    const selling = () => update({ id: "renamed", isFirstParty: false });
    vi.spyOn(clients, "update").mockImplementationOnce(
      following(selling, (...given) => clients.update(...given)),
    );
    expect(await update({ id: "renamed", name: "New" })).toMatchObject({ is: "updated" });
    expect(await clients.find("renamed")).toMatchObject({ name: "New", firstParty: false });
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

  const losses: [what: string, suffix: string, change: (id: string) => Promise<unknown>][] = [
    ["loses a scope", "scope", (id) => update({ id, scopes: ["items"] })],
    ["loses the grant", "grant", (id) => update({ id, grants: ["refresh_token"] })],
    ["is removed", "client", (id) => removeClient(service.tegata, id, OPERATOR)],
  ];

  test.each(losses)("that %s while a user logs in gets no session", async (_, suffix, change) => {
    const id = `password.${suffix}`;
    await service.client(id, { public: true, grants: "password refresh_token" });
    const person = await service.person();
    const { sessions } = service.tegata.db;
    const changing = () => change(id);
    vi.spyOn(sessions, "addForUser").mockImplementationOnce(
      following(changing, (...given) => sessions.addForUser(...given)),
    );
    const form = { grant_type: "password", username: person.email, password: PASSWORD };
    expect(await service.token({ ...form, client_id: id })).toMatchObject({
      status: 400,
      json: { error: "invalid_grant" },
    });
    expect(await sessions.list(person.id, service.tegata.now())).toEqual([]);
  });

  test.each(losses)("that %s while it gets a token gets none", async (_, suffix, change) => {
    const id = `own.${suffix}`;
    const secret = await service.client(id);
    const { sessions } = service.tegata.db;
    const changing = () => change(id);
    const added = vi.spyOn(sessions, "add");
    added.mockImplementationOnce(following(changing, (...given) => sessions.add(...given)));
    expect(
      await service.token({ grant_type: "client_credentials" }, basic(id, secret)),
    ).toMatchObject({ status: 400, json: { error: "unauthorized_client" } });
    const [session] = added.mock.lastCall ?? expect.unreachable();
    expect((await sessions.find(session.id))?.session.revokedAtMs).toEqual(expect.any(Number));
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
