/** Many applications that a person opens at the same time, in two tabs of a browser. */
import { describe, expect, test } from "vitest";
import {
  addApp,
  agree,
  ask,
  exchange,
  parametersOf,
  shownFor,
} from "../../../testing/authorization.ts";
import { ENGINES } from "../../../testing/engines.ts";
import { ISSUER, useService } from "../../../testing/service.ts";
import { arrive } from "../../../testing/visitor.ts";

const CLIENTS = ["one", "two", "three", "four", "five"];

describe.each(ENGINES)("five applications in two tabs on $name", (engine) => {
  const service = useService(engine);

  test("get their own responses, in whatever order the person agrees", async () => {
    const { visitor } = await arrive(service);
    for (const id of CLIENTS)
      await addApp(service, {
        id,
        name: `App ${id}`,
        firstParty: false,
        redirectUris: `https://${id}.example.com/callback`,
      });
    // The first tab opens them in one order, the second in the other.
    const opened = [...CLIENTS, ...CLIENTS.toReversed()].map((client_id) => {
      const client = { client_id, redirect_uri: `https://${client_id}.example.com/callback` };
      return { client, request: ask({ ...client, scope: "me" }) };
    });
    const shown = await Promise.all(opened.map(({ request }) => shownFor(visitor, request)));
    for (const [i, { client }] of opened.entries())
      expect(shown[i]).toMatchObject({
        is: "consent",
        client: { name: `App ${client.client_id}`, host: `${client.client_id}.example.com` },
      });

    const answers = await Promise.all(
      opened.map(async ({ client, request }, i) => {
        const to = await agree(visitor, request, shown[i] ?? expect.unreachable());
        expect(to.startsWith(`${client.redirect_uri}?`)).toBe(true);
        const { code = "", state, iss } = parametersOf(to);
        expect({ state, iss }).toEqual({ state: request.state, iss: ISSUER });
        return service.secret(code);
      }),
    );
    for (const [i, { client, request }] of opened.entries()) {
      const neighbour = opened[(i + 1) % opened.length] ?? expect.unreachable();
      const code = answers[i] ?? expect.unreachable();
      // The code of another tab or application does not fit.
      expect(await exchange(service, code, neighbour.request, client)).toMatchObject({
        status: 400,
      });
      const { access_token } = service.issued(await exchange(service, code, request, client));
      expect(await service.query("me", access_token)).toMatchObject({ status: 200 });
    }
  });
});
