/**
 * Sends secrets to every door of a real process, as meant, as not meant, and while the database is broken. Then it looks
 * for them in everything that was written: the log, the errors, the audit log and the output of the command line.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { ENGINES } from "../testing/engines.ts";
import { startMailServer } from "../testing/mail-server.ts";
import { urlOf, useProcesses } from "../testing/process.ts";
import { leaksIn, learn, MARK, secret } from "../testing/secrets.ts";
import { basic, linksOf } from "../testing/service.ts";
import { runSql } from "../testing/sql.ts";
import { appRouter } from "./http/trpc/router.ts";

const run = useProcesses();

/** Sends requests, and keeps what the service answers to those that it refuses. */
class Caller {
  readonly errors: string[] = [];
  readonly requestIds: string[] = [];
  readonly statuses: number[] = [];
  readonly url: string;
  constructor(url: string) {
    this.url = url;
  }

  async send(method: string, path: string, init: RequestInit = {}): Promise<unknown> {
    const response = await fetch(this.url + path, { method, redirect: "manual", ...init });
    const text = await response.text();
    this.requestIds.push(response.headers.get("x-request-id") ?? "");
    this.statuses.push(response.status);
    if (response.status >= 400)
      this.errors.push(
        `${method} ${path.split("?")[0]} ${JSON.stringify([...response.headers])} ${text}`,
      );
    try {
      return JSON.parse(text);
    } catch {
      return undefined;
    }
  }

  form(path: string, form: Record<string, string>, headers: Record<string, string> = {}) {
    return this.send("POST", path, { body: new URLSearchParams(form), headers });
  }

  json(method: string, path: string, body: unknown, token = "") {
    const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
    return this.send(method, path, { body: JSON.stringify(body), headers });
  }
}

interface Person {
  email: string;
  username: string;
  password: string;
}
interface Tokens {
  access_token: string;
  refresh_token: string;
}

const logIn = async (caller: Caller, { email, password }: Person): Promise<Tokens | undefined> => {
  const answer = (await caller.form("/token", { username: email, password })) as Tokens;
  if (!answer.access_token) return undefined;
  learn(answer.access_token);
  learn(answer.refresh_token);
  return answer;
};

/** What users and clients do, with what they get wrong. */
async function useAsMeant(caller: Caller, person: Person, client: Record<string, string>) {
  const { email, username, password } = person;
  await caller.json("POST", "/trpc/register", { email, username, password, fullName: secret() });
  await caller.json("POST", "/api/register", { email: `${secret()}@example.com`, password });
  await caller.json("POST", "/api/register", { email, password });
  for (const path of ["/token", "/api/token"]) {
    await caller.form(path, { username: email, password: secret() });
    await caller.form(path, { username: secret(), password });
  }
  learn(((await caller.form("/api/token", { username, password })) as Tokens).access_token ?? "");
  const tokens = await logIn(caller, person);
  const { access_token = secret(), refresh_token = secret() } = tokens ?? {};
  const change = { currentPassword: secret(), newPassword: secret() };
  await caller.json("PUT", "/api/users/me/password", change, access_token);
  await caller.json("POST", "/trpc/changePassword", change, access_token);
  await caller.form("/introspect", { token: access_token }, client);
  await caller.form("/introspect", { token: secret() }, client);
  await caller.form("/token", { grant_type: "client_credentials" }, basic("billing", secret()));
  await caller.form("/token", { grant_type: "client_credentials" }, basic(secret(), secret()));
  const own = (await caller.form("/token", { grant_type: "client_credentials" }, client)) as {
    access_token?: string;
  };
  await caller.json("GET", "/api/users/me", undefined, learn(own.access_token ?? secret()));
  let current = refresh_token;
  // The last one was used before its child: the session ends.
  for (const value of [refresh_token, "", "", refresh_token]) {
    const form = { grant_type: "refresh_token", refresh_token: value || current };
    const next = (await caller.form("/token", form)) as Partial<Tokens>;
    if (next.refresh_token) current = learn(next.refresh_token);
    if (next.access_token) learn(next.access_token);
  }
  await caller.form("/token", { grant_type: "refresh_token", refresh_token: secret() });
  await caller.json("POST", "/api/password/forgot", { email });
  const again = await logIn(caller, person);
  const bearer = again?.access_token;
  await caller.json("POST", "/api/email/verification", undefined, bearer);
  const newEmail = `${secret()}@example.com`;
  await caller.json("POST", "/api/email/change", { newEmail, password }, bearer);
  await caller.json("POST", "/api/email/verify", { token: secret() }, bearer);
  await caller.form("/revoke", { token: again?.refresh_token ?? secret() });
}

/** Names that secrets are sent under. */
const FIELDS = [
  ...["email", "username", "fullName", "password", "currentPassword", "newPassword", "title", "id"],
  ...["grant_type", "scope", "token", "refresh_token", "client_id", "client_secret"],
];
const all = () => Object.fromEntries(FIELDS.map((name) => [name, secret()]));
/** The documented example, with secrets for its texts. */
const marked = (example: object) =>
  Object.fromEntries(
    Object.entries(example).map(([name, value]) => [
      name,
      typeof value !== "string" ? value : name === "email" ? `${secret()}@example.com` : secret(),
    ]),
  );

/** Bodies that are refused, or accepted by someone. */
function bodies(
  example: object,
): [
  type: string,
  body: string | Uint8Array | URLSearchParams | FormData,
  headers?: Record<string, string>,
][] {
  const [json, form] = ["application/json", "application/x-www-form-urlencoded"];
  const multipart = new FormData();
  for (const [name, value] of Object.entries(all())) multipart.set(name, value);
  const fields = new URLSearchParams(all()).toString();
  return [
    [json, JSON.stringify(all())],
    [json, JSON.stringify(marked(example))],
    [json, JSON.stringify(all()).slice(0, -9)],
    [json, JSON.stringify(secret())],
    [json, Buffer.concat([Buffer.from(`{"password":"${secret()}`), Buffer.from([0xff])])],
    [json, JSON.stringify({ password: secret().repeat(999) })],
    [json, gzipSync(secret()), { "content-encoding": "gzip" }],
    [`${json}; charset=${secret()}`, "{}"],
    [form, fields],
    [form, `${fields}&${fields}`],
    [form, `${fields}%ff`],
    ["", multipart],
    ["text/plain", secret()],
  ];
}

/** Every door: the documented operations, the procedures, and a path that is none. */
async function doorsOf(caller: Caller) {
  interface Operation {
    requestBody?: { content: Record<string, { example?: object }> };
  }
  const document = (await caller.send("GET", "/openapi.json")) as {
    paths: Record<string, Record<string, Operation>>;
  };
  const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { requestBody }]) => {
      const example = Object.values(requestBody?.content ?? {})[0]?.example ?? {};
      return { method: method.toUpperCase(), path: path.replace(/\{\w+\}/, "1"), example };
    }),
  );
  const names = Object.keys(appRouter._def.procedures);
  const procedures = names.flatMap((name) =>
    ["GET", "POST"].map((method) => {
      const rest = documented.find(({ example }) => "email" in example);
      return { method, path: `/trpc/${name}`, example: rest?.example ?? {} };
    }),
  );
  const others = ["GET", "POST"].flatMap((method) =>
    ["/nothing", "/auth/verify", "/docs"].map((path) => ({ method, path, example: {} })),
  );
  return [...documented, ...procedures, ...others];
}

type Door = Awaited<ReturnType<typeof doorsOf>>[number];

/** Sends secrets in the URL, in each header that may have one, and in every kind of body. */
async function knock(caller: Caller, { method, path, example }: Door, token: string) {
  const query = new URLSearchParams({
    ...all(),
    access_token: token,
    input: JSON.stringify(all()),
  });
  await caller.send(method, `${path}?${query}`);
  for (const authorization of [
    `Bearer ${secret()}`,
    `Bearer ${token}x`,
    `Bearer ${token} ${secret()}`,
    `Digest ${secret()}`,
    basic(secret(), secret())["authorization"] ?? "",
  ])
    await caller.send(method, path, { headers: { authorization, cookie: `token=${secret()}` } });
  if (method === "GET") return;
  for (const [type, body, headers = {}] of bodies(example)) {
    const typed: Record<string, string> = type === "" ? {} : { "content-type": type };
    const authorization = `Bearer ${token}`;
    await caller.send(method, path, { body, headers: { ...typed, ...headers, authorization } });
  }
}

async function knockEverywhere(caller: Caller, doors: readonly Door[], person: Person) {
  let token = secret();
  for (const door of doors) {
    // Some doors end the session.
    token = (await logIn(caller, person))?.access_token ?? token;
    await knock(caller, door, token);
  }
  const { hostname, port } = new URL(caller.url);
  const socket = connect(Number(port), hostname).on("error", () => undefined);
  socket.end(
    `GET /?${secret()} HTTP/1.1\r\nAuthorization: Bearer ${secret()}\r\n${secret()}\r\n\r\n`,
  );
  await once(socket.resume(), "close");
}

/** Takes tables away while the service runs: every statement on them is an error with its parameters. */
async function breakDatabase(url: string) {
  const statements = ["users", "clients", "items", "events"].map(
    (table) => `ALTER TABLE ${table} RENAME TO gone_${table}`,
  );
  await runSql(url, ...statements);
}

describe.each(ENGINES)("secrets on $name", { timeout: 300_000 }, (engine) => {
  test("are in nothing that the service writes, whatever is sent to any door", async () => {
    const DATABASE_URL = await engine.emptyDatabase();
    const env = {
      DATABASE_URL,
      SECRET_KEY: secret() + secret(),
      REFRESH_GRACE_SECONDS: "0",
    };
    const mailServer = await startMailServer();
    // The answer of a mail server repeats the address.
    mailServer.fates.push(550, 451, "drop");
    const mail = {
      MAIL_URL: `smtp://127.0.0.1:${mailServer.port}`,
      MAIL_FROM: "login@example.com",
    };
    const service = run({ ...env, ...mail, PORT: "0", LOG_LEVEL: "trace" });
    const url = await urlOf(service);
    const cli = async (...args: string[]) => {
      const program = run(env, { args: [resolve("dist/server/cli/index.js"), ...args] });
      await program.ended;
      return program.printed();
    };
    const added = await cli(
      ...["clients", "add", "billing", "--json"],
      ...["--grants", "client_credentials", "--scopes", "me"],
    );
    const client = basic("billing", learn((JSON.parse(added) as { secret: string }).secret));
    const caller = new Caller(url);
    const doors = await doorsOf(caller);
    const person = { email: `${secret()}@example.com`, username: secret(), password: secret() };

    await useAsMeant(caller, person, client);
    await knockEverywhere(caller, doors, person);
    const audit = await cli("audit", "--json", "--limit", "100000");
    await breakDatabase(DATABASE_URL);
    await useAsMeant(caller, person, client);
    await knockEverywhere(caller, doors, person);
    const broken = await cli("users", "disable", person.email);
    service.signal("SIGTERM");
    expect(await service.ended).toEqual({ code: 0, signal: null });
    await mailServer.stop();
    const links = mailServer.mails.flatMap(({ text = "" }) => linksOf({ text }));
    for (const { token } of links) learn(token);
    expect(links.length).toBeGreaterThan(2);

    const log = service.printed();
    for (const text of [log, audit, broken]) expect(leaksIn(text)).toEqual([]);
    for (const error of caller.errors) expect(leaksIn(error)).toEqual([]);

    // The secrets have been where they could have leaked.
    expect(doors.length).toBeGreaterThan(40);
    for (const status of [200, 400, 401, 403, 404, 405, 409, 413, 415, 500])
      expect(caller.statuses).toContain(status);
    for (const type of [
      "registered",
      "logged_in",
      "login_failed",
      "refresh_token_reused",
      "password_reset_requested",
    ])
      expect(audit).toContain(`"type":"${type}"`);
    for (const message of [
      "a request failed",
      "a procedure failed",
      "could not be recorded",
      "a mail could not be sent",
    ])
      expect(log).toContain(message);
    expect(broken).toContain("Failed query");
    // Every line of a request that failed has the id that its caller got.
    const lines = log.split("\n").filter((line) => line.startsWith("{"));
    const failed = lines.filter((line) => /"a (request|procedure) failed"/.test(line));
    const ids = new Set(caller.requestIds);
    for (const line of failed)
      expect(ids).toContain((JSON.parse(line) as { requestId: string }).requestId);
  });
});

test("a secret would be found: whole, in part, in Base64, and as a hash", () => {
  const token = learn(`7.${randomBytes(32).toString("base64url")}`);
  for (const text of [
    secret(),
    `"message":"Unexpected token ${MARK.toUpperCase()}…"`,
    basic("billing", secret())["authorization"] ?? "",
    token,
    token.slice(0, 30),
    "$2b$04$abcdefghijklmnopqrstuv",
  ])
    expect(leaksIn(`{"msg":"x ${text}"}`)).not.toEqual([]);
  expect(leaksIn('{"level":30,"msg":"request"}')).toEqual([]);
});
