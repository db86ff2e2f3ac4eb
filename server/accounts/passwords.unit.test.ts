import { readdirSync, readFileSync } from "node:fs";
import { hashSync } from "@node-rs/bcrypt";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { openPasswords, type Passwords } from "./passwords.ts";

const match = { is: "match", outdated: false };
const mismatch = { is: "mismatch" };

describe("passwords", () => {
  let passwords: Passwords;
  beforeAll(async () => {
    passwords = await openPasswords({ bcryptCost: 5, passwordMinLength: 8 });
  });
  afterAll(() => passwords.close());
  const hash = async (password: string) => {
    const result = await passwords.hash(password);
    return result.is === "hashed" ? result.hash : expect.unreachable();
  };

  test.each([
    ["of the shortest length", "eight888"],
    ["of 72 bytes", "x".repeat(72)],
    ["of 24 kanji, 72 bytes", "鍵".repeat(24)],
    ["of spaces", "        "],
    ["with spaces at its ends", "  inside  "],
    ["of emojis", "😀".repeat(8)],
  ])("one %s is accepted, and fits itself and nothing near it", async (_, password) => {
    expect(passwords.errorOf(password)).toBeUndefined();
    const hashed = await hash(password);
    expect(hashed).toMatch(/^\$2b\$05\$/);
    expect(await passwords.verify(password, hashed)).toEqual(match);
    for (const other of [password.slice(0, -1), `${password}x`, password.trim().slice(1), ""])
      expect(await passwords.verify(other, hashed)).toEqual(mismatch);
  });

  test("the bytes after the 72nd count: they are never cut off", async () => {
    const hashed = await hash("x".repeat(72));
    expect(await passwords.verify("x".repeat(73), hashed)).toEqual(mismatch);
  });

  test("what could never be short enough is turned away before it is looked at", async () => {
    const normalize = vi.spyOn(String.prototype, "normalize");
    const marks = `a${"\u0345".repeat(3900)}${"\u0334".repeat(3900)}`;
    expect(passwords.errorOf(marks)).toMatchObject({ code: "too_many_bytes", limit: 72 });
    expect(await passwords.verify(marks, await hash("something else"))).toEqual(mismatch);
    expect(
      normalize.mock.contexts.map((text) => String(text).length).filter((n) => n > 300),
    ).toEqual([]);
    normalize.mockRestore();
    const composed = "\u1f82".repeat(24);
    expect(await passwords.verify(composed.normalize("NFD"), await hash(composed))).toEqual(match);
  });

  test("one password typed in two compositions is one password", async () => {
    const [composed, decomposed] = ["Am\u00e9lie12", "Ame\u0301lie12"];
    expect(await passwords.verify(decomposed, await hash(composed))).toEqual(match);
    expect(await passwords.verify(composed, await hash(decomposed))).toEqual(match);
  });

  test("characters that only look alike are not taken for each other", async () => {
    expect(await passwords.verify("final word", await hash("\ufb01nal word"))).toEqual(mismatch);
  });

  test("the 72 bytes are those of the composed password", async () => {
    expect(passwords.errorOf("\u0958".repeat(24))).toMatchObject({
      code: "too_many_bytes",
      limit: 72,
    });
    const hashed = hashSync("\u0958".normalize("NFC").repeat(12), 5);
    expect(await passwords.verify("\u0958".repeat(12), hashed)).toEqual(match);
    expect(await passwords.verify("\u0958".repeat(13), hashed)).toEqual(mismatch);
  });

  test("a password twice with a NUL between is another, though bcrypt itself repeats it so", async () => {
    const hashed = hashSync("secret", 5);
    expect(await passwords.verify("secret\0secret", hashed)).toEqual(mismatch);
  });

  test("the least length is that of the settings", async () => {
    const longer = await openPasswords({ bcryptCost: 4, passwordMinLength: 12 });
    expect(longer.errorOf("x".repeat(11))).toMatchObject({ code: "too_short", limit: 12 });
    expect(longer.errorOf("x".repeat(12))).toBeUndefined();
    await longer.close();
  });

  test.runIf(process.platform === "linux")("the workers let everybody else go first", () => {
    const threads = readdirSync("/proc/self/task");
    const nice = threads.map((thread) => {
      const [, stat = ""] = readFileSync(`/proc/self/task/${thread}/stat`, "utf8").split(") ");
      return Number(stat.split(" ")[16]);
    });
    expect(Math.max(...nice)).toBeGreaterThanOrEqual(Math.min(...nice) + 10);
  });

  test("lone surrogates and bytes that cannot be read are not taken for each other", async () => {
    const hashed = hashSync("secret\ufffd", 5);
    for (const other of ["secret\ud800", "secret\udfff"])
      expect(await passwords.verify(other, hashed)).toEqual(mismatch);
    // As it could be chosen before such characters were refused.
    expect(await passwords.verify("secret\ufffd", hashed)).toEqual(match);
  });

  test("system A's hash of johndoe verifies", async () => {
    const seed = "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW";
    expect(await passwords.verify("secret", seed)).toEqual(match);
    expect(await passwords.verify("Secret", seed)).toEqual(mismatch);
  });

  test.each(["$2a$", "$2b$", "$2y$"])("a %s hash verifies", async (prefix) => {
    const hashed = prefix + hashSync("compatible", 5).slice(4);
    expect(await passwords.verify("compatible", hashed)).toEqual(match);
    expect(await passwords.verify("Compatible", hashed)).toEqual(mismatch);
  });

  test("a hash of a lower cost is outdated, of a higher one not", async () => {
    const at = (cost: number) => passwords.verify("compatible", hashSync("compatible", cost));
    expect(await at(4)).toEqual({ is: "match", outdated: true });
    expect(await at(6)).toEqual(match);
  });
});
