/** Who must log in again, and as whom: `prompt=login`, `max_age` and `id_token_hint` (OpenID Connect Core sections 3.1.2.1 and 3.1.2.3). */
import { beforeAll, describe, expect, test } from "vitest";
import {
  act,
  addApp,
  agree,
  ask,
  idTokenOf,
  isKept,
  parametersOf,
  returned,
  shownFor,
  visit,
} from "../../../testing/authorization.ts";
import { ENGINES } from "../../../testing/engines.ts";
import { useService } from "../../../testing/service.ts";
import { arrive, dataOf, Visitor } from "../../../testing/visitor.ts";

const SCOPES = "me openid";
const STALE = { status: 409, json: { error: { data: { reason: "stale_page" } } } };

describe.each(ENGINES)("a request on $name", (engine) => {
  const service = useService(engine);
  beforeAll(async () => {
    service.stoppedAt = Date.now();
    await addApp(service, { scopes: SCOPES });
    await addApp(service, { id: "stranger", scopes: SCOPES, firstParty: false });
  });

  describe.each([{ prompt: "login" }, { max_age: "0" }, { max_age: "60" }])("with %j", (demand) => {
    test("needs a new login, which ends the one before, and goes through then", async () => {
      const { person, visitor } = await arrive(service);
      service.ahead += 61_000;
      const request = ask({ ...demand, scope: "openid" });
      expect(isKept(await visit(service, visitor, request))).toBe(true);
      const shown = await shownFor(visitor, request);
      expect(shown).toEqual({
        is: "log_in_again",
        ticket: expect.any(String),
        account: expect.objectContaining({ email: person.email }),
        client: { name: "The App", host: "app.example.com" },
      });
      // Nothing but a login helps.
      expect(await shownFor(visitor, request, shown.ticket)).toMatchObject({ is: "log_in_again" });
      expect(dataOf(await act(visitor, "choose", request, shown.ticket))).toMatchObject({
        is: "log_in_again",
      });
      expect(await act(visitor, "allow", request, shown.ticket)).toMatchObject(STALE);
      const before = new Visitor(service);
      before.cookie = visitor.cookie;
      await visitor.logIn(person);
      expect(visitor.cookie).not.toBe(before.cookie);
      expect(await before.show()).toMatchObject({ is: "log_in" });

      const { is, to } = await shownFor(visitor, request, shown.ticket);
      expect(is).toBe("done");
      const { claims } = await idTokenOf(service, request, to);
      expect(claims["auth_time"]).toBe(Math.floor(service.tegata.now() / 1000));
    });

    test("can be denied instead", async () => {
      const { visitor } = await arrive(service);
      service.ahead += 61_000;
      const request = ask(demand);
      const { ticket } = await shownFor(visitor, request);
      const { to } = dataOf<{ to: string }>(await act(visitor, "deny", request, ticket));
      expect(parametersOf(to)).toMatchObject({ error: "access_denied", state: request.state });
    });

    test("needs one login of somebody who was not logged in, whatever the clock of another instance says", async () => {
      for (const skewMs of [0, -30_000, 30_000]) {
        const person = await service.person();
        const visitor = new Visitor(service);
        const request = ask(demand);
        const { is, ticket } = await shownFor(visitor, request);
        expect(is).toBe("log_in");
        service.ahead += skewMs;
        await visitor.logIn(person);
        service.ahead -= skewMs;
        expect(await shownFor(visitor, request, ticket)).toMatchObject({ is: "done" });
      }
    });

    test("does not take an old login for a new one, because the page was first shown without its cookie", async () => {
      const { visitor } = await arrive(service);
      service.ahead += 61_000;
      const request = ask(demand);
      const { ticket } = await shownFor(new Visitor(service), request);
      expect(await shownFor(visitor, request, ticket)).toMatchObject({ is: "log_in_again" });
    });

    test("does not take the ticket of another request, or of a page that is too old", async () => {
      const { person, visitor } = await arrive(service);
      service.ahead += 61_000;
      const [request, other] = [ask(demand), ask(demand)];
      const { ticket } = await shownFor(visitor, request);
      await visitor.logIn(person);
      service.ahead += 59 * 60_000;
      expect(await shownFor(visitor, other, ticket)).toMatchObject({ is: "log_in_again" });
      expect(await shownFor(visitor, request, ticket)).toMatchObject({ is: "done" });
      service.ahead += 60_000;
      expect(await shownFor(visitor, request, ticket)).toMatchObject({ is: "log_in_again" });
    });

    test("does not take a login from more than an hour ago, however often the page was shown since", async () => {
      const { person, visitor } = await arrive(service);
      service.ahead += 61_000;
      const request = ask(demand);
      let { ticket } = await shownFor(visitor, request);
      await visitor.logIn(person);
      // A copy of the page in which nobody is logged in.
      for (let shown = 0; shown < 2; shown += 1) {
        service.ahead += 40 * 60_000;
        ({ ticket } = await shownFor(new Visitor(service), request, ticket));
      }
      expect(await shownFor(visitor, request, ticket)).toMatchObject({ is: "log_in_again" });
    });
  });

  test("with a max_age is granted at once to a login that is not older", async () => {
    const { visitor } = await arrive(service);
    service.ahead += 59_000;
    const maxAges = ["60", "0060", "9".repeat(400)];
    for (const max_age of maxAges)
      expect(returned(await visit(service, visitor, ask({ max_age })))).toHaveProperty("code");
  });

  test("with a max_age of 1 leaves a slow person time to read", async () => {
    const { person, visitor } = await arrive(service);
    service.ahead += 61_000;
    const request = ask({ client_id: "stranger", max_age: "1", scope: "me" });
    const first = await shownFor(visitor, request);
    expect(first.is).toBe("log_in_again");
    service.ahead += 5 * 60_000;
    await visitor.logIn(person);
    service.ahead += 5 * 60_000;
    const second = await shownFor(visitor, request, first.ticket);
    expect(second.is).toBe("consent");
    service.ahead += 49 * 60_000;
    expect(parametersOf(await agree(visitor, request, second))).toHaveProperty("code");
    expect(await shownFor(visitor, request)).toMatchObject({ is: "log_in_again" });
  });

  test("asks anew after a login as another account", async () => {
    const { visitor } = await arrive(service);
    const request = ask({ client_id: "stranger", prompt: "login", scope: "openid" });
    const before = await shownFor(visitor, request);
    const other = await service.person();
    await visitor.logIn(other);
    expect(await act(visitor, "allow", request, before.ticket)).toMatchObject(STALE);
    const shown = await shownFor(visitor, request, before.ticket);
    expect(shown).toMatchObject({ is: "consent", account: { email: other.email } });
    const to = await agree(visitor, request, shown);
    const { claims } = await idTokenOf(service, request, to, { client_id: "stranger" });
    expect(claims.sub).toBe(String(other.id));
  });

  describe("about the user of an ID token", () => {
    const idTokenFor = async (visitor: Visitor) => {
      const request = ask({ scope: "openid" });
      const to = (await visit(service, visitor, request)).headers.get("location") ?? "";
      return (await idTokenOf(service, request, to)).token;
    };

    test("is granted to that user, also when the token has expired", async () => {
      const { visitor } = await arrive(service);
      const id_token_hint = await idTokenFor(visitor);
      service.ahead += 24 * 3_600_000;
      for (const prompt of [undefined, "none"]) {
        const request = ask({ id_token_hint, prompt });
        expect(returned(await visit(service, visitor, request))).toHaveProperty("code");
      }
    });

    test("needs a login as that user", async () => {
      const { person, visitor } = await arrive(service);
      const id_token_hint = await idTokenFor(visitor);
      const other = await service.person();
      await visitor.logIn(other);
      const none = ask({ id_token_hint, prompt: "none" });
      expect(returned(await visit(service, visitor, none))).toMatchObject({
        error: "login_required",
      });
      const request = ask({ id_token_hint, prompt: "login" });
      expect(isKept(await visit(service, visitor, request))).toBe(true);
      const asOther = { is: "log_in_as_another", account: { email: other.email } };
      const first = await shownFor(visitor, request);
      expect(first).toMatchObject(asOther);
      expect(dataOf(await act(visitor, "choose", request, first.ticket))).toMatchObject(asOther);
      expect(await act(visitor, "allow", request, first.ticket)).toMatchObject(STALE);
      await visitor.logIn(other);
      const second = await shownFor(visitor, request, first.ticket);
      expect(second).toMatchObject(asOther);
      await visitor.logIn(person);
      expect(await shownFor(visitor, request, second.ticket)).toMatchObject({ is: "done" });
    });

    test("is refused if the token was not issued to this client", async () => {
      const { visitor } = await arrive(service);
      const own = await idTokenFor(visitor);
      const { accessToken } = await visitor.open();
      for (const hint of [`${own}x`, accessToken, "日本語", "."])
        for (const prompt of [undefined, "none"])
          expect(
            returned(await visit(service, visitor, ask({ id_token_hint: hint, prompt }))),
          ).toMatchObject({ error: "invalid_request" });
      const foreign = ask({ id_token_hint: own, client_id: "stranger" });
      expect(returned(await visit(service, visitor, foreign))).toMatchObject({
        error: "invalid_request",
      });
    });
  });
});
