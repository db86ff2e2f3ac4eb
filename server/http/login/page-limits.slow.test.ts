/** How often a browser can be sent to clients, and what that leaves for its own pages. */
import { beforeAll, describe, expect, test } from "vitest";
import { addApp, ask, returned, visit } from "../../../testing/authorization.ts";
import { ENGINES } from "../../../testing/engines.ts";
import { ISSUER, useService } from "../../../testing/service.ts";
import { arrive } from "../../../testing/visitor.ts";
import { SWAGGER_REDIRECT } from "../../clients/redirect-uris.ts";

describe.each(ENGINES.slice(0, 1))("a browser that a site sends to a client", (engine) => {
  const service = useService(engine);
  beforeAll(async () => {
    await addApp(service);
    await addApp(service, { id: "other" });
  });

  test.each([
    { client_id: "app" },
    { client_id: "tegata", redirect_uri: `${ISSUER}${SWAGGER_REDIRECT}` },
  ])(
    "gets 200 codes for $client_id at once, and still opens its pages and other apps",
    async (client) => {
      const { visitor } = await arrive(service);
      service.stoppedAt = Date.now();
      const send = async (to: Record<string, string>) =>
        returned(await visit(service, visitor, ask({ ...to, prompt: "none" })));
      for (let i = 0; i < 200; i += 1) expect(await send(client)).toHaveProperty("code");
      expect(await send(client)).toMatchObject({ error: "temporarily_unavailable" });
      expect(await send({ client_id: "other" })).toHaveProperty("code");
      expect(await visitor.open()).toHaveProperty("accessToken");
      service.stoppedAt = undefined;
    },
  );
});
