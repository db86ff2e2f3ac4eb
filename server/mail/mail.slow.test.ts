/** A mail server that is silent, the end of the process, and `tegata mail test`. */
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDb } from "../../db/open.ts";
import { type MailServer, startMailServer } from "../../testing/mail-server.ts";
import { emptyFolder, urlOf, useCli, useProcesses } from "../../testing/process.ts";
import { writeMessage } from "./message.ts";
import { openTransport } from "./transport.ts";

const message = writeMessage(
  { kind: "test", to: "ada@example.com", language: "en" },
  { issuer: "https://login.example.com", mailFrom: "login@example.com", brandName: "Ada Works" },
);
const MAIL_FROM = "login@example.com";

describe("a server that is silent", () => {
  const sockets = new Set<Socket>();
  let silent: Server;
  let port: number;
  beforeAll(async () => {
    silent = createServer((socket) => void sockets.add(socket)).listen(0, "127.0.0.1");
    await new Promise((resolve) => silent.once("listening", resolve));
    const address = silent.address();
    port = typeof address === "object" && address ? address.port : 0;
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  test.concurrent("from the start is given up after ten seconds", async () => {
    const transport = openTransport({ mailUrl: `smtp://127.0.0.1:${port}`, production: true }, "/");
    await expect(transport?.deliver(message)).rejects.toMatchObject({ code: "ETIMEDOUT" });
  });

  test.concurrent("after the mail is given up, too", async () => {
    const server = await startMailServer({ onData: (stream) => void stream.resume() });
    const mailUrl = `smtp://127.0.0.1:${server.port}`;
    const transport = openTransport({ mailUrl, production: true }, "/");
    await expect(transport?.deliver(message)).rejects.toMatchObject({ code: "ETIMEDOUT" });
    await server.stop();
  });
});

describe("a process", () => {
  const run = useProcesses();
  const runCli = useCli();
  let server: MailServer;
  beforeAll(async () => {
    server = await startMailServer();
  });
  afterAll(() => server.stop());
  const url = () => `smtp://127.0.0.1:${server.port}`;
  const register = async (origin: string, email: string) => {
    const body = JSON.stringify({ email, password: "correct horse battery" });
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${origin}/api/register`, { method: "POST", headers, body });
    expect(answer.status).toBe(200);
  };

  test("says at its start where mails go, and sends those that wait before it ends", async () => {
    const ask = { PORT: "0", EMAIL_VERIFICATION: "ask" };
    const service = run({ ...ask, MAIL_URL: url(), MAIL_FROM });
    const origin = await urlOf(service);
    await service.until(/mail +smtp:\/\/127\.0\.0\.1:\d+\n/);
    // The first try of each is refused.
    server.fates.push(451, 451, 451);
    for (const name of ["a", "b", "c"]) await register(origin, `${name}@example.com`);
    service.signal("SIGTERM");
    expect((await service.ended).code).toBe(0);
    expect(server.mails.map(({ receivers }) => receivers[0]).sort()).toEqual([
      "a@example.com",
      "b@example.com",
      "c@example.com",
    ]);
  });

  test("does not wait for a mail server that is away for longer than it may", async () => {
    const closed = await startMailServer({
      onConnect: () => undefined,
    });
    const ask = { PORT: "0", EMAIL_VERIFICATION: "ask" };
    const service = run({ ...ask, MAIL_URL: `smtp://127.0.0.1:${closed.port}`, MAIL_FROM });
    const origin = await urlOf(service);
    await register(origin, "d@example.com");
    service.signal("SIGTERM");
    expect((await service.ended).code).toBe(0);
    expect(service.printed()).toContain('"lost":1');
    await closed.stop();
  });

  test("in development prints the mail, with a link that the log does not have", async () => {
    const service = run({ PORT: "0", EMAIL_VERIFICATION: "ask" });
    const origin = await urlOf(service);
    await service.until(/mail +the console, and files in \.data\/mail\n/);
    await register(origin, "e@example.com");
    const [, token = ""] = await service.until(/\nhttp\S+\/verify\?token=(\S+)\n/);
    const lines = service
      .printed()
      .split("\n")
      .filter((line) => line.startsWith("{"));
    expect(lines.join("")).toContain("/api/register");
    expect(lines.join("")).not.toContain(token);
    service.signal("SIGTERM");
    await service.ended;
  });

  test("`tegata mail test` sends a mail, or says why not", async () => {
    const DATABASE_URL = `file:${join(emptyFolder(), "x.db")}`;
    await (await openDb(DATABASE_URL, { migrate: true })).close();
    const env = { DATABASE_URL, MAIL_URL: url(), MAIL_FROM };
    const test = (more: Record<string, string>, address = "ada@example.com") =>
      runCli({ ...env, ...more }, ["mail", "test", address]);
    expect(await test({})).toEqual({
      code: 0,
      printed: `sent a mail to ada@example.com through ${url()}\n`,
    });
    expect(server.mails.at(-1)).toMatchObject({ subject: "Test email from Tegata" });
    server.fates.push(550);
    expect(await test({})).toEqual({
      code: 1,
      printed: expect.stringMatching(/not accepted.* 550/),
    });
    expect(await test({ MAIL_URL: "smtp://127.0.0.1:1" })).toEqual({
      code: 1,
      printed: expect.stringMatching(/not accepted by smtp:\/\/127.0.0.1:1: .*ECONNREFUSED/),
    });
    expect(await test({}, "nobody")).toEqual({
      code: 1,
      printed: "nobody is not an email address\n",
    });
  });
});
