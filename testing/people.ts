/** Generates the users of a database, for tests that move them. */
import fc from "fast-check";
import type { NewUser } from "../db/users.ts";
import { ARGON2, BCRYPT } from "./hashes.ts";

const HASHES = [
  BCRYPT,
  `${BCRYPT}$nfc`,
  ARGON2,
  "$pbkdf2$1200$WmtNSWktBaBUSgkhhND6Hw$a5jrOce06L84gzLeCCuP5Vb40B4",
  `$scrypt$ln=14,r=16,p=1$${"A".repeat(43)}$${"A".repeat(86)}$nfkc`,
];

/** A name that the rules of today accept, with what a format must write with care. */
const fullNames = fc
  .string({
    unit: fc.constantFrom(...Array.from("aé漢😀 ,;\"'\\{}[]\u2028")),
    minLength: 1,
    maxLength: 20,
  })
  .map((name) => `A${name}z`);

/** Users with names of their own. @param nowMs when the last of them was added, in epoch milliseconds */
export const people = (nowMs: number): fc.Arbitrary<NewUser[]> => {
  const times = fc.integer({ min: 0, max: nowMs });
  const person = fc.record({
    username: fc.option(fc.stringMatching(/^[a-z"',;\\{[]{0,9}[a-z]$/)),
    fullName: fc.option(fullNames),
    passwordHash: fc.constantFrom(...HASHES),
    disabled: fc.boolean(),
    emailVerifiedAtMs: fc.option(times),
    createdAtMs: times,
  });
  const unique = fc.uniqueArray(person, {
    selector: ({ username }) => username ?? {},
    minLength: 1,
    maxLength: 30,
  });
  return unique.map((list) =>
    list.map(({ username, ...rest }, i) => {
      const user = { ...rest, email: `user${i}@example.com` };
      return username === null
        ? { ...user, username, usernameKey: null }
        : { ...user, username, usernameKey: username };
    }),
  );
};
