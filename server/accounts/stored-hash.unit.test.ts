import { hashSync } from "@node-rs/bcrypt";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { workOf } from "../../testing/password-work.ts";
import { PasswordThreads } from "./password-threads.ts";
import { openPasswords, type Passwords } from "./passwords.ts";
import { randomHash, readHash, schemeOf } from "./stored-hash.ts";

const COST = 5;
const settings = { bcryptCost: COST, passwordMinLength: 8, issuer: "https://tegata.test" };
const match = { is: "match", outdated: false };
const renewable = { is: "match", outdated: true };
const mismatch = { is: "mismatch" };
const DECOMPOSED = "Ame\u0301lie12";
const LONG = "the first verse of a song that everybody knows by heart, and the second verse too";

describe("a hash of another maker", () => {
  let passwords: Passwords;
  beforeAll(async () => {
    passwords = openPasswords(settings, { cost: 0, recipes: new Map() });
  });
  afterAll(() => passwords.close());
  const verify = (password: string, hash: string | undefined) => passwords.verify(password, hash);
  const renewed = async (password: string) => {
    const result = await passwords.hash(password);
    return result.is === "hashed" ? result.hash : expect.unreachable();
  };

  test.each([
    [LONG, "$2b$05$8bHeqfwV183XgkK6s4BFU.BF5mcruDDn.b6Q6ZKZLd5vPcU.PJeY6", match],
    [`a${"😀".repeat(30)}`, "$2b$05$XE6YumXZgw9alL/05uJgDeaRmKMGum7SSbE6L5KNU3zJidH0Mdh66", match],
    [DECOMPOSED, "$2b$05$uUjd7We1q3/UJmQJoH4yFuL/w28iMfdlmZ35sunEjWo6nE.Cko.pm", renewable],
    ["compatible", "$2a$05$ihMFiorqlO1jW6w1qsjSye8Gh4Eg5G5/pwLxWXiFkrb9akQqa0096", match],
  ])("fits %j as passlib 1.7.4 hashed it", async (password, hash, verified) => {
    expect(await verify(password, hash)).toEqual(verified);
    expect(await verify(password.slice(0, 8), hash)).toEqual(mismatch);
  });

  test("of a password that is not NFC fits it, and is renewed to fit every composition", async () => {
    const hash = hashSync(DECOMPOSED, COST);
    expect(await verify(DECOMPOSED, hash)).toEqual(renewable);
    expect(await verify("Am\u00e9lie12", hash)).toEqual(mismatch);
    const ours = await renewed(DECOMPOSED);
    for (const typed of [DECOMPOSED, "Am\u00e9lie12"])
      expect(await verify(typed, ours)).toEqual(match);
  });

  test.each([
    ["ASCII", "x".repeat(80)],
    ["a text", LONG],
    ["kanji", "鍵".repeat(40)],
    ["emojis that are cut in two", `a${"😀".repeat(30)}`],
    ["what is not NFC", "e\u0301".repeat(40)],
    ["more than a form has room to normalize", "x".repeat(500)],
  ])("of more than 72 bytes of %s fits by its first 72", async (_, password) => {
    const hash = hashSync(Buffer.from(password).subarray(0, 72), COST);
    expect(await verify(password, hash)).toEqual(match);
    expect(await verify(`b${password}`, hash)).toEqual(mismatch);
    expect(await verify(password.slice(0, 12), hash)).toEqual(mismatch);
  });

  test("of a long password is renewed for its cost, and keeps fitting by the first 72 bytes", async () => {
    const old = hashSync(Buffer.from(LONG).subarray(0, 72), COST - 1);
    expect(await verify(LONG, old)).toEqual(renewable);
    const hash = await renewed(LONG);
    expect(hash).toMatch(/^\$2b\$05\$[./\w]{53}$/);
    expect(await verify(LONG, hash)).toEqual(match);
    // As a new password it is refused all the same.
    expect(passwords.errorOf(LONG, { email: "ada@example.com" })).toMatchObject({
      code: "too_many_bytes",
    });
  });

  test("of a short password fits, which today's policy would refuse", async () => {
    for (const password of ["abc", "", "\ufffd"])
      expect(await verify(password, hashSync(password, COST))).toEqual(match);
  });

  test("is told from one of ours, whose bytes were never cut off and always NFC", async () => {
    const ours = await renewed("x".repeat(72));
    expect(await verify("x".repeat(72), ours)).toEqual(match);
    expect(await verify("x".repeat(73), ours)).toEqual(mismatch);
    expect(await verify("x".repeat(73), hashSync("x".repeat(72), COST))).toEqual(match);
  });

  test.each([
    ["$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2g", "argon2id"],
    ["$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4Cb", "scrypt"],
    ["$pbkdf2-sha256$29000$N2YMIWQsBWBMae09x1jrPQ$1t8iyB2A.WF", "pbkdf2-sha256"],
    ["pbkdf2_sha256$600000$salt$aGFzaA==", "pbkdf2_sha256"],
    [
      "$bcrypt-sha256$v=2,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2",
      "bcrypt-sha256",
    ],
    ["$6$rounds=5000$salt$hash", "6"],
    ["{SSHA}aGFzaGhhc2g=", "ssha"],
    ["$2b$12$cutshort", "2b"],
    ["$2x$05$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW", "2x"],
    ["$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW\n", "2b"],
    // bcrypt rejects these immediately: other characters, and bits that must be zero at the end of salt and digest.
    [`$2b$05$${"_".repeat(53)}`, "2b"],
    [`$2b$05$${".".repeat(21)}/${".".repeat(31)}`, "2b"],
    [`$2b$05$${".".repeat(52)}/`, "2b"],
    [`$2b$03$${".".repeat(53)}`, "2b"],
    // bcrypt would work on these for seconds, and for days.
    [`$2b$16$${".".repeat(53)}`, "2b"],
    [`$2b$31$${".".repeat(53)}`, "2b"],
    ["5f4dcc3b5aa765d61d8327deb882cf99", "unknown"],
    ["$ecret$123", "unknown"],
    ["hunter2$", "unknown"],
    ["", "unknown"],
  ])("that cannot be read, %j, is told from a wrong password, once", async (hash, scheme) => {
    expect(schemeOf(hash)).toBe(scheme);
    expect(await verify("secret", hash)).toEqual({ is: "unreadable", scheme, isNews: true });
    expect(await verify("secret", hash)).toEqual({ is: "unreadable", scheme, isNews: false });
  });

  test("is read, whatever its salt and digest end in", () => {
    const hashes = Array.from({ length: 200 }, () => hashSync("x", 4));
    for (const hash of hashes) expect(readHash(hash)).toMatchObject({ is: "bcrypt", cost: 4 });
  });

  const NFC = "plain password";
  const IMPOSSIBLE = "nul\0";
  test.each([
    ["that is NFC", NFC, 1],
    ["that is not", DECOMPOSED, 2],
    ["of more than 72 bytes", LONG, 1],
    ["of more than 72 bytes, but not in NFC", "e\u0301".repeat(30), 2],
    ["that no hash can fit", IMPOSSIBLE, 1],
  ])(
    "takes as much work for a password %s as a hash that is not there",
    async (_, password, runs) => {
      const right = hashSync(Buffer.from(password.normalize("NFC")).subarray(0, 72), COST);
      const ours = await renewed("something else");
      for (const hash of [
        undefined,
        right,
        hashSync("wrong", COST),
        ours,
        "$argon2id$x",
        "$2b$12$x",
      ]) {
        const run = vi.spyOn(PasswordThreads.prototype, "run");
        await verify(password, hash);
        const work = run.mock.calls.map(([task]) => workOf(task));
        run.mockRestore();
        expect(work, hash).toEqual([COST + Math.log2(runs)]);
      }
    },
  );
});

test("a random hash is one that bcrypt reads, and never the same", () => {
  const hashes = Array.from({ length: 200 }, () => randomHash(12));
  for (const hash of hashes) expect(readHash(hash)).toMatchObject({ cost: 12, isOurs: true });
  expect(new Set(hashes).size).toBe(200);
});
