import { readdirSync, readFileSync } from "node:fs";
import { hashSync } from "@node-rs/bcrypt";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { BCRYPT } from "../../testing/hashes.ts";
import { openPasswords, type Passwords } from "./passwords.ts";

const match = { is: "match", outdated: false };
const mismatch = { is: "mismatch" };
const settings = { bcryptCost: 4, passwordMinLength: 8, issuer: "https://tegata.test" };
const owner = { email: "ada@example.com" };

/** Of 72 characters. */
const PHRASE = "over the hills and far away, beyond the sea, there is a land of plenty..";

describe("passwords", () => {
  let passwords: Passwords;
  beforeAll(async () => {
    passwords = openPasswords({ ...settings, bcryptCost: 5 }, { cost: 0, recipes: new Map() });
  });
  afterAll(() => passwords.close());
  const hash = async (password: string) => {
    const result = await passwords.hash(password);
    return result.is === "hashed" ? result.hash : expect.unreachable();
  };

  test.each([
    ["of the minimum length", "eight88i"],
    ["of 72 bytes", PHRASE],
    ["of 24 kanji (72 bytes)", "門前雪掃隣家屋上霜管春眠不覚暁処処聞啼鳥夜来風雨"],
    ["with leading and trailing spaces", "  inside  "],
    ["of emojis", "😀🐎🔋🔑🗻🍙🐙🚲"],
  ])("a password %s is accepted and matches only itself", async (_, password) => {
    expect(passwords.errorOf(password, owner)).toBeUndefined();
    const hashed = await hash(password);
    expect(hashed).toMatch(/^\$2b\$05\$/);
    expect(await passwords.verify(password, hashed)).toEqual(match);
    for (const other of [password.slice(0, -1), `${password}x`, password.trim().slice(1), ""])
      expect(await passwords.verify(other, hashed)).toEqual(mismatch);
  });

  test("a password of 73 bytes is not truncated to 72", async () => {
    const hashed = await hash("x".repeat(72));
    expect(await passwords.verify("x".repeat(73), hashed)).toEqual(mismatch);
  });

  test("a password that is far too long is rejected before it is normalized", async () => {
    const normalize = vi.spyOn(String.prototype, "normalize");
    const marks = `a${"\u0345".repeat(3900)}${"\u0334".repeat(3900)}`;
    expect(passwords.errorOf(marks, owner)).toMatchObject({ code: "too_many_bytes", limit: 72 });
    expect(await passwords.verify(marks, await hash("something else"))).toEqual(mismatch);
    expect(
      normalize.mock.contexts.map((text) => String(text).length).filter((n) => n > 300),
    ).toEqual([]);
    normalize.mockRestore();
    const composed = "\u1f82".repeat(24);
    expect(await passwords.verify(composed.normalize("NFD"), await hash(composed))).toEqual(match);
  });

  test("the composed and the decomposed form of a password match", async () => {
    const [composed, decomposed] = ["Am\u00e9lie12", "Ame\u0301lie12"];
    expect(await passwords.verify(decomposed, await hash(composed))).toEqual(match);
    expect(await passwords.verify(composed, await hash(decomposed))).toEqual(match);
  });

  test("characters that only look alike do not match", async () => {
    expect(await passwords.verify("final word", await hash("\ufb01nal word"))).toEqual(mismatch);
  });

  test("the limit of 72 bytes applies to the composed password", async () => {
    expect(passwords.errorOf("\u0958".repeat(24), owner)).toMatchObject({
      code: "too_many_bytes",
      limit: 72,
    });
    const hashed = hashSync("\u0958".normalize("NFC").repeat(12), 5);
    expect(await passwords.verify("\u0958".repeat(12), hashed)).toEqual(match);
    expect(await passwords.verify("\u0958".repeat(13), hashed)).toEqual(mismatch);
  });

  test("a password that is repeated after a NUL does not match, although it does in bcrypt", async () => {
    const hashed = hashSync("secret", 5);
    expect(await passwords.verify("secret\0secret", hashed)).toEqual(mismatch);
  });

  test("the minimum length comes from the settings", async () => {
    const longer = openPasswords(
      { ...settings, passwordMinLength: 12 },
      { cost: 0, recipes: new Map() },
    );
    expect(longer.errorOf("eleven char", owner)).toMatchObject({ code: "too_short", limit: 12 });
    expect(longer.errorOf("twelve chars", owner)).toBeUndefined();
    await longer.close();
  });

  test.runIf(process.platform === "linux")("the workers run at a lower priority", () => {
    const threads = readdirSync("/proc/self/task");
    const nice = threads.map((thread) => {
      const [, stat = ""] = readFileSync(`/proc/self/task/${thread}/stat`, "utf8").split(") ");
      return Number(stat.split(" ")[16]);
    });
    expect(Math.max(...nice)).toBeGreaterThanOrEqual(Math.min(...nice) + 10);
  });

  test("lone surrogates do not match the replacement character", async () => {
    const hashed = hashSync("secret\ufffd", 5);
    for (const other of ["secret\ud800", "secret\udfff"])
      expect(await passwords.verify(other, hashed)).toEqual(mismatch);
    // Existing passwords may contain this character, although new ones must not.
    expect(await passwords.verify("secret\ufffd", hashed)).toEqual(match);
  });

  test("the hash of johndoe from system A verifies", async () => {
    expect(await passwords.verify("secret", BCRYPT)).toEqual(match);
    expect(await passwords.verify("Secret", BCRYPT)).toEqual(mismatch);
  });

  test.each(["$2a$", "$2b$", "$2y$"])("a %s hash verifies", async (prefix) => {
    const hashed = prefix + hashSync("compatible", 5).slice(4);
    expect(await passwords.verify("compatible", hashed)).toEqual(match);
    expect(await passwords.verify("Compatible", hashed)).toEqual(mismatch);
  });

  test("a hash with a lower cost is outdated, and one with a higher cost is not", async () => {
    const at = (cost: number) => passwords.verify("compatible", hashSync("compatible", cost));
    expect(await at(4)).toEqual({ is: "match", outdated: true });
    expect(await at(6)).toEqual(match);
  });
});
