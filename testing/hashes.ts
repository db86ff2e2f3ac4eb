/** Hashes of other programs, which tests import or verify. */

/** The bcrypt hash of `secret` by passlib, in the table of the first FastAPI system. */
export const BCRYPT = "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW";
/** The Argon2 hash of PASSWORD by passlib 1.7.4. */
export const ARGON2 =
  "$argon2id$v=19$m=1024,t=2,p=2$NibEmHOO0VrrHcO413ovxQ$5jmYG6MMAlShe4cjFA2E+8MsubAM10mjA20vvc9fb68";
