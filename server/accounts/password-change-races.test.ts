/** Copies of a browser's cookie that are used while the password is changed. */
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { addApp, ask, exchange, parametersOf, visit } from "../../testing/authorization.ts";
import { ENGINES } from "../../testing/engines.ts";
import { following } from "../../testing/following.ts";
import { type Service, useService } from "../../testing/service.ts";
import { arrive, dataOf, type PageTokens, Visitor } from "../../testing/visitor.ts";

/** What somebody with a copy can do, in one or two steps. They return a token, or undefined. */
const WAYS = {
  "opens a page": async (service: Service, thief: Visitor) => {
    const { ticket } = await thief.show();
    const opened = await thief.call("open", { ticket });
    const token = opened.status === 200 ? dataOf<PageTokens>(opened).accessToken : undefined;
    return async () => token && service.secret(token);
  },
  "opens an app": async (service: Service, thief: Visitor) => {
    const request = ask();
    const location = (await visit(service, thief, request)).headers.get("location");
    const { code } = location === null ? {} : parametersOf(location);
    return async () => {
      if (code === undefined) return undefined;
      const { status, json } = await exchange(service, service.secret(code), request);
      const { access_token } = json as { access_token?: string };
      return status === 200 ? access_token : undefined;
    };
  },
};

afterEach(() => void vi.restoreAllMocks());

describe.each(ENGINES)("a copy of a cookie on $name", (engine) => {
  const service = useService(engine);
  beforeAll(async () => void (await addApp(service)));

  describe.each(Object.entries(WAYS))("that %s", (_, steal) => {
    const begin = async () => {
      const { person, visitor } = await arrive(service);
      const { accessToken } = await visitor.open();
      const thief = new Visitor(service);
      thief.cookie = visitor.cookie;
      const change = async () => {
        const input = { currentPassword: person.password, newPassword: "another horse battery" };
        expect(await service.mutate("changePassword", input, accessToken)).toMatchObject({
          status: 200,
        });
        expect(await service.query("me", accessToken)).toMatchObject({ status: 200 });
      };
      return { thief, change };
    };
    const expectNothing = async (token: string | undefined) => {
      if (token !== undefined)
        expect(await service.query("me", token)).toMatchObject({ status: 401 });
    };

    test("without a change, gets a token", async () => {
      const { thief } = await begin();
      const token = await (await steal(service, thief))();
      expect(await service.query("me", token)).toMatchObject({ status: 200 });
    });

    test.each(["renewProof", "revoke", "revokeChildren"] as const)(
      "before a change of the password comes to %s, has nothing afterwards",
      async (step) => {
        const { thief, change } = await begin();
        const { sessions } = service.tegata.db;
        let redeem = async (): Promise<string | undefined> => undefined;
        const act = async () => {
          redeem = await steal(service, thief);
        };
        // Inside, each is the query itself again.
        const spy = vi.spyOn(sessions, step);
        if (step === "renewProof")
          vi.mocked(sessions.renewProof).mockImplementationOnce(
            following(act, (...given) => sessions.renewProof(...given)),
          );
        else if (step === "revoke")
          vi.mocked(sessions.revoke).mockImplementationOnce(
            following(act, (...given) => sessions.revoke(...given)),
          );
        else
          vi.mocked(sessions.revokeChildren).mockImplementationOnce(
            following(act, (...given) => sessions.revokeChildren(...given)),
          );
        await change();
        expect(spy).toHaveBeenCalled();
        await expectNothing(await redeem());
      },
    );

    test("while the password is changed before its code is stored, has nothing afterwards", async () => {
      const { thief, change } = await begin();
      const { codes } = service.tegata.db;
      vi.spyOn(codes, "add").mockImplementationOnce(
        following(change, (...given) => codes.add(...given)),
      );
      const redeem = await steal(service, thief);
      // Whoever opens a page needs no code.
      if (vi.mocked(codes.add).mock.calls.length === 0) await change();
      await expectNothing(await redeem());
    });

    test("while the password is changed before its session is stored, has nothing afterwards", async () => {
      const { thief, change } = await begin();
      const { sessions } = service.tegata.db;
      const spy = vi
        .spyOn(sessions, "addForBrowser")
        .mockImplementationOnce(following(change, (...given) => sessions.addForBrowser(...given)));
      const token = await (await steal(service, thief))();
      expect(spy).toHaveBeenCalled();
      await expectNothing(token);
    });
  });
});
