import { beforeAll, describe, expect, test } from "vitest";
import { doors, from, guess, WRONG } from "../../testing/doors.ts";
import { ENGINES } from "../../testing/engines.ts";
import { basic, type HttpResponse, PASSWORD, useService } from "../../testing/service.ts";

const [TOKEN = expect.unreachable()] = doors;
const JSON_TYPE = { "content-type": "application/json" };

describe.each(ENGINES)("throttled addresses on $name", (engine) => {
  const limits = { LOGIN_FAILURES_PER_ADDRESS: "8", REGISTRATIONS_PER_ADDRESS: "10" };
  const service = useService(engine, { ...limits, TRUST_PROXY: "1" });
  let secret: string;
  beforeAll(async () => {
    secret = await service.client("api");
  });

  test("an address may guess so many passwords, over all names (security L4)", async () => {
    service.stoppedAt = Date.now();
    const person = await service.person();
    const headers = from("198.51.100.10");
    for (let i = 0; i < 8; i += 1)
      expect(await guess(service, `spray${i}`, headers)).toMatchObject({ status: 400 });
    const answer = await guess(service, "spray", headers);
    expect(answer).toMatchObject({ status: 429, json: TOKEN.throttled });
    expect(answer.headers.get("retry-after")).toBe("450");
    // The right password of another account too.
    expect(
      await TOKEN.ask(service, { ...person, name: person.email, token: "" }, headers),
    ).toMatchObject({ status: 429 });
    expect(await guess(service, "spray", from("198.51.100.11"))).toMatchObject({ status: 400 });
  });

  const asked: [what: string, ask: (headers: Record<string, string>) => Promise<HttpResponse>][] = [
    [
      "refresh token",
      (headers) =>
        service.token({ grant_type: "refresh_token", refresh_token: "1.guess" }, headers),
    ],
    [
      "client secret by Basic",
      (headers) =>
        service.token({ grant_type: "client_credentials" }, { ...headers, ...basic("api", WRONG) }),
    ],
    [
      "client secret in the form",
      (headers) =>
        service.token(
          { grant_type: "client_credentials", client_id: "api", client_secret: WRONG },
          headers,
        ),
    ],
    [
      "client secret at /introspect",
      (headers) =>
        service.post("/introspect", { token: "x" }, { ...headers, ...basic("api", WRONG) }),
    ],
    [
      "client secret at /revoke",
      (headers) => service.post("/revoke", { token: "x" }, { ...headers, ...basic("api", WRONG) }),
    ],
  ];
  test.each(asked)(
    "every wrong %s counts, and a right one is not refused (security L4, L6)",
    async (what, ask) => {
      const headers = from(`203.0.113.${what.length}`);
      const { refresh_token } = await service.tokens(await service.person());
      for (let i = 0; i < 8; i += 1) expect((await ask(headers)).status).toBeLessThan(402);
      const answer = await ask(headers);
      expect(answer).toMatchObject({ status: 429, json: TOKEN.throttled });
      expect(answer.headers.get("retry-after")).toBe("450");
      expect(await guess(service, "another", headers)).toMatchObject({ status: 429 });
      expect(
        await service.token({ grant_type: "refresh_token", refresh_token }, headers),
      ).toMatchObject({ status: 200 });
      expect(
        await service.post("/introspect", { token: "x" }, { ...headers, ...basic("api", secret) }),
      ).toMatchObject({ status: 200 });
    },
  );

  test("a refresh token that has expired or been revoked is not a guess", async () => {
    const headers = from("203.0.113.200");
    const { refresh_token, access_token } = await service.tokens(await service.person());
    await service.mutate("logout", undefined, access_token);
    for (let i = 0; i < 12; i += 1)
      expect(
        await service.token({ grant_type: "refresh_token", refresh_token }, headers),
      ).toMatchObject({ status: 400 });
  });

  test("of X-Forwarded-For, only the entry of the trusted proxy counts (security L11)", async () => {
    for (let i = 0; i < 8; i += 1)
      await guess(service, `forged${i}`, from(`192.0.2.${i}, 10.0.0.${i}, 198.51.100.20`));
    expect(
      await guess(service, "forged", from("192.0.2.99, 10.0.0.99, 198.51.100.20")),
    ).toMatchObject({
      status: 429,
    });
    expect(await guess(service, "forged", from("198.51.100.20, 198.51.100.21"))).toMatchObject({
      status: 400,
    });
    expect(service.logged.join("")).not.toContain("TRUST_PROXY");
  });

  const register = (i: number, headers: Record<string, string>) =>
    service.request("POST", "/api/register", {
      body: JSON.stringify({ email: `new${i}@example.com`, password: PASSWORD }),
      headers: { ...JSON_TYPE, ...headers },
    });

  test("an address may register so often, successfully or not (security L13)", async () => {
    const headers = from("198.51.100.30");
    expect(await register(0, headers)).toMatchObject({ status: 200 });
    for (let i = 0; i < 9; i += 1)
      expect(await register(0, headers)).toMatchObject({ status: 409 });
    const answer = await register(0, headers);
    expect(answer).toMatchObject({ status: 429, json: { detail: "too many attempts" } });
    expect(answer.headers.get("retry-after")).toBe("360");
    expect(await register(1, headers)).toMatchObject({ status: 429 });
    expect(await register(1, from("198.51.100.31"))).toMatchObject({ status: 200 });
  });

  test("a batch of 100 calls counts as 100, and each call has its own result (security C7)", async () => {
    const inputs = Object.fromEntries(
      Array.from({ length: 100 }, (_, i) => [
        i,
        { email: `b${i}@example.com`, password: PASSWORD },
      ]),
    );
    const answer = await service.request(
      "POST",
      `/trpc/${Array(100).fill("register").join(",")}?batch=1`,
      {
        body: JSON.stringify(inputs),
        headers: { ...JSON_TYPE, ...from("198.51.100.40") },
      },
    );
    expect(answer.status).toBe(207);
    expect(answer.headers.get("retry-after")).toBe("360");
    const results = answer.json as { result?: object; error?: { data: object } }[];
    expect(results.filter(({ result }) => result)).toHaveLength(10);
    for (const { error } of results.filter(({ result }) => !result))
      expect(error).toMatchObject({
        data: {
          code: "TOO_MANY_REQUESTS",
          httpStatus: 429,
          reason: "too_many_attempts",
          retryAfterSeconds: 360,
        },
      });
  });
});

describe("without TRUST_PROXY", () => {
  const [engine = expect.unreachable()] = ENGINES;
  const service = useService(engine, { LOGIN_FAILURES_PER_ADDRESS: "8" });

  test("X-Forwarded-For does not count, and the first one is a warning in the log (security L11)", async () => {
    const warnings = () => service.logged.filter((line) => line.includes("TRUST_PROXY is 0"));
    await guess(service, "name0");
    expect(warnings()).toEqual([]);
    for (let i = 1; i < 8; i += 1) await guess(service, `name${i}`, from(`192.0.2.${i}`));
    expect(warnings()).toHaveLength(1);
    expect(await guess(service, "name9", from("192.0.2.99"))).toMatchObject({ status: 429 });
  });

  test("the loopback address is not exempt", async () => {
    expect(service.url).toMatch(/^http:\/\/127\.0\.0\.1:/);
    expect(await guess(service, "ada")).toMatchObject({ status: 429 });
  });
});
