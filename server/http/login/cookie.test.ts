/** The cookie of a browser that is logged in: how it is set, and what is accepted as one. */
import { decodeJwt } from "jose";
import { describe, expect, test } from "vitest";
import { ENGINES } from "../../../testing/engines.ts";
import { SECRET_KEY, Service, useService } from "../../../testing/service.ts";
import { Visitor } from "../../../testing/visitor.ts";

const [engine = expect.unreachable()] = ENGINES;

describe.each([
  ["https://tegata.test", "__Host-tegata", "; Secure"],
  ["https://tegata.test/auth", "__Host-tegata", "; Secure"],
  ["http://127.0.0.1:3000", "tegata", ""],
])("with the issuer %s", (issuer, name, secure) => {
  const service = useService(engine, { ISSUER: issuer });
  const { origin } = new URL(issuer);

  test(`is ${name}, for this host alone, hidden from scripts, and kept only if asked for`, async () => {
    const person = await service.person();
    const visitor = new Visitor(service, origin);
    const attributes = `Path=/; HttpOnly; SameSite=Lax${secure}`;
    await visitor.logIn(person);
    const form = new RegExp(`^${name}=[\\w-]+\\.[\\w-]{43}; ${attributes}$`);
    expect(visitor.setCookie).toMatch(form);
    service.stoppedAt = Date.now();
    await visitor.logIn(person, true);
    service.stoppedAt = undefined;
    const [, seconds] = /; Max-Age=(\d+)$/.exec(visitor.setCookie) ?? [];
    expect(Number(seconds)).toBe(90 * 24 * 60 * 60);
    expect(visitor.setCookie).toContain(`; ${attributes}; Max-Age=`);
    await visitor.leave();
    expect(visitor.setCookie).toBe(`${name}=; ${attributes}; Max-Age=0`);
  });
});

describe("a cookie", () => {
  const service = useService(engine);
  const isLoggedIn = async (cookie: string | undefined) => {
    const visitor = new Visitor(service);
    visitor.cookie = cookie;
    return (await visitor.show()).is === "logged_in";
  };
  const logIn = async () => {
    const visitor = new Visitor(service);
    await visitor.logIn(await service.person());
    return visitor.cookie ?? "";
  };

  test("does not work if any character is changed, missing or added", async () => {
    const cookie = await logIn();
    expect(await isLoggedIn(cookie)).toBe(true);
    const [name = "", value = ""] = cookie.split("=");
    for (let at = 0; at < value.length; at += 7) {
      const other = value[at] === "A" ? "B" : "A";
      const changed = value.slice(0, at) + other + value.slice(at + 1);
      expect(await isLoggedIn(`${name}=${changed}`), changed).toBe(false);
      expect(await isLoggedIn(`${name}=${value.slice(0, at) + value.slice(at + 1)}`)).toBe(false);
    }
    for (const text of [`${value}A`, ` ${value}`, `"${value}"`, `${value}=`, "", ".", "x.y"])
      expect(await isLoggedIn(`${name}=${text}`), text).toBe(false);
  });

  test("does not work if it names another session, or is a ticket for something else", async () => {
    const { tickets, db, now } = service.tegata;
    const visitor = new Visitor(service);
    const person = await service.person();
    await visitor.logIn(person);
    const { accessToken } = await visitor.open();
    const [browser] = await db.sessions.list(person.id, now());
    const { sid } = decodeJwt<{ sid: string }>(accessToken);
    const seal = (name: string, sessionId: string) => {
      const data = { sessionId, authTimeMs: browser?.authTimeMs, isKept: false };
      return tickets.seal({ name, data: expect.anything() }, data, now() + 60_000);
    };
    const named = (text: string) => `__Host-tegata=${text}`;
    expect(await isLoggedIn(named(seal("browser session", browser?.id ?? "")))).toBe(true);
    // The session of a page opens no other.
    expect(await isLoggedIn(named(seal("browser session", sid)))).toBe(false);
    expect(await isLoggedIn(named(seal("browser session", "x".repeat(22))))).toBe(false);
    expect(await isLoggedIn(named(seal("log-in page", browser?.id ?? "")))).toBe(false);
    expect(await isLoggedIn(named(accessToken))).toBe(false);
  });

  test("counts only once, and only with its whole name", async () => {
    const [one, other] = [await logIn(), await logIn()];
    expect(await isLoggedIn(`a=b; ${one}; c=d`)).toBe(true);
    expect(await isLoggedIn(`${one}; ${other}`)).toBe(false);
    const value = one.slice(one.indexOf("=") + 1);
    for (const name of ["tegata", "__host-tegata", "X__Host-tegata", "__Host-tegata2", "Tegata"])
      expect(await isLoggedIn(`${name}=${value}`), name).toBe(false);
  });
});

describe("when SECRET_KEY changes", () => {
  const NEW = "another secret of the tests and long enough 0123456789";
  const database = (async () => engine.emptyDatabase())();
  const run = async (secrets: string, act: (service: Service) => Promise<void>) => {
    const service = new Service();
    const url = await database;
    await service.start(
      { name: engine.name, emptyDatabase: async () => url },
      {
        SECRET_KEY: secrets,
      },
    );
    await act(service).finally(() => service.stop());
  };
  const shown = async (service: Service, cookie: string | undefined) => {
    const visitor = new Visitor(service);
    visitor.cookie = cookie;
    return (await visitor.show()).is;
  };

  test("a browser stays logged in as long as its secret is among them", async () => {
    let old: string | undefined;
    await run(SECRET_KEY, async (service) => {
      const visitor = new Visitor(service);
      await visitor.logIn(await service.person());
      old = visitor.cookie;
    });
    let current: string | undefined;
    await run(`${NEW},${SECRET_KEY}`, async (service) => {
      expect(await shown(service, old)).toBe("logged_in");
      const visitor = new Visitor(service);
      await visitor.logIn({ email: "person1@example.com", password: "correct horse battery" });
      current = visitor.cookie;
    });
    await run(NEW, async (service) => {
      expect(await shown(service, old)).toBe("log_in");
      expect(await shown(service, current)).toBe("logged_in");
    });
  });
});
