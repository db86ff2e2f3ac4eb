import { describe, expect, test } from "vitest";
import { ENGINES } from "../../../testing/engines.ts";
import { useService } from "../../../testing/service.ts";
import { GRANTS } from "./grants/index.ts";

const KNOWN = [
  "grant_type",
  "client_id",
  "client_secret",
  "token",
  "token_type_hint",
  ...[...GRANTS.values()].flatMap(({ parameters }) => Object.keys(parameters.shape)),
];

describe("a repeated parameter", () => {
  const service = useService(ENGINES[0] ?? expect.unreachable());

  test("is ignored if it is unknown, as resource may be repeated (RFC 8707 section 2)", async () => {
    const { email, password } = await service.person();
    const more = "resource=https://a.example&resource=https://b.example&audience=a&audience=&x&x";
    const username = encodeURIComponent(email);
    const login = `grant_type=password&username=${username}&password=${password}&${more}`;
    const tokens = service.issued(await service.token(login));
    const refresh = `grant_type=refresh_token&refresh_token=${tokens.refresh_token}&${more}`;
    service.issued(await service.token(refresh));
    for (const path of ["/revoke", "/introspect"])
      expect(await service.post(path, `token=x&${more}`)).toMatchObject(
        path === "/revoke" ? { status: 200 } : { json: { error: "invalid_client" } },
      );
    const ofB = `username=${username}&password=${password}&${more}`;
    expect(await service.post("/api/token", ofB)).toMatchObject({ status: 200 });
  });

  test.each(KNOWN)("is rejected by every endpoint if it is known: %s", async (name) => {
    for (const twice of [`${name}=a&${name}=a`, `${name}=a&${name}=`, `${name}&%${hex(name)}=a`])
      for (const path of ["/token", "/revoke", "/introspect"])
        expect(await service.post(path, twice)).toMatchObject({
          status: 400,
          json: { error: "invalid_request", error_description: "a parameter is repeated" },
        });
  });
});

/** The name with its first letter escaped, without the percent sign. */
const hex = (name: string) => name.charCodeAt(0).toString(16) + name.slice(1);
