import { hashSync } from "@node-rs/bcrypt";
import { describe, expect, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { PASSWORD, useService } from "../../testing/service.ts";

/** Passwords of Grace, and why each is refused. */
const REFUSED = [
  ["Password1", "too_common", undefined],
  ["xyzxyzxyz", "too_simple", undefined],
  ["grace.brewster", "contains_email", 8],
  ["Cobolina1906!", "contains_username", 8],
  ["hopper-1906", "contains_full_name", 8],
  ["tegata-1906", "contains_service_name", 8],
] as const;

const json = { "content-type": "application/json" };

describe.each(ENGINES)("a password that others would guess, on $name", (engine) => {
  const service = useService(engine, { FASTAPI_PATHS: "false" });
  const grace = { username: "cobolina", fullName: "Grace Hopper" };

  test.each(REFUSED)("%j cannot be registered: %s", async (password, code, limit) => {
    const email = "grace.brewster@example.com";
    const account = { email, password: service.secret(password), ...grace };
    const error = { code, message: expect.any(String), ...(limit && { limit }) };
    const refused = { reason: "weak_password", fields: { password: error } };
    expect(await service.mutate("register", account)).toMatchObject({
      status: 400,
      json: { error: { data: refused } },
    });
    const body = JSON.stringify(account);
    expect(await service.request("POST", "/api/register", { body, headers: json })).toMatchObject({
      status: 400,
      json: refused,
    });
    expect(await service.tegata.db.users.findByEmail(email)).toBeUndefined();
  });

  test("cannot be set by a change of password, for each of the reasons", async () => {
    const person = await service.person(grace);
    const token = await service.login(person);
    const headers = { ...json, authorization: `Bearer ${token}` };
    for (const [newPassword, code] of [
      ...REFUSED.filter(([, code]) => code !== "contains_email"),
      [`${person.email.split("@")[0]}!1906`, "contains_email"],
    ] as const) {
      const change = { currentPassword: person.password, newPassword };
      const refused = { reason: "weak_password", fields: { newPassword: { code } } };
      expect(await service.mutate("changePassword", change, token)).toMatchObject({
        status: 400,
        json: { error: { data: refused } },
      });
      const body = JSON.stringify(change);
      expect(
        await service.request("PUT", "/api/users/me/password", { body, headers }),
      ).toMatchObject({ status: 400, json: refused });
    }
    expect(await service.token({ username: "cobolina", password: PASSWORD })).toMatchObject({
      status: 200,
    });
  });

  test("still logs in an account that has it, whose owner can then change it", async () => {
    const email = "old@example.com";
    const user = { email, username: null, fullName: null, createdAtMs: 1 };
    await service.tegata.db.users.add({ ...user, passwordHash: hashSync("password1", 4) });
    const token = await service.login({ email, password: "password1" });
    const change = { currentPassword: "password1", newPassword: PASSWORD };
    expect(await service.mutate("changePassword", change, token)).toMatchObject({ status: 200 });
  });
});

describe("on the FastAPI paths", () => {
  const [engine = expect.unreachable()] = ENGINES;
  const service = useService(engine);

  test.each(REFUSED.filter(([, code]) => !/user|full/.test(code)))(
    "%j cannot be registered: %s",
    async (password, code) => {
      const body = JSON.stringify({ email: "grace.brewster@example.com", password });
      expect(await service.request("POST", "/api/register", { body, headers: json })).toMatchObject(
        {
          status: 422,
          json: { detail: [{ loc: ["body", "password"], type: `value_error.${code}` }] },
        },
      );
    },
  );
});
