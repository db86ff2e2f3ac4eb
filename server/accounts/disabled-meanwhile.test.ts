/** Accounts that are disabled, or gone, after the request has been admitted. */
import { describe, expect, test, vi } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { done, reasonOf } from "../../testing/mail-people.ts";
import { PASSWORD, useService } from "../../testing/service.ts";

describe.each(ENGINES)("an account that is disabled meanwhile on $name", (engine) => {
  const service = useService(engine);
  const changes = {
    changePassword: { currentPassword: PASSWORD, newPassword: "another horse battery" },
    deleteAccount: { password: PASSWORD },
    "email.change": { newEmail: "new@example.com", password: PASSWORD },
  };

  /** Somebody whose account is disabled after their next request has found out whose token it has. */
  async function person() {
    const { email } = await service.person();
    const token = await service.login({ email, password: PASSWORD });
    const { db } = service.tegata;
    const { id } = (await db.users.findByEmail(email)) ?? expect.unreachable();
    const { findOwner } = db.sessions;
    vi.spyOn(db.sessions, "findOwner").mockImplementationOnce(async (sessionId) => {
      const owner = await findOwner(sessionId);
      await db.users.setDisabled(id, true);
      return owner;
    });
    return { email, token };
  }

  test.each(Object.entries(changes))("is not changed by %s", async (procedure, input) => {
    const { email, token } = await person();
    const before = await service.tegata.db.users.findByEmail(email);
    const response = await service.mutate(procedure, input, token);
    expect(reasonOf(response)).toBe("wrong_password");
    const after = await service.tegata.db.users.findByEmail(email);
    expect(after).toEqual({ ...before, disabled: true });
  });

  test("is not exported", async () => {
    const { token } = await person();
    expect(reasonOf(await service.query("exportData", token))).toBe("invalid_token");
  });

  test("is changed if it is not disabled", async () => {
    const { email } = await service.person();
    const token = await service.login({ email, password: PASSWORD });
    done(await service.query("exportData", token));
    done(await service.mutate("changePassword", changes.changePassword, token));
  });
});
