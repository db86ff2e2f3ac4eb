/** Clients that send users to log in, as an operator adds and changes them. */
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { NewClientRow } from "../../db/clients.ts";
import { type Db, openDb } from "../../db/open.ts";
import { emptyFolder, useCli } from "../../testing/process.ts";
import { hashSecret } from "../clients/secrets.ts";

const runCli = useCli();
const env = { DATABASE_URL: `file:${join(emptyFolder(), "x.db")}` };
let db: Db;
beforeAll(async () => {
  db = await openDb(env.DATABASE_URL, { migrate: true });
  return () => db.close();
});

const clients = (...args: string[]) => runCli(env, ["clients", ...args]);
const json = async (...args: string[]) => {
  const { code, printed } = await clients(...args, "--json");
  expect({ code, printed }).toMatchObject({ code: 0 });
  return JSON.parse(printed) as unknown;
};

const CODE = ["--grants", "authorization_code", "--scopes", "me"];
const PAGE = "https://app.example.com/callback";
const LOOPBACK = "http://127.0.0.1/callback";
const PREVIEW = "https://preview-7.example.com/callback";

/** What other commands would have added before, without their processes: a public client with a page, unless `more` says otherwise. */
async function given(id: string, more: Partial<NewClientRow> = {}): Promise<void> {
  const page = { secretHash: null, grants: "authorization_code", scopes: "me", redirectUris: PAGE };
  expect(await db.clients.add({ id, createdAtMs: 1, ...page, ...more })).toBe(true);
}

test("a client is added with a name, redirect URIs and as one of your own", async () => {
  const uris = ["--redirect-uris", `${PAGE},${LOOPBACK}`, "--redirect-uris", "com.example.app:/cb"];
  const more = ["--public", "--name", "The App", ...uris, "--first-party"];
  const app = {
    id: "app",
    public: true,
    grants: ["authorization_code"],
    scopes: ["me"],
    name: "The App",
    redirectUris: [PAGE, LOOPBACK, "com.example.app:/cb"],
    logoutUris: [],
    firstParty: true,
  };
  expect(await json("add", "app", ...CODE, ...more)).toEqual(app);
  expect(await json("show", "app")).toMatchObject(app);
  const { printed } = await clients("show", "app");
  expect(printed).toMatch(/The App/);
  expect(printed).toContain(app.redirectUris.join(" "));
  expect(printed).toMatch(/firstParty\s+yes/);
});

test("logout URIs are added with a client, replaced and removed", async () => {
  const LEFT = "https://app.example.com/left";
  const more = ["--public", "--redirect-uris", PAGE, "--logout-uris"];
  expect(await json("add", "leaver", ...CODE, ...more, LEFT)).toMatchObject({
    redirectUris: [PAGE],
    logoutUris: [LEFT],
  });
  expect((await clients("show", "leaver")).printed).toMatch(/logoutUris\s+https.*left/);
  const change = (uris: string) => json("update", "leaver", "--logout-uris", uris);
  const changed = { redirectUris: [PAGE], logoutUris: [PREVIEW, LOOPBACK], endedSessions: 0 };
  expect(await change(`${PREVIEW},${LOOPBACK}`)).toMatchObject(changed);
  expect(await json("show", "leaver")).toMatchObject({ logoutUris: [PREVIEW, LOOPBACK] });
  expect((await runCli(env, ["audit", "--client", "leaver"])).printed).toContain("2 logout URIs");
  expect(await change("")).toMatchObject({ logoutUris: [] });
});

test("without these options, a client is named by its id and is of somebody else", async () => {
  const plain = ["--redirect-uris", PAGE, "--public"];
  const stranger = { name: null, redirectUris: [PAGE], firstParty: false };
  expect(await json("add", "stranger", ...CODE, ...plain)).toMatchObject(stranger);
});

test("redirect URIs are added and removed, also at the same time and twice", async () => {
  await given("page");
  const change = (...args: string[]) => json("redirect-uris", "page", ...args);
  const uris = (...redirectUris: string[]) => ({ id: "page", redirectUris, endedSessions: 0 });
  expect(await change("--add", PREVIEW)).toMatchObject(uris(PAGE, PREVIEW));
  expect(await change("--add", PREVIEW)).toMatchObject(uris(PAGE, PREVIEW));
  expect(await change("--add", LOOPBACK, "--remove", PREVIEW, "--remove", PAGE)).toMatchObject(
    uris(LOOPBACK),
  );
  expect(await change("--remove", PREVIEW, "--add", PAGE)).toMatchObject(uris(LOOPBACK, PAGE));
});

test("two processes that add redirect URIs at once both succeed", async () => {
  await given("busy");
  const added = ["https://a.example.com/", "https://b.example.com/", "https://c.example.com/"];
  await Promise.all(added.map((uri) => json("redirect-uris", "busy", "--add", uri)));
  const { redirectUris } = (await json("show", "busy")) as { redirectUris: string[] };
  expect(redirectUris.toSorted()).toEqual([PAGE, ...added].toSorted());
});

describe("is refused", () => {
  beforeAll(async () => {
    await given("kept");
    const robot = { secretHash: hashSecret("its secret"), redirectUris: "" };
    await given("robot", { ...robot, grants: "client_credentials" });
  });

  test.each([
    [["add", "x", ...CODE], /^--redirect-uris: authorization_code needs at least one/, 1],
    [
      ["add", "x", ...CODE, "--redirect-uris", "http://app.example.com/"],
      /^--redirect-uris: http:\/\/app\.example\.com\/: must start with https/,
      1,
    ],
    [
      ["add", "x", ...CODE, "--redirect-uris", `${PAGE},${PAGE}#here`],
      /^--redirect-uris: https.*#here: must not contain a fragment/,
      1,
    ],
    [
      ["add", "x", ...CODE, "--redirect-uris", "https://*.example.com/"],
      /^--redirect-uris: .*must not contain \*/,
      1,
    ],
    [
      ["add", "x", ...CODE, "--redirect-uris", PAGE, "--name", "\u202e.ppA"],
      /^--name: must contain at most 50 printable characters/,
      1,
    ],
    [["update", "kept", "--name", "  "], /^--name: must contain .*, and a letter or a digit/, 1],
    // Of the options, only those that the command has are named.
    [["redirect-uris", "kept", "--add", "javascript:alert(1)"], /^redirect URIs: javascript:/, 1],
    [["redirect-uris", "kept", "--remove", PAGE], /^redirect URIs: authorization_code needs/, 1],
    [["update", "robot", ...CODE], /^redirect URIs: authorization_code needs/, 1],
    [
      ["update", "kept", "--logout-uris", `${PAGE},${PAGE}#here`],
      /^--logout-uris: https.*#here: must not contain a fragment/,
      1,
    ],
    [["redirect-uris", "nobody", "--add", PAGE], /^unknown client nobody/, 1],
    [["redirect-uris", "kept"], /^clients redirect-uris: name --add, --remove or both/, 2],
    [
      ["update", "kept"],
      /^clients update: name --grants, --scopes, --name, --logout-uris or --first-party/,
      2,
    ],
  ])("%j, and nothing is changed", async (args, why, expected) => {
    const before = await db.clients.list();
    const { code, printed } = await clients(...args);
    expect({ code, printed }).toEqual({ code: expected, printed: expect.stringMatching(why) });
    expect(await db.clients.list()).toEqual(before);
  });
});
