/** An app is taken away while it gets in: nothing of it may be left. */
import { describe, expect, test } from "vitest";
import { letIn } from "../../testing/apps.ts";
import { addApp, ask, exchange } from "../../testing/authorization.ts";
import { ENGINES } from "../../testing/engines.ts";
import { useService } from "../../testing/service.ts";
import { arrive } from "../../testing/visitor.ts";
import { OPERATOR } from "../requester.ts";
import { listApps, removeApp } from "./apps.ts";

const ROUNDS = 60;
const CODES = 4;

describe.each(ENGINES)("an app that is taken away on $name", (engine) => {
  const service = useService(engine);

  test.each([
    ["somebody else's", false],
    ["the operator's", true],
  ])(
    `${ROUNDS} times, while ${CODES} codes are exchanged: %s`,
    {
      timeout: 300_000,
    },
    async (_, firstParty) => {
      const client_id = firstParty ? "own" : "stranger";
      await addApp(service, { id: client_id, firstParty });
      const { person, visitor } = await arrive(service);
      const { tegata } = service;
      let opened = 0;
      for (let round = 0; round < ROUNDS; round += 1) {
        // A browser may get 200 codes an hour.
        service.ahead += 3_600_000;
        const requests = Array.from({ length: CODES }, () => ask({ client_id, scope: "me" }));
        const codes: string[] = [];
        for (const request of requests) codes.push(await letIn(service, visitor, request));
        const redeem = (i: number) =>
          exchange(service, codes[i] ?? "", requests[i] ?? expect.unreachable(), { client_id });
        const early = [...codes.keys()].slice(1).map(redeem);
        // In every other round when the first has got in, in the others later and later in the exchange.
        const pause = () => new Promise((done) => setTimeout(done, (round % 15) / 2));
        await (round % 2 === 0 ? Promise.race(early) : pause());
        await removeApp(tegata, { userId: person.id, clientId: client_id }, OPERATOR);
        const late = await redeem(0);
        expect(late).toMatchObject({ status: 400, json: { error: "invalid_grant" } });
        for (const answer of await Promise.all(early)) {
          const { access_token: token } = answer.json as { access_token?: string };
          if (token === undefined) continue;
          opened += 1;
          expect(await service.query("me", token)).toMatchObject({ status: 401 });
        }
        expect(await listApps(tegata, person.id)).toEqual([]);
      }
      // Otherwise nothing was raced.
      expect(opened).toBeGreaterThanOrEqual(ROUNDS / 2);
    },
  );
});
