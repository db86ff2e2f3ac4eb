import { resolve } from "node:path";
import { expect, test } from "vitest";
import { useProcesses } from "../../testing/process.ts";
import { ISSUER } from "../../testing/service.ts";

const run = useProcesses();

test("me.ts registers, logs in and prints the account", async () => {
  const service = run({ PORT: "0" });
  const [, url = ""] = await service.until(/listening on (\S+)$/m);
  for (const time of ["first", "second"]) {
    const args = ["--import", "tsx", resolve("client/examples/me.ts")];
    const example = run({ TEGATA_URL: url }, { cwd: resolve("."), args });
    expect(await example.ended, `${time} run: ${example.printed()}`).toMatchObject({ code: 0 });
    expect(example.printed()).toContain("email: 'ada@example.com'");
    expect(example.printed()).toContain("fullName: 'Ada Lovelace'");
  }
  service.signal("SIGTERM");
  expect(await service.ended).toMatchObject({ code: 0 });
});

test("protected-service.ts accepts the access token that orders.ts sends", async () => {
  const example = (name: string, env: Record<string, string>) =>
    run(env, { cwd: resolve("."), args: ["--import", "tsx", resolve(`client/examples/${name}`)] });
  const service = run({ PORT: "0", ISSUER });
  const [, url = ""] = await service.until(/listening on (\S+)$/m);
  const orders = example("protected-service.ts", { TEGATA_URL: url, TEGATA_ISSUER: ISSUER });
  const [, ordersUrl = ""] = await orders.until(/^Listening on (\S+)$/m);
  expect(await fetch(`${ordersUrl}/whoami`)).toMatchObject({ status: 401 });

  const caller = example("orders.ts", { TEGATA_URL: url, ORDERS_URL: ordersUrl });
  expect(await caller.ended, caller.printed()).toMatchObject({ code: 0 });
  expect(caller.printed()).toContain("[ { item: 'a lantern', owner: 1 } ]");
  expect(caller.printed()).toContain("clientId: 'tegata'");

  for (const one of [orders, service]) one.signal("SIGTERM");
  await Promise.all([orders.ended, service.ended]);
});
