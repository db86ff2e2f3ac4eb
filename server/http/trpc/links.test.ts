/** The links of @trpc/client, as they come: each works, or is refused by a name. */
import { connect } from "node:net";
import {
  createTRPCClient,
  httpBatchLink,
  httpBatchStreamLink,
  httpLink,
  splitLink,
  TRPCClientError,
  type TRPCLink,
} from "@trpc/client";
import { beforeAll, describe, expect, test } from "vitest";
import { authLink } from "../../../client/auth-link.ts";
import { createSession } from "../../../client/session.ts";
import { memoryStore } from "../../../client/store.ts";
import { ENGINES } from "../../../testing/engines.ts";
import { PASSWORD, type Service, useService } from "../../../testing/service.ts";
import type { AppRouter } from "./router.ts";

const [engine] = ENGINES;
if (!engine) throw new Error("no engine");

type TokenOf = () => string | undefined;

const optionsOf = (url: string, tokenOf: TokenOf) => ({
  url: `${url}/trpc`,
  headers: () => {
    const token = tokenOf();
    return token === undefined ? {} : { authorization: `Bearer ${token}` };
  },
});
const POST = { methodOverride: "POST" } as const;

/** Every stock way to send a call. */
const LINKS: Record<string, (...args: [url: string, tokenOf: TokenOf]) => TRPCLink<AppRouter>> = {
  httpLink: (...args) => httpLink(optionsOf(...args)),
  "httpLink with POST": (...args) => httpLink({ ...optionsOf(...args), ...POST }),
  httpBatchLink: (...args) => httpBatchLink(optionsOf(...args)),
  "httpBatchLink with POST": (...args) => httpBatchLink({ ...optionsOf(...args), ...POST }),
  httpBatchStreamLink: (...args) => httpBatchStreamLink(optionsOf(...args)),
  "httpBatchStreamLink with POST": (...args) =>
    httpBatchStreamLink({ ...optionsOf(...args), ...POST }),
  "httpBatchStreamLink with Accept": (...args) =>
    httpBatchStreamLink({ ...optionsOf(...args), streamHeader: "accept" }),
  splitLink: (...args) =>
    splitLink({
      condition: ({ type }) => type === "mutation",
      true: httpLink(optionsOf(...args)),
      false: httpBatchStreamLink(optionsOf(...args)),
    }),
};

const BATCHING = Object.keys(LINKS).filter((name) => name.includes("Batch"));

describe("the stock links", () => {
  const service = useService(engine);
  let person: { email: string; password: string };
  let token: string;
  beforeAll(async () => {
    person = await service.person();
    token = await service.login(person);
  });
  const clientOf = (name: string, get: () => string | undefined = () => token) => {
    const link = LINKS[name]?.(service.url, get);
    if (!link) throw new Error("no such link");
    return createTRPCClient<AppRouter>({ links: [link] });
  };

  test.each(Object.keys(LINKS))("%s sends queries and mutations", async (name) => {
    const client = clientOf(name);
    const { id } = await client.items.add.mutate({ title: `by ${name}` });
    const [me, page, isLoggedIn] = await Promise.all([
      client.me.query(),
      client.items.list.query({ after: id - 1 }),
      client.isLoggedIn.query(),
    ]);
    expect(me.email).toBe(person.email);
    expect(page.items.map(({ title }) => title)).toContain(`by ${name}`);
    expect(isLoggedIn).toBe(true);
  });

  test.each(Object.keys(LINKS))("%s: each refused call has its own reason", async (name) => {
    const client = clientOf(name, () => undefined);
    const calls = await Promise.allSettled([
      client.me.query(),
      client.isLoggedIn.query(),
      client.items.list.query({ limit: 0 }),
    ]);
    expect(calls.map(reasonOf)).toEqual(["not_logged_in", "succeeded", "not_logged_in"]);
    const bad = await Promise.allSettled([
      client.register.mutate({ email: "x", password: PASSWORD }),
    ]);
    expect(bad.map(reasonOf)).toEqual(["invalid_input"]);
  });

  test.each(BATCHING)(
    "%s sends a hundred queries at once, with the longest inputs",
    async (name) => {
      const client = clientOf(name);
      const longest = { after: Number.MAX_SAFE_INTEGER, limit: 100 };
      const calls = Array.from({ length: 100 }, () => client.items.list.query(longest));
      expect((await Promise.all(calls)).map(({ items }) => items)).toEqual(calls.map(() => []));
    },
  );

  test.each(BATCHING)("%s: 101 calls fail by the name of the limit", async (name) => {
    const client = clientOf(name);
    const calls = await Promise.allSettled(Array.from({ length: 101 }, () => client.me.query()));
    expect(new Set(calls.map(reasonOf))).toEqual(new Set(["batch_too_large"]));
    expect(String((calls[0] as PromiseRejectedResult).reason)).toMatch(
      /at most 100 calls.*maxItems/,
    );
  });

  test.each(Object.keys(LINKS))("%s: a body that is too large fails by its name", async (name) => {
    const calls = await Promise.allSettled([
      clientOf(name).items.add.mutate({ title: "x".repeat(17_000) }),
    ]);
    expect(calls.map(reasonOf)).toEqual(["body_too_large"]);
  });

  test.each(["httpBatchLink", "httpBatchStreamLink"])(
    "%s behind authLink gets a new token for all its calls",
    async (name) => {
      const store = memoryStore();
      const session = createSession({ url: service.url, store });
      await session.login(person.email, person.password);
      service.ahead += 31 * 60_000;
      const link = LINKS[name]?.(service.url, () => store.get()?.accessToken);
      if (!link) throw new Error("no such link");
      const client = createTRPCClient<AppRouter>({ links: [authLink(session), link] });
      const answers = await Promise.all([1, 2, 3].map(() => client.me.query()));
      expect(answers.map(({ email }) => email)).toEqual([1, 2, 3].map(() => person.email));
      service.ahead -= 31 * 60_000;
    },
  );
});

describe("what is no request of a link that works", () => {
  const service = useService(engine);
  let token: string;
  beforeAll(async () => {
    token = await service.login(await service.person());
  });
  const REALM = 'Bearer realm="tegata"';
  const jsonl = { "trpc-accept": "application/jsonl" };

  test.each<[string, string, Record<string, string>, string | null]>([
    ["one call", "/trpc/me?batch=1", jsonl, REALM],
    ["a good and a refused call", "/trpc/isLoggedIn,me?batch=1", jsonl, REALM],
    ["by Accept", "/trpc/me?batch=1", { accept: "application/jsonl" }, REALM],
    [
      "a bad token",
      "/trpc/me?batch=1",
      { ...jsonl, authorization: "Bearer x" },
      `${REALM}, error="invalid_token"`,
    ],
    ["calls that need no token", "/trpc/isLoggedIn?batch=1", jsonl, null],
  ])("a streamed response has the challenge: %s", async (_, path, headers, challenge) => {
    const answer = await service.request("GET", path, { headers });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("www-authenticate")).toBe(challenge);
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  test("a streamed response has the challenge for a missing scope", async () => {
    const person = await service.person();
    const { access_token } = service.issued(
      await service.token({
        grant_type: "password",
        username: person.email,
        password: person.password,
        scope: "me",
      }),
    );
    const headers = { ...jsonl, authorization: `Bearer ${access_token}` };
    const answer = await service.request("GET", "/trpc/me,items.list?batch=1", { headers });
    expect(answer.headers.get("www-authenticate")).toBe(
      `${REALM}, error="insufficient_scope", scope="items"`,
    );
    const good = await service.request("GET", "/trpc/me?batch=1", { headers });
    expect(good.headers.get("www-authenticate")).toBeNull();
  });

  test("httpSubscriptionLink and wsLink are refused by name", async () => {
    const refused = { status: 400, json: { error: { data: { reason: "unsupported_link" } } } };
    const headers = { accept: "text/event-stream", authorization: `Bearer ${token}` };
    const answer = await service.request("GET", "/trpc/me", { headers });
    expect(answer).toMatchObject(refused);
    expect(answer.text).toContain("httpBatchStreamLink");
    const upgraded = await rawAnswer(service, [
      "GET /trpc?connectionParams=1 HTTP/1.1",
      "Upgrade: websocket",
      "Connection: Upgrade",
    ]);
    expect(upgraded).toMatch(/^HTTP\/1\.1 400 .*"unsupported_link"/s);
  });

  test.each([
    ["a batch", `/trpc/${Array(101).fill("logout").join(",")}?batch=1`, 0, "batch_too_large"],
    [
      "commas in percent",
      `/trpc/${Array(101).fill("logout").join("%2C")}?batch=1`,
      0,
      "batch_too_large",
    ],
    // The body is announced and never sent.
    ["a body", "/trpc/register", 16 * 1024 + 1, "body_too_large"],
  ])("%s over the limit is refused", async (_, path, length, reason) => {
    const answer = await rawAnswer(service, [
      `POST ${path} HTTP/1.1`,
      "Content-Type: application/json",
      `Content-Length: ${length}`,
    ]);
    expect(answer).toMatch(/^HTTP\/1\.1 4/);
    expect(answer).toContain(`"reason":"${reason}"`);
  });
});

const reasonOf = (call: PromiseSettledResult<unknown>): string => {
  if (call.status === "fulfilled") return "succeeded";
  const error: unknown = call.reason;
  if (!(error instanceof TRPCClientError)) return String(error);
  return (error as TRPCClientError<AppRouter>).data?.reason ?? error.message;
};

/** Sends a head without a body. @returns what is answered until the JSON ends */
const rawAnswer = (service: Service, lines: string[]) =>
  new Promise<string>((done, fail) => {
    const { hostname, port } = new URL(service.url);
    let text = "";
    const socket = connect(Number(port), hostname, () => {
      socket.write(`${[...lines, "Host: tegata.test"].join("\r\n")}\r\n\r\n`);
    });
    socket.on("data", (chunk) => {
      text += chunk;
      if (!/\r\n\r\n.*\}$/s.test(text)) return;
      socket.destroy();
      done(text);
    });
    socket.once("error", fail);
    socket.once("close", () => fail(new Error(`closed after: ${text}`)));
  });
