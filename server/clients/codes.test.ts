/** What becomes of authorization codes: how long they are kept, and what ends them. */
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { addApp, ask, codeFor, exchange } from "../../testing/authorization.ts";
import { ENGINES } from "../../testing/engines.ts";
import { ISSUER, useService } from "../../testing/service.ts";
import type { Visitor } from "../../testing/visitor.ts";
import { arrive } from "../../testing/visitor.ts";
import { OPERATOR } from "../requester.ts";
import { removeClient } from "./changes.ts";
import { sweepCodes } from "./codes.ts";

const MINUTE_MS = 60_000;

describe.each(ENGINES)("codes on $name", (engine) => {
  const service = useService(engine);
  const issue = async (visitor: Visitor, client_id: string, isUsed: boolean) => {
    const request = ask({ client_id });
    const code = await codeFor(service, visitor, request);
    if (isUsed) service.issued(await exchange(service, code, request, { client_id }));
    return code;
  };
  const isKept = async (code: string) => {
    const hash = createHash("sha256").update(code).digest("base64url");
    return (await service.tegata.db.codes.find(hash)) !== undefined;
  };

  test("are deleted soon after they expire, and used ones an hour later, when a replay need not be noticed", async () => {
    await addApp(service);
    const { visitor } = await arrive(service);
    service.stoppedAt = Date.now();
    const unused = await issue(visitor, "app", false);
    const used = await issue(visitor, "app", true);
    const sweep = async () => {
      await sweepCodes(service.tegata, new AbortController().signal);
      return { unused: await isKept(unused), used: await isKept(used) };
    };
    expect(await sweep()).toEqual({ unused: true, used: true });
    // Other instances may have another clock.
    service.stoppedAt += 2 * MINUTE_MS - 1;
    expect(await sweep()).toEqual({ unused: true, used: true });
    service.stoppedAt += 1;
    expect(await sweep()).toEqual({ unused: false, used: true });
    service.stoppedAt += 59 * MINUTE_MS - 1;
    expect(await sweep()).toEqual({ unused: false, used: true });
    service.stoppedAt += 1;
    expect(await sweep()).toEqual({ unused: false, used: false });
    service.stoppedAt = undefined;
  });

  test("are deleted with their client, used or not, and those of others are not", async () => {
    for (const id of ["gone", "stays"]) await addApp(service, { id });
    const { visitor } = await arrive(service);
    const issued: [client: string, code: string][] = [];
    for (const client of ["gone", "stays"])
      for (const isUsed of [true, false])
        issued.push([client, await issue(visitor, client, isUsed)]);
    for (const [, code] of issued) expect(await isKept(code)).toBe(true);
    await removeClient(service.tegata, "gone", OPERATOR);
    for (const [client, code] of issued) expect(await isKept(code)).toBe(client === "stays");
  });

  test("are refused after the password was changed, although the browser stays logged in", async () => {
    await addApp(service, { id: "earlier" });
    const { person, visitor } = await arrive(service);
    const request = ask({ client_id: "earlier" });
    const code = await codeFor(service, visitor, request);
    const { accessToken } = await visitor.open();
    service.ahead += 1000;
    const changed = await service.request("POST", "/trpc/changePassword", {
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${accessToken}`,
        origin: ISSUER,
        cookie: visitor.cookie ?? expect.unreachable(),
      },
      body: JSON.stringify({
        currentPassword: person.password,
        newPassword: "another horse battery",
      }),
    });
    expect(changed.status, changed.text).toBe(200);
    visitor.keep(changed);
    expect(await visitor.show()).toMatchObject({ is: "logged_in" });
    expect(await exchange(service, code, request, { client_id: "earlier" })).toMatchObject({
      status: 400,
      json: { error: "invalid_grant" },
    });
  });

  test("can be exchanged if the instance of the login has a clock that is ahead", async () => {
    await addApp(service, { id: "behind" });
    service.ahead += 20_000;
    const { visitor } = await arrive(service);
    service.ahead -= 20_000;
    const request = ask({ client_id: "behind" });
    const code = await codeFor(service, visitor, request);
    service.issued(await exchange(service, code, request, { client_id: "behind" }));
  });
});
