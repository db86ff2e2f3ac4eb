import { describe, expect, test } from "vitest";
import { ENGINES } from "../testing/engines.ts";
import { emptyFolder, urlOf, useProcesses } from "../testing/process.ts";
import { SECRET_KEY } from "../testing/service.ts";

const run = useProcesses();

describe("processes that start at once", () => {
  test.each(ENGINES)("five started at once on an empty $name all come up", async (engine) => {
    const env = { PORT: "0", DATABASE_URL: await engine.emptyDatabase(), SECRET_KEY };
    const services = Array.from({ length: 5 }, () => run(env));
    const urls = await Promise.all(services.map(urlOf));
    for (const url of urls) {
      const body = new URLSearchParams({ username: "nobody", password: "wrong password" });
      expect((await fetch(`${url}/token`, { method: "POST", body })).status).toBe(400);
    }
    for (const service of services) service.signal("SIGTERM");
    for (const service of services) expect(await service.ended).toEqual({ code: 0, signal: null });
  });

  test("five first starts at once agree on one secret", async () => {
    const cwd = emptyFolder();
    const services = Array.from({ length: 5 }, () =>
      run({ PORT: "0", ISSUER: "https://tegata.test" }, { cwd }),
    );
    const [first = "", ...others] = await Promise.all(services.map(urlOf));
    const headers = { "content-type": "application/json" };
    const account = { email: "ada@example.com", password: "correct horse battery" };
    await fetch(`${first}/trpc/register`, {
      method: "POST",
      headers,
      body: JSON.stringify(account),
    });
    const body = new URLSearchParams({ username: account.email, password: account.password });
    const { access_token } = (await (
      await fetch(`${first}/token`, { method: "POST", body })
    ).json()) as { access_token: string };
    for (const url of others) {
      const me = await fetch(`${url}/trpc/me`, {
        headers: { authorization: `Bearer ${access_token}` },
      });
      expect(me.status).toBe(200);
    }
    for (const service of services) service.signal("SIGTERM");
    await Promise.all(services.map(({ ended }) => ended));
  });
});
