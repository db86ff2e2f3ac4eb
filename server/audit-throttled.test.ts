import { decodeJwt } from "jose";
import { describe, expect, test } from "vitest";
import { ENGINES } from "../testing/engines.ts";
import { useService } from "../testing/service.ts";

describe.each(ENGINES)("the audit log on $name", (engine) => {
  const service = useService(engine);

  test("has passwords that the throttle does not test, of a user who is logged in", async () => {
    const person = await service.person();
    const token = await service.login(person);
    const { sid } = decodeJwt(token);
    const password = service.secret("not this one, wrong");
    const change = {
      currentPassword: password,
      newPassword: service.secret("a new battery horse"),
    };
    const statusOf = async (procedure: string, input: unknown) =>
      (await service.mutate(procedure, input, token)).status;
    // No attempt is admitted again by itself.
    service.stoppedAt = Date.now();
    for (let i = 0; i < 5; i += 1) expect(await statusOf("changePassword", change)).toBe(400);
    expect(await statusOf("changePassword", change)).toBe(429);
    expect(await statusOf("deleteAccount", { password })).toBe(429);
    const events = () =>
      service.tegata.db.events
        .list({ userId: person.id }, { limit: 9 })
        .then((all) => all.filter(({ detail }) => detail === "throttled"));
    await expect.poll(events).toHaveLength(2);
    const of = { userId: person.id, sessionId: null, address: "127.0.0.1" };
    expect(await events()).toMatchObject([
      { ...of, type: "password_check_failed" },
      { ...of, type: "password_change_failed", sessionId: sid },
    ]);
  });
});
