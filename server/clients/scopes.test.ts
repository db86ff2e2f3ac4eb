import { describe, expect, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { useService } from "../../testing/service.ts";
import { OPERATOR } from "../requester.ts";
import { addClient } from "./changes.ts";

describe.each(ENGINES)("the scopes of a new client on $name", (engine) => {
  const service = useService(engine);
  const add = (id: string, ...scopes: string[]) =>
    addClient(
      service.tegata,
      { id, isPublic: true, grants: ["password"], scopes },
      ["password"],
      OPERATOR,
    );

  test.each(["itmes", "Me", "orders", "items:read", "ME.all", ":read", "orders:"])(
    "%s is rejected, because it is not a scope of Tegata and names no other service",
    async (scope) => {
      expect(await add("x", "me", scope)).toEqual({
        is: "invalid",
        field: "scopes",
        message: expect.stringContaining(
          `unknown scope ${scope}: this service has me, items, openid, profile, email;`,
        ),
      });
    },
  );

  test("can be scopes of Tegata, and any scope that names another service", async () => {
    const scopes = ["me", "items", "orders:read", "orders.read", "https://api.test/x", "meals:x"];
    expect(await add("x", ...scopes)).toEqual({ is: "added", secret: undefined });
  });
});
