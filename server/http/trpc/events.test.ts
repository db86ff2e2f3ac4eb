import { describe, expect, test } from "vitest";
import { ENGINES } from "../../../testing/engines.ts";
import { useService } from "../../../testing/service.ts";

interface Page {
  events: { id: number; type: string; [column: string]: unknown }[];
  next: number | null;
}

describe.each(ENGINES)("a user's own events on $name", (engine) => {
  const service = useService(engine);

  const list = async (token: string, query = "") => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await service.request("GET", `/api/events${query}`, { headers });
    expect(answer.status).toBe(200);
    return answer.json as Page;
  };
  /** Registers and logs in, with a failure before. @returns the access token, as soon as all events are stored */
  const visitor = async () => {
    const person = await service.person();
    const headers = { "user-agent": "a browser" };
    await service.token({ username: person.email, password: "wrong password" }, headers);
    const token = await service.login(person);
    await expect.poll(async () => (await list(token)).events).toHaveLength(3);
    return { ...person, token };
  };

  test("say what happened, when, from where and with what, the newest first", async () => {
    const { token } = await visitor();
    const { events, next } = await list(token);
    expect(next).toBeNull();
    expect(events.map(({ type }) => type)).toEqual(["logged_in", "login_failed", "registered"]);
    expect(events[1]).toEqual({
      id: expect.any(Number),
      atMs: expect.any(Number),
      type: "login_failed",
      clientId: "tegata",
      clientName: "Tegata",
      address: "127.0.0.1",
      userAgent: "a browser",
      detail: "wrong_password",
    });
    const { json } = await service.query("events.list", token);
    expect(json).toEqual({ result: { data: { events, next } } });
  });

  test("are never those of another user", async () => {
    const [mine, other] = [await visitor(), await visitor()];
    const ids = (await list(mine.token)).events.map(({ id }) => id);
    const theirs = (await list(other.token)).events.map(({ id }) => id);
    expect(ids.filter((id) => theirs.includes(id))).toEqual([]);
    // Nor with a place in the log that is theirs.
    expect((await list(mine.token, `?before=${theirs[0]}`)).events.map(({ id }) => id)).toEqual(
      ids,
    );
    for (const query of [`?userId=${other.id}`, `?user=${other.id}`]) {
      const headers = { authorization: `Bearer ${mine.token}` };
      const { json } = await service.request("GET", `/api/events${query}`, { headers });
      const { events = [] } = json as Partial<Page>;
      expect(events.filter(({ id }) => theirs.includes(id))).toEqual([]);
    }
  });

  test("come in pages", async () => {
    const { token } = await visitor();
    const all = (await list(token)).events;
    const first = await list(token, "?limit=2");
    expect(first).toEqual({ events: all.slice(0, 2), next: all[1]?.id });
    expect(await list(token, `?limit=2&before=${first.next}`)).toEqual({
      events: all.slice(2),
      next: null,
    });
    expect(await list(token, "?limit=3")).toEqual({ events: all, next: null });
  });

  test.each(["limit=0", "limit=101", "limit=x", "before=0", "before=x"])(
    "%s is rejected",
    async (query) => {
      const { token } = await visitor();
      const headers = { authorization: `Bearer ${token}` };
      const { status, json } = await service.request("GET", `/api/events?${query}`, { headers });
      expect(status).toBe(400);
      expect(json).toMatchObject({ reason: "invalid_input" });
    },
  );

  test("need a token with the scope `me`", async () => {
    const person = await service.person();
    expect((await service.request("GET", "/api/events")).status).toBe(401);
    const form = { grant_type: "password", username: person.email, password: person.password };
    const { access_token } = service.issued(await service.token({ ...form, scope: "items" }));
    const headers = { authorization: `Bearer ${access_token}` };
    expect((await service.request("GET", "/api/events", { headers })).status).toBe(403);
  });
});
