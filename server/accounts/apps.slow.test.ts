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
        // Later and later in the exchange.
        const pause = () => new Promise((done) => setTimeout(done, (round % 15) / 2));
        const [, ...answers] = await Promise.all([
          pause().then(() =>
            removeApp(tegata, { userId: person.id, clientId: client_id }, OPERATOR),
          ),
          ...requests.map((request, i) =>
            exchange(service, codes[i] ?? "", request, { client_id }),
          ),
        ]);
        for (const answer of answers) {
          const { access_token: token } = answer.json as { access_token?: string };
          if (token !== undefined) opened += 1;
          if (token !== undefined)
            expect(await service.query("me", token)).toMatchObject({ status: 401 });
        }
        expect(await listApps(tegata, person.id)).toEqual([]);
      }
      // Both sides have won: otherwise nothing was raced.
      expect(opened).toBeGreaterThan(0);
      expect(opened).toBeLessThan(ROUNDS * CODES);
    },
  );
});
