import { expect, onTestFinished, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { Service } from "../../testing/service.ts";
import { runSql } from "../../testing/sql.ts";

const [sqlite = expect.unreachable()] = ENGINES;

test("a session that has come to belong to another user does not serve a refresh token", async () => {
  const url = await sqlite.emptyDatabase();
  const service = new Service();
  await service.start({ ...sqlite, emptyDatabase: async () => url }, {});
  onTestFinished(() => service.stop());
  const victim = await service.person();
  const attacker = await service.person();
  const { refresh_token } = await service.tokens(attacker);
  expect(refresh_token.startsWith(`${attacker.id}.`)).toBe(true);
  await runSql(url, `UPDATE sessions SET user_id = ${victim.id}`);
  expect(await service.refresh(refresh_token)).toMatchObject({
    status: 400,
    json: { error: "invalid_grant" },
  });
  await runSql(url, `UPDATE sessions SET user_id = ${attacker.id}`);
  const next = service.issued(await service.refresh(refresh_token));
  expect(next.refresh_token.startsWith(`${attacker.id}.`)).toBe(true);
});
