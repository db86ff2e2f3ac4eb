/** What every application that others have written must be able to do with Tegata, and what it must notice. */
import { randomBytes } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { hashSecret } from "../../server/clients/secrets.ts";
import { addApp } from "../authorization.ts";
import { freePort } from "../ports.ts";
import { type Running, useProcesses } from "../process.ts";
import { FAULTS, type Fault, type Issuer, MALLORY } from "./issuer.ts";
import { type Arrived, Navigator } from "./navigator.ts";

/** What runs an application. */
export interface Program {
  /** By default Node.js. */
  command?: string;
  args: string[];
  cwd?: string;
  /** More than every application has in its environment. */
  env?: Record<string, string>;
  /** What it prints when it listens: by default `Listening`. */
  ready?: RegExp;
  /** A folder that is removed afterwards. */
  folder?: string;
}

/** An application. At `/` it shows who is logged in; without a login it asks for one. */
export interface RelyingParty {
  name: string;
  /** By default, Node.js runs the file of the examples that has its name. */
  program?: (name: string, env: Readonly<Record<string, string>>) => Program | Promise<Program>;
  /** Where Tegata sends the browser back to. */
  redirectPath: string;
  /** How its login begins: by default at `/`. */
  logIn?: (navigator: Navigator, url: string) => Promise<Arrived>;
  /** What it asks Tegata for during a login. */
  asks: readonly string[];
  /** The path at which it refreshes its tokens; undefined if it cannot. */
  refreshPath?: string;
  /** The path at which it logs out of Tegata, too; undefined if it cannot. */
  logoutPath?: (url: string) => string;
  /** What it does not notice. */
  unnoticed: readonly Fault[];
}

/** Expects that the documentation says what an application does not notice. */
export function expectOnPage(name: string, unnoticed: readonly Fault[]): void {
  const page = readFileSync("docs/relying-parties.md", "utf8");
  expect(page).toContain(`\n| ${name} | ${unnoticed.join(", ") || "nothing"} |\n`);
}

/** Tests an application with an issuer. */
export function testRelyingParty(issuer: Issuer, party: RelyingParty): void {
  describe(party.name, () => {
    const run = useProcesses();
    let url: string;
    let running: Running | undefined;
    let folder: string | undefined;

    beforeAll(async () => {
      issuer.requests.length = 0;
      const PORT = String(await freePort());
      const CLIENT_SECRET = issuer.service.secret(randomBytes(32).toString("base64url"));
      url = `http://localhost:${PORT}`;
      const id = party.name.replaceAll(/\W/g, "-");
      await addApp(issuer.service, {
        id,
        secretHash: hashSecret(CLIENT_SECRET),
        scopes: "openid profile email",
        redirectUris: url + party.redirectPath,
        logoutUris: url,
      });
      const env = {
        ISSUER: issuer.url,
        CLIENT_ID: id,
        CLIENT_SECRET,
        SESSION_SECRET: randomBytes(32).toString("base64url"),
        PORT,
      };
      const program = await (party.program ?? exampleOf)(party.name, env);
      ({ folder } = program);
      running = run({ ...env, ...program.env }, program);
      await running.until(program.ready ?? /Listening/);
    }, 300_000);
    afterAll(async () => {
      running?.signal("SIGTERM");
      await running?.ended;
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    });
    beforeEach(({ onTestFailed }) => {
      onTestFailed(() => console.error(running?.printed()));
    });
    afterEach(() => {
      issuer.fault = undefined;
    });

    const arrive = async () => {
      const person = await issuer.service.person({ fullName: "Ada Lovelace" });
      const navigator = new Navigator(issuer, person);
      const logIn = () => party.logIn?.(navigator, url) ?? navigator.open(url);
      return { ...person, navigator, logIn };
    };

    test("logs somebody in", async () => {
      const { email, logIn } = await arrive();
      const { status, text } = await logIn();
      expect({ status, text }).toMatchObject({ status: 200, text: expect.stringContaining(email) });
      expect(text).toContain("Ada Lovelace");
      expect(issuer.requests).toEqual(expect.arrayContaining([...party.asks]));
    });

    test("lets nobody in who does not agree", async () => {
      const { email, navigator, logIn } = await arrive();
      navigator.agrees = false;
      issuer.requests.length = 0;
      expect((await logIn()).text).not.toContain(email);
      expect(issuer.requests).toContain("GET /authorize");
      expect(issuer.requests).not.toContain("POST /token authorization_code");
    });

    const { refreshPath, logoutPath } = party;
    if (refreshPath !== undefined)
      test("refreshes its tokens", async () => {
        const { email, navigator, logIn } = await arrive();
        await logIn();
        const refreshes = () =>
          issuer.requests.filter((one) => one === "POST /token refresh_token");
        const before = refreshes().length;
        for (const count of [1, 2]) {
          const { status, text } = await navigator.open(url + refreshPath);
          expect({ status, text }).toEqual({ status: 200, text: expect.stringContaining(email) });
          expect(refreshes()).toHaveLength(before + count);
        }
      });
    if (logoutPath !== undefined)
      test("logs out of Tegata, too", async () => {
        const { navigator, logIn } = await arrive();
        await logIn();
        expect(await navigator.visitor.show()).toMatchObject({ is: "logged_in" });
        navigator.person = undefined;
        const arrived = await navigator.open(url + logoutPath(url));
        // Back at the application, which has asked Tegata again.
        expect(arrived.url.href).toContain(`${issuer.url}/authorize?`);
        expect(await navigator.visitor.show()).toMatchObject({ is: "log_in" });
      });

    /** Logs in while something is wrong. @returns whether the application notices */
    const notices = async (fault: Fault) => {
      const { email, logIn } = await arrive();
      issuer.fault = fault;
      issuer.requests.length = 0;
      const { text } = await logIn();
      expect(issuer.requests).toContain("POST /token authorization_code");
      return !text.includes(fault === "the userinfo of another" ? MALLORY : email);
    };

    test("accepts an ID token with another signature of a published key", async () => {
      expect(await notices("another signature")).toBe(false);
    });
    const isUnnoticed = (fault: Fault) => party.unnoticed.includes(fault);
    test.each(FAULTS.filter((fault) => !isUnnoticed(fault)))(
      "does not accept %s",
      async (fault) => {
        expect(await notices(fault)).toBe(true);
      },
    );
    test.each(FAULTS.filter(isUnnoticed))("does not notice %s", async (fault) => {
      expect(await notices(fault)).toBe(false);
    });
    test("has its place in the documentation", () => expectOnPage(party.name, party.unnoticed));
  });
}

const exampleOf = (name: string): Program => ({
  args: [resolve(`examples/relying-parties/${name}.js`)],
});
