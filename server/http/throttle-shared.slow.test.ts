import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { doors, guess } from "../../testing/doors.ts";
import { ENGINES } from "../../testing/engines.ts";
import { isRedisInstalled, type Redis, startRedis } from "../../testing/redis.ts";
import { PASSWORD, Service } from "../../testing/service.ts";

const [TOKEN = expect.unreachable()] = doors;

/** Starts a second process on the database of the first one. */
async function startBeside(first: Service, env: Record<string, string>): Promise<Service> {
  const { databaseUrl } = first.tegata.settings;
  const second = new Service();
  await second.start({ name: "", emptyDatabase: async () => databaseUrl }, env);
  return second;
}

const places = [...ENGINES.map((engine) => ({ ...engine, isRedis: false }))];
const [first = expect.unreachable()] = places;
if (isRedisInstalled()) places.push({ ...first, name: "Redis", isRedis: true });

describe.each(places)("several processes that count in $name", (place) => {
  const [one, started]: [Service, Service[]] = [new Service(), []];
  let redis: Redis | undefined;
  let env: Record<string, string> = {};
  let other: Service;
  beforeAll(async () => {
    if (place.isRedis) redis = await startRedis();
    if (redis) env = { REDIS_URL: redis.url };
    await one.start(place, env);
    started.push(one);
    other = await startBeside(one, env);
    started.push(other);
  });
  afterAll(async () => {
    for (const service of started.reverse()) await service.stop();
    await redis?.stop();
  });

  test("share their counters, also for parallel guesses (security L15)", async () => {
    const { email } = await one.person();
    // The first wait does not end while the guesses are on their way.
    one.stoppedAt = other.stoppedAt = Date.now();
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => guess(i % 2 ? one : other, email)),
    );
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(35);
  });
});

describe.skipIf(!isRedisInstalled())("while Redis is not available", () => {
  const [engine = expect.unreachable()] = ENGINES;
  const service = new Service();
  let redis: Redis;
  beforeAll(async () => {
    redis = await startRedis();
    await service.start(engine, { REDIS_URL: redis.url });
  });
  afterAll(async () => {
    await service.stop();
    await redis.stop();
  });

  test("guesses are refused with 503 and Retry-After, and those who are logged in stay so", async () => {
    const person = await service.person();
    const tokens = await service.tokens(person);
    const right = { ...person, name: person.email, token: tokens.access_token };
    await redis.stop();
    for (const door of doors) {
      const answer = await door.ask(service, right);
      expect(answer, door.name).toMatchObject({ status: 503 });
      expect(answer.headers.get("retry-after"), door.name).toBe("5");
    }
    const registration = { email: "new@example.com", password: PASSWORD };
    expect(await service.mutate("register", registration)).toMatchObject({ status: 503 });
    expect(await service.refresh("1.unknown")).toMatchObject({ status: 503 });
    expect(await service.query("me", tokens.access_token)).toMatchObject({ status: 200 });
    expect(await service.refresh(tokens.refresh_token)).toMatchObject({ status: 200 });
    const log = service.logged.join("");
    expect(log).not.toContain(redis.url);

    redis = await startRedis(Number(new URL(redis.url).port));
    await expect.poll(async () => (await TOKEN.ask(service, right)).status).toBe(200);
  });
});
