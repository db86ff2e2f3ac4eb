import { afterEach, describe, expect, test, vi } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { useService } from "../../testing/service.ts";

const [engine = expect.unreachable()] = ENGINES;

describe("a log line", () => {
  const service = useService(engine, { TRUST_PROXY: "1" });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** Sends a request with this id. @returns the first line that it logs with this message */
  const logged = async (message: string, requestId: string, send: (headers: object) => unknown) => {
    service.logged.length = 0;
    await send({ "x-request-id": requestId });
    const line = () => service.logged.find((text) => text.includes(`"msg":"${message}"`));
    await expect.poll(line).toBeDefined();
    return JSON.parse(line() ?? "{}") as Record<string, unknown>;
  };
  const breakSessions = () =>
    vi.spyOn(service.tegata.db.sessions, "findOwner").mockRejectedValue(new Error("unexpected"));

  test.each([
    ["a request failed", "/api/users/me"],
    ["a request failed", "/users/me"],
    ["a procedure failed", "/trpc/me"],
    ["a procedure failed", "/trpc/isLoggedIn,me?batch=1"],
  ])("%j has the id of its request to %s", async (message, path) => {
    const authorization = `Bearer ${await service.login(await service.person())}`;
    breakSessions();
    const line = await logged(message, "an-id-1", (headers) =>
      service.request("GET", path, { headers: { ...headers, authorization } }),
    );
    expect(line).toMatchObject({ level: 50, requestId: "an-id-1" });
  });

  test.each(["/trpc/logout", "/trpc/sessions.revokeOthers", "/api/logout", "/revoke"])(
    '"sessions ended" has the id of its request to %s',
    async (path) => {
      const person = await service.person();
      const [token] = [await service.login(person), await service.login(person)];
      const line = await logged("sessions ended", "an-id-2", (headers) =>
        path === "/revoke"
          ? service.post(path, { token }, headers as Record<string, string>)
          : service.request("POST", path, {
              headers: {
                ...headers,
                "content-type": "application/json",
                authorization: `Bearer ${token}`,
              },
            }),
      );
      expect(line).toMatchObject({ level: 30, requestId: "an-id-2", ended: 1 });
    },
  );

  test("has the path and the address of a request only up to a length", async () => {
    const authorization = `Bearer ${await service.login(await service.person())}`;
    breakSessions();
    const long = "x".repeat(5000);
    const send = (headers: object) =>
      service.request("DELETE", `/api/sessions/${long}`, {
        headers: { ...headers, authorization, "x-forwarded-for": long },
      });
    const failed = await logged("a request failed", "an-id-3", send);
    expect(failed["path"]).toBe(`${`/api/sessions/${long}`.slice(0, 200)}…`);
    const request = await logged("request", "an-id-4", send);
    expect(request["ip"]).toBe(`${long.slice(0, 200)}…`);
  });
});
