/** Many who redeem one code at once, and a replay beside them. */
import { beforeAll, describe, expect, test } from "vitest";
import { addApp, ask, codeFor, exchange } from "../../testing/authorization.ts";
import { ENGINES } from "../../testing/engines.ts";
import { useService } from "../../testing/service.ts";
import { Visitor } from "../../testing/visitor.ts";

const ROUNDS = 60;
const RACERS = 30;
/** A browser may get 200 codes an hour. */
const A_LITTLE_MS = 60_000;

describe.each(ENGINES)("authorization codes on $name", (engine) => {
  const service = useService(engine);
  beforeAll(() => addApp(service));
  const arrive = async () => {
    const visitor = new Visitor(service);
    await visitor.logIn(await service.person());
    return visitor;
  };

  test(`${ROUNDS} times, exactly one of ${RACERS} requests gets tokens`, {
    timeout: 300_000,
  }, async () => {
    const visitor = await arrive();
    const request = ask();
    for (let round = 0; round < ROUNDS; round += 1) {
      service.ahead += A_LITTLE_MS;
      const code = await codeFor(service, visitor, request);
      const answers = await Promise.all(
        Array.from({ length: RACERS }, () => exchange(service, code, request)),
      );
      const statuses = answers.map(({ status }) => status).sort();
      expect(statuses).toEqual([200, ...Array(RACERS - 1).fill(400)]);
    }
  });

  test(`${ROUNDS} times, a replay beside a redemption leaves no session alive`, {
    timeout: 300_000,
  }, async () => {
    const visitor = await arrive();
    const request = ask();
    const { db } = service.tegata;
    for (let round = 0; round < ROUNDS; round += 1) {
      service.ahead += A_LITTLE_MS;
      const code = await codeFor(service, visitor, request);
      // The winner has spent the code long ago, and is only now about to open its session.
      const { spend } = db.codes;
      let replayed: Promise<unknown> = Promise.resolve();
      Object.assign(db.codes, {
        spend: async (hash: string, nowMs: number) => {
          Object.assign(db.codes, { spend });
          const isSpent = await spend(hash, nowMs - 11_000);
          replayed = exchange(service, code, request);
          return isSpent;
        },
      });
      const winner = await exchange(service, code, request);
      expect(await replayed).toMatchObject({ status: 400 });
      const { access_token: token } = winner.json as { access_token?: string };
      if (token !== undefined)
        expect(await service.query("me", token)).toMatchObject({ status: 401 });
      else expect(winner).toMatchObject({ status: 400 });
    }
  });
});
