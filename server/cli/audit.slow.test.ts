/** The audit log as the command line writes and prints it. */
import { expect, test } from "vitest";
import { openDb } from "../../db/open.ts";
import { ENGINES } from "../../testing/engines.ts";
import { useCli } from "../../testing/process.ts";

const runCli = useCli();

test.each(ENGINES)(
  "on $name, tegata audit prints what the other commands did, by the operator",
  async (engine) => {
    const DATABASE_URL = await engine.emptyDatabase();
    const db = await openDb(DATABASE_URL, { migrate: true });
    const user = { email: "ada@example.com", username: null, fullName: null };
    const added = await db.users.add({ ...user, passwordHash: "x", createdAtMs: 1 });
    const userId = added.is === "added" ? added.id : expect.unreachable();
    await db.close();
    const tegata = async (...args: string[]) => {
      const { code, printed } = await runCli({ DATABASE_URL }, args);
      expect({ code, printed }).toMatchObject({ code: 0 });
      return printed;
    };
    await tegata("clients", "add", "billing", "--grants", "client_credentials", "--scopes", "me");
    await tegata("clients", "remove", "billing");
    await tegata("users", "disable", "ada@example.com");
    await tegata("users", "enable", "ada@example.com");
    const events: unknown = JSON.parse(await tegata("audit", "--json"));
    const by = { address: "cli", requestId: null };
    expect(events).toMatchObject([
      { ...by, type: "user_enabled", userId },
      { ...by, type: "user_disabled", userId },
      { ...by, type: "client_removed", clientId: "billing" },
      { ...by, type: "client_added", clientId: "billing", detail: "client_credentials" },
    ]);
  },
);
