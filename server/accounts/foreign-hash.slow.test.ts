/** Hashes of other schemes than bcrypt, made by the programs that people move in from. */

import { beforeAll, describe, expect, test, vi } from "vitest";
import { ARGON2, BCRYPT } from "../../testing/hashes.ts";
import { foreignWorkOf, workOf } from "../../testing/password-work.ts";
import { PASSWORD } from "../../testing/service.ts";
import { isDerivedFrom } from "./derived-keys.js";
import { readForeignHash } from "./foreign-hash.ts";
import { readImportedHash } from "./imported-hash.ts";
import { PasswordThreads } from "./password-threads.ts";
import { openPasswords, type Passwords } from "./passwords.ts";

const settings = { bcryptCost: 5, passwordMinLength: 8, issuer: "https://tegata.test" };
const DECOMPOSED = "Ame\u0301lie12";
const renewable = { is: "match", outdated: true };
const kept = { is: "match", outdated: false };
const mismatch = { is: "mismatch" };

/** What is stored for a hash that is imported. */
function stored(text: string): string {
  const read = readImportedHash(text);
  return read.is === "hash" ? read.hash : expect.unreachable(read.scheme);
}

const PASSLIB_PBKDF2 =
  "$pbkdf2-sha256$1000$zzknJOQcwxhj7D2HEKK0Vg$IG6pn7n9oEimwjgWxfL1ZT9qI56HzAMKiVMr0Yh8N2M";
const PASSLIB_SCRYPT =
  "$scrypt$ln=10,r=8,p=1$XmvNeS9l7P0/5zyHkJKSMg$zPpCog5O7bZLK2kyQN4EXQSpd1qfZaAqmJk3Y70zcTo";
const BETTER_AUTH =
  "3234c091cab159f731c94a8d970b5654:7470057ccaced5414f4bf5c6fa2f29578ecfb41e042ba58c268b746cecbf92a8a389612f92960a028c72ddd584bc8a7ad22dc2fcbdf90c6100a3155f77cbf88f";

/** The maker, the password, and the hash that the maker made of it. */
const VECTORS = [
  ["passlib 1.7.4, argon2", PASSWORD, ARGON2],
  ["passlib 1.7.4, scrypt", PASSWORD, PASSLIB_SCRYPT],
  [
    "passlib 1.7.4, scrypt with other parameters",
    PASSWORD,
    "$scrypt$ln=8,r=4,p=3$USpFCKGUUkqpVSrlvDcmBA$oh87EihCxofwgDGanurBMAxtQ8pslqFe2Bl0iHQEbgE",
  ],
  [
    "passlib 1.7.4, pbkdf2_sha1",
    PASSWORD,
    "$pbkdf2$1200$WmtNSWktBaBUSgkhhND6Hw$a5jrOce06L84gzLeCCuP5Vb40B4",
  ],
  ["passlib 1.7.4, pbkdf2_sha256", PASSWORD, PASSLIB_PBKDF2],
  [
    "passlib 1.7.4, pbkdf2_sha512",
    PASSWORD,
    "$pbkdf2-sha512$900$BEAoZQzBGEMoBUCoFYLwPg$xEBo3b/kPl56wiXK3LSGvKBuFi2JbX/P.JHOYoPDVUkRk02nXyYMFHS7Wfz.Bs53eXIzBcBAW5keZIFO77zp8Q",
  ],
  [
    "passlib 1.7.4, of a password that is not NFC",
    DECOMPOSED,
    "$pbkdf2-sha256$1000$./8fA2BM6f1/by0lxLjXeg$6BcSlKBnP9J05IRurcEABfAUQS7QMWViCcCuMVPcbew",
  ],
  [
    "Django 5.2",
    PASSWORD,
    "pbkdf2_sha256$1500$seasalt$B9sAFbmnUwQMCPg21SDc36wZQiBpsBJkCSHmMQIXoj8=",
  ],
  ["Django 5.2, SHA-1", PASSWORD, "pbkdf2_sha1$1500$seasalt$8PzOu+dIILuk+oaG9lU7T4i3xrY="],
  [
    "Django 5.2, scrypt",
    PASSWORD,
    "scrypt$1024$seasalt12$8$5$CVKro4QSAfTNoOJiMHld5ZgapZJJ0BbeNaUOdBz2KJGSYZFUDd4BoOpCNZBB5RM8lrPPOcFo3KwpzeMWLnSLtA==",
  ],
  ["better-auth 1.7.25", PASSWORD, BETTER_AUTH],
  [
    "better-auth 1.7.25, which hashes the NFKC form",
    "\ufb01ancée \uff21mélie",
    "79fe4a2747f3e6bafabda21ab30cd891:5c23687232b82e98059113a4c4de322c493cba9d43e357b5c91ef602c1a069ad37da27e4da1aa429ba7cc53702eaf06ceadf209fea123525cd02dde6860aaae4",
  ],
] as const;

/** Those that are much work: they are compared without the decoys. */
const COSTLY = [
  [
    "the documentation of passlib",
    "password",
    "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E",
  ],
  [
    "argon2-cffi with its defaults",
    PASSWORD,
    "$argon2id$v=19$m=65536,t=3,p=4$3npJTL6fgtsve+yxNhMXHg$3o84ZFFE5FrEQo+94BMj4TV/OpTFK5TeRmfjLDc3IQM",
  ],
  [
    "Django 5.2 with its defaults",
    PASSWORD,
    "pbkdf2_sha256$1000000$8XOR61gq4BVNVd7d0LZoxN$2NNNHo1aWR9i3kPgpJNOgjqIbe4Du+FpYkAutg++MIo=",
  ],
  [
    "Django 5.2, Argon2",
    PASSWORD,
    "argon2$argon2id$v=19$m=102400,t=2,p=8$c2Vhc2FsdDEyMzQ1$6Ryc+pahHsOzJl+HhlNYSOknz51IN4UN7ypadefRNKQ",
  ],
] as const;

describe("a hash of another scheme", () => {
  let passwords: Passwords;
  beforeAll(() => {
    passwords = openPasswords(settings, { cost: 0, recipes: new Map() });
    return () => passwords.close();
  });

  test.each(VECTORS)("of %s fits its password, and is renewed", async (_, password, hash) => {
    expect(await passwords.verify(password, stored(hash))).toEqual(renewable);
    expect(await passwords.verify(`${password}x`, stored(hash))).toEqual(mismatch);
    // What is stored is imported again as it is.
    expect(stored(stored(hash))).toBe(stored(hash));
  });

  test.each(COSTLY)("of %s fits its password", async (_, password, hash) => {
    const { derived } = readForeignHash(stored(hash)) ?? expect.unreachable();
    expect(await isDerivedFrom(Buffer.from(password), derived)).toBe(true);
    expect(await isDerivedFrom(Buffer.from(`${password}x`), derived)).toBe(false);
  });

  test("of better-auth fits every spelling that is the same in NFKC; others only what was typed", async () => {
    const [, , hash] = VECTORS[11];
    expect(await passwords.verify("fiancée Amélie", stored(hash))).toEqual(renewable);
    const [, , typed] = VECTORS[6];
    expect(await passwords.verify(DECOMPOSED.normalize("NFC"), stored(typed))).toEqual(mismatch);
  });

  test("of more than 72 bytes fits the whole password, and is kept: bcrypt would read less of it", async () => {
    const hash =
      "$pbkdf2-sha256$1000$J.T8XyulNIbQeu.d89475w$zNFKyDYk5yXKP4vpmJIcCQe1wcl2DCqpWQ/V7YX.258";
    expect(await passwords.verify("x".repeat(100), hash)).toEqual(kept);
    expect(await passwords.verify("x".repeat(99), hash)).toEqual(mismatch);
  });

  const key = "A".repeat(43);
  test.each([
    ["too many iterations", `$pbkdf2-sha256$2000001$c2FsdHNhbHQ$${key}`],
    ["no iterations", `$pbkdf2-sha256$0$c2FsdHNhbHQ$${key}`],
    ["a key of two digests", `$pbkdf2-sha256$1000$c2FsdHNhbHQ$${"A".repeat(86)}`],
    ["256 MiB of scrypt", `$scrypt$ln=18,r=8,p=1$c2FsdHNhbHQ$${key}`],
    ["too many lanes of scrypt", `$scrypt$ln=16,r=8,p=5$c2FsdHNhbHQ$${key}`],
    ["scrypt without memory", `$scrypt$ln=0,r=8,p=1$c2FsdHNhbHQ$${key}`],
    ["an N of scrypt that its r does not allow", `$scrypt$ln=16,r=1,p=1$c2FsdHNhbHQ$${key}`],
    ["scrypt of no lanes", `$scrypt$ln=10,r=8,p=0$c2FsdHNhbHQ$${key}`],
    ["256 MiB of Argon2id", `$argon2id$v=19$m=262144,t=1,p=1$c2FsdHNhbHQ$${key}`],
    ["too many passes of Argon2id", `$argon2id$v=19$m=131072,t=9,p=1$c2FsdHNhbHQ$${key}`],
    [
      "Argon2id with less memory than its lanes need",
      `$argon2id$v=19$m=16,t=1,p=4$c2FsdHNhbHQ$${key}`,
    ],
    ["Argon2i", `$argon2i$v=19$m=1024,t=2,p=1$c2FsdHNhbHQ$${key}`],
    ["bits that must be zero", `$argon2id$v=19$m=1024,t=2,p=1$c2FsdHNhbHR$${key}`],
    ["a line end", `$argon2id$v=19$m=1024,t=2,p=1$c2FsdHNhbHQ$${key}\n`],
    ["a secret that nobody hashed", "hunter2"],
  ])("with %s is not read", async (_, hash) => {
    expect(readForeignHash(hash)).toBeUndefined();
    expect(readImportedHash(hash)).toEqual({ is: "unreadable", scheme: expect.any(String) });
    expect(await passwords.verify(PASSWORD, hash)).toMatchObject({ is: "unreadable" });
  });

  test.each([
    ["$2x$05$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW", "2x"],
    [BCRYPT.replace("12", "16"), "2b"],
    [`bcrypt_sha256$${BCRYPT}`, "bcrypt_sha256"],
    [`pbkdf2_sha256$1000$${"s".repeat(300)}$${key}=`, "pbkdf2_sha256"],
  ])("that no password could be compared with, %j, is not imported", (hash, scheme) => {
    expect(readImportedHash(hash)).toEqual({ is: "unreadable", scheme });
  });
});

describe("while there are hashes of other schemes", () => {
  let passwords: Passwords;
  beforeAll(async () => {
    const recipes = [PASSLIB_SCRYPT, ARGON2, PASSLIB_PBKDF2].map(
      (hash) => readForeignHash(hash)?.derived.recipe ?? expect.unreachable(),
    );
    const byScheme = new Map(recipes.map((recipe) => [recipe.scheme, recipe]));
    passwords = openPasswords(settings, { cost: 4, recipes: byScheme });
    // By then the workers have shown how fast they are, which is work, too.
    await passwords.hash("any password");
    return () => passwords.close();
  });
  const work = async (password: string, hash: string | undefined) => {
    const run = vi.spyOn(PasswordThreads.prototype, "run");
    await passwords.verify(password, hash);
    const tasks = run.mock.calls.map(([task]) => [workOf(task), foreignWorkOf(task)]);
    run.mockRestore();
    return tasks;
  };
  const HIGHEST = { scrypt: 2 ** 13, argon2id: 2048, "pbkdf2-sha256": 1000 };
  const key = "A".repeat(43);

  test.each([
    ["no hash", undefined],
    ["bcrypt", "$2b$05$uUjd7We1q3/UJmQJoH4yFuL/w28iMfdlmZ35sunEjWo6nE.Cko.pm"],
    ["the costliest of each scheme", PASSLIB_SCRYPT],
    ["the costliest of each scheme", ARGON2],
    ["the costliest of each scheme", PASSLIB_PBKDF2],
    ["fewer iterations", `$pbkdf2-sha256$1$c2FsdHNhbHQ$${key}`],
    ["less memory", `$scrypt$ln=8,r=4,p=3$c2FsdHNhbHQ$${key}`],
    ["fewer passes", `$argon2id$v=19$m=512,t=1,p=1$c2FsdHNhbHQ$${key}`],
    ["a damaged hash", "$scrypt$ln=8,r=4,p=3$c2FsdHNhbHQ$AAAA"],
  ])("every password takes the work of all of them: %s", async (_, hash) => {
    for (const password of [PASSWORD, "x".repeat(100), "x".repeat(300), "nul\0"])
      expect(await work(password, hash)).toEqual([[5, HIGHEST]]);
    expect(await work(DECOMPOSED, hash)).toEqual([[6, HIGHEST]]);
  });

  test("a hash that arrives later with more work is the new measure", async () => {
    const [, , hash] = VECTORS[3];
    const more = { ...HIGHEST, "pbkdf2-sha1": 1200 };
    expect(await work(PASSWORD, hash)).toEqual([[5, more]]);
    expect(await work(PASSWORD, undefined)).toEqual([[5, more]]);
  });
});
