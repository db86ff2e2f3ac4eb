/** Marked secrets, and the search for them in what was written. */
import { randomBytes } from "node:crypto";

/** In every secret that a test makes up. A part of a secret is found by it, too. */
export const MARK = "hushhush";
/** Makes up a secret. */
export const secret = () => `${MARK}-${randomBytes(8).toString("hex")}`;

/** Secrets that the service made. */
const issued = new Set<string>();
/** Remembers a token by its random part: the signature of a JWT, or what follows the user id. */
export const learn = (token: string): string => {
  const random = token.split(".").at(-1) ?? "";
  if (random.length > 20) issued.add(random.slice(0, 20));
  return token;
};

/** @returns what of a text is secret: marked, in Base64 too, or made by the service, or the hash of a password */
export function leaksIn(text: string): string[] {
  const around = (at: number) => text.slice(Math.max(0, at - 60), at + 60);
  const encoded = [...text.matchAll(/[\w+/-]{12,}/g)].filter(([run]) =>
    [0, 1, 2, 3].some((skip) => Buffer.from(run.slice(skip), "base64").includes(MARK)),
  );
  const found = [
    ...[...text.matchAll(new RegExp(MARK, "gi"))],
    ...encoded,
    ...[...text.matchAll(/\$2[aby]\$\d\d\$/g)],
  ].map(({ index }) => around(index));
  return [...found, ...[...issued].filter((part) => text.includes(part))];
}
