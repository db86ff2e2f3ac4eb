import { afterEach, describe, expect, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { basic, FULL_SCOPE, useService } from "../../testing/service.ts";

describe.each(ENGINES)("a scope that a later version adds, on $name", (engine) => {
  const service = useService(engine);
  afterEach(() => Reflect.deleteProperty(service.tegata.scopes, "later"));
  const addScope = () => Object.assign(service.tegata.scopes, { later: "Something new" });
  const scopeAfterRefresh = async (refresh_token: string, more: Record<string, string> = {}) =>
    service.issued(await service.refresh(refresh_token, more)).scope;

  test("reaches a session that asked for no scope at its next refresh, and not its token before", async () => {
    const { access_token, refresh_token, scope } = await service.tokens(await service.person());
    expect(scope).toBe(FULL_SCOPE);
    addScope();
    const secret = await service.client("resource", { scopes: "me" });
    const asked = await service.post(
      "/introspect",
      { token: access_token },
      basic("resource", secret),
    );
    expect(asked.json).toMatchObject({ active: true, scope: FULL_SCOPE });
    expect(await scopeAfterRefresh(refresh_token)).toBe(`${FULL_SCOPE} later`);
  });

  test("does not reach a session that asked for fewer scopes", async () => {
    const { email, password } = await service.person();
    const login = { grant_type: "password", username: email, password, scope: "me" };
    const { refresh_token } = service.issued(await service.token(login));
    addScope();
    expect(await scopeAfterRefresh(refresh_token)).toBe("me");
  });

  test("does not reach a client that an operator added", async () => {
    const { email, password } = await service.person();
    const client = { client_id: "app" };
    await service.client("app", { public: true, grants: "password refresh_token", scopes: "me" });
    const login = { grant_type: "password", username: email, password, ...client };
    const { refresh_token } = service.issued(await service.token(login));
    addScope();
    expect(await scopeAfterRefresh(refresh_token, client)).toBe("me");
  });
});
