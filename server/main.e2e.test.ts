import { once } from "node:events";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { Agent, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, inject, test } from "vitest";
import { emptyFolder, urlOf, useProcesses } from "../testing/process.ts";
import { SECRET_KEY } from "../testing/service.ts";

const run = useProcesses();
const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

describe("the process", () => {
  test("starts from nothing: says where it is, on which database, and where its secret came from", async () => {
    const cwd = emptyFolder();
    const first = run({ PORT: "0" }, { cwd });
    const url = await urlOf(first);
    await first.until(/database +SQLite, \.data\/tegata\.db$/m);
    await first.until(/secret +\.data\/secret \(generated now\)$/m);
    expect(first.printed()).toContain(`POST ${url}/token`);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(mode(join(cwd, ".data"))).toBe("700");
    expect(mode(join(cwd, ".data/tegata.db"))).toBe("600");
    expect(mode(join(cwd, ".data/secret"))).toBe("600");
    const secret = readFileSync(join(cwd, ".data/secret"), "utf8");
    expect(secret.length).toBeGreaterThanOrEqual(32);
    expect(first.printed()).not.toContain(secret);
    first.signal("SIGTERM");
    expect(await first.ended).toEqual({ code: 0, signal: null });

    const second = run({ PORT: "0" }, { cwd });
    await second.until(/secret +\.data\/secret \(generated at an earlier start\)$/m);
    expect(readFileSync(join(cwd, ".data/secret"), "utf8")).toBe(secret);
    second.signal("SIGINT");
    expect(await second.ended).toEqual({ code: 0, signal: null });
  });

  test("reads .env, below what the environment says", async () => {
    const cwd = emptyFolder();
    writeFileSync(
      join(cwd, ".env"),
      `PORT=many\nDATABASE_URL=file:kept.db\nSECRET_KEY=${SECRET_KEY}\n`,
    );
    const service = run({ PORT: "0" }, { cwd });
    await service.until(/secret +SECRET_KEY$/m);
    expect(existsSync(join(cwd, "kept.db"))).toBe(true);
    expect(service.printed()).not.toContain(SECRET_KEY);
    service.signal("SIGTERM");
    expect(await service.ended).toEqual({ code: 0, signal: null });
  });

  test("takes what the environment sets to white space, or to nothing, for not set", async () => {
    const cwd = emptyFolder();
    writeFileSync(join(cwd, ".env"), `SECRET_KEY=${SECRET_KEY}\n`);
    const service = run({ PORT: "0", SECRET_KEY: " ", DATABASE_URL: "", AUDIENCE: "" }, { cwd });
    await service.until(/database +SQLite, \.data\/tegata\.db$/m);
    await service.until(/secret +SECRET_KEY$/m);
    service.signal("SIGTERM");
    expect(await service.ended).toEqual({ code: 0, signal: null });
  });

  test("makes the folder of its database for its owner's eyes only", async () => {
    const cwd = emptyFolder();
    const service = run({ PORT: "0", SECRET_KEY, DATABASE_URL: "file:data/deep/x.db" }, { cwd });
    await service.until(/secret +SECRET_KEY$/m);
    expect(mode(join(cwd, "data"))).toBe("700");
    expect(mode(join(cwd, "data/deep"))).toBe("700");
    expect(mode(join(cwd, "data/deep/x.db"))).toBe("600");
    service.signal("SIGTERM");
    expect(await service.ended).toEqual({ code: 0, signal: null });
  });

  test.concurrent.each(["SIGTERM", "SIGINT"] as const)(
    "at %s a request in flight gets its answer, and the status is 0",
    async (signal) => {
      const service = run({ PORT: "0", LOG_LEVEL: "silent", BCRYPT_COST: "10" });
      const url = await urlOf(service);
      const refusesConnections = () =>
        fetch(`${url}/healthz`).then(
          () => false,
          () => true,
        );
      const answer = new Promise<{ status: number | undefined; body: string }>(
        (resolve, reject) => {
          const form = "grant_type=password&username=nobody&password=wrong+password";
          const headers = {
            "content-type": "application/x-www-form-urlencoded",
            "content-length": form.length,
            expect: "100-continue",
          };
          const pending = request(`${url}/token`, { method: "POST", headers }, (response) => {
            let body = "";
            response.on("data", (chunk) => {
              body += chunk;
            });
            response.on("end", () => resolve({ status: response.statusCode, body }));
          }).once("error", reject);
          // The server has the request, and waits for its body: it is in flight for certain.
          pending.once("continue", async () => {
            service.signal(signal);
            while (!(await refusesConnections())) await new Promise((r) => setTimeout(r, 20));
            pending.end(form);
          });
        },
      );
      expect(await answer).toEqual({ status: 400, body: expect.stringContaining("invalid_grant") });
      expect(await service.ended).toEqual({ code: 0, signal: null });
    },
  );

  test.concurrent("a connection that says nothing, or half of it, does not keep it from ending well", async () => {
    const service = run({ PORT: "0", LOG_LEVEL: "silent" });
    const { port } = new URL(await urlOf(service));
    const sockets = ["", "GET /healthz HTT", "POST /token HTTP/1.1\r\nHost: x\r\n"].map((text) => {
      const socket = connect(Number(port), "127.0.0.1").on("error", () => undefined);
      socket.write(text);
      return socket;
    });
    await Promise.all(sockets.map((socket) => once(socket, "connect")));
    await fetch(`http://127.0.0.1:${port}/healthz`);
    service.signal("SIGTERM");
    expect(await service.ended).toEqual({ code: 0, signal: null });
    for (const socket of sockets) socket.destroy();
  });

  test.concurrent("callers that go on asking while it ends get their answers, and are told to go", async () => {
    const service = run({ PORT: "0", LOG_LEVEL: "silent" });
    const url = new URL(await urlOf(service));
    const agent = new Agent({ keepAlive: true, maxSockets: 20 });
    const results: { status: number | undefined; connection: string | undefined }[] = [];
    let told = 0;
    /** Asks on one connection that is kept alive, until it is told to go. */
    const caller = async () => {
      for (;;) {
        const response = await new Promise<IncomingMessage>((resolve, reject) => {
          request({ host: url.hostname, port: url.port, path: "/healthz", agent }, resolve)
            .once("error", reject)
            .end();
        });
        response.resume();
        await once(response, "end");
        results.push({ status: response.statusCode, connection: response.headers.connection });
        if (response.headers.connection !== "close") continue;
        told += 1;
        return;
      }
    };
    const callers = Promise.all(Array.from({ length: 20 }, caller));
    while (results.length < 200) await new Promise((done) => setImmediate(done));
    service.signal("SIGTERM");
    await callers;
    expect(told).toBe(20);
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await service.ended).toEqual({ code: 0, signal: null });
    agent.destroy();
  });

  test.concurrent("npm start passes SIGTERM on, and ends as the service does", async () => {
    const env = { PORT: "0", SECRET_KEY, DATABASE_URL: `file:${join(emptyFolder(), "x.db")}` };
    const args = ["start", "--ignore-scripts"];
    const service = run({ ...env, HOME: emptyFolder() }, { cwd: ".", command: "npm", args });
    const url = await urlOf(service);
    service.signal("SIGTERM");
    expect(await service.ended).toEqual({ code: 0, signal: null });
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });

  test("with wrong settings does not start, and names them all", async () => {
    const service = run({ PORT: "many", NODE_ENV: "production" });
    expect(await service.ended).toEqual({ code: 1, signal: null });
    expect(service.printed()).toMatch(
      /^Tegata cannot start\. Fix these settings:\n {2}PORT: .*\n {2}SECRET_KEY: .*\n$/,
    );
  });

  const mariadb = inject("mariadb");
  const refused = { PORT: "0", DATABASE_URL: `${mariadb?.replace(/:[^:@]+@/, ":hidden@")}x` };
  test.each<readonly [string, Record<string, string>, RegExp]>([
    ...(mariadb
      ? [["a user that the database refuses", refused, /refuses the user/] as const]
      : []),
    [
      "a file that is no database",
      { PORT: "0", DATABASE_URL: "file:/dev/null" },
      /^Tegata cannot start: /,
    ],
    ["the port taken", { HOST: "127.0.0.1" }, /^Tegata cannot start: PORT: .*EADDRINUSE/],
  ])(
    "with %s does not start, says why in one line, and keeps the password to itself",
    async (_, env, why) => {
      const other = run({ PORT: "0" });
      const { port } = new URL(await urlOf(other));
      const service = run({ PORT: port, ...env });
      expect(await service.ended).toEqual({ code: 1, signal: null });
      expect(service.printed()).toMatch(why);
      expect(service.printed().trim().split("\n")).toHaveLength(1);
      expect(service.printed()).not.toContain("hidden");
      other.signal("SIGTERM");
      await other.ended;
    },
  );
});
