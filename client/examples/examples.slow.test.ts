import { resolve } from "node:path";
import { expect, test } from "vitest";
import { urlOf, useProcesses } from "../../testing/process.ts";

const run = useProcesses();

test("me.ts registers, logs in and prints the account", async () => {
  const service = run({ PORT: "0" });
  const url = await urlOf(service);
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
