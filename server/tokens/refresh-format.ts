/**
 * The text of a refresh token: the user's id, the session's id, the generation, a secret, and a tag. The tag shows that
 * Tegata issued the token, even if the database no longer has it: so an old token still reveals a thief.
 */
import { createHmac, timingSafeEqual } from "node:crypto";

/** What a refresh token says about itself. */
export interface RefreshTokenText {
  userId: number;
  sessionId: string;
  /** 1 for the first token of a session, 2 for its child, and so on. */
  generation: number;
  /** 256 bits in base64url. */
  secret: string;
}

/** Writes a refresh token. */
export function writeRefreshToken(text: RefreshTokenText, key: Buffer): string {
  const content = [text.userId, text.sessionId, text.generation, text.secret].join(".");
  return `${content}.${tagOf(content, key)}`;
}

/** Reads a refresh token that was written with one of the keys. @returns undefined for any other text */
export function readRefreshToken(
  value: string,
  keys: readonly Buffer[],
): RefreshTokenText | undefined {
  const end = value.lastIndexOf(".");
  const [content, tag] = [value.slice(0, end), Buffer.from(value.slice(end + 1))];
  const isTag = (expected: Buffer) =>
    expected.length === tag.length && timingSafeEqual(expected, tag);
  if (!keys.some((key) => isTag(Buffer.from(tagOf(content, key))))) return undefined;
  const [userId, sessionId = "", generation, secret = ""] = content.split(".");
  return { userId: Number(userId), sessionId, generation: Number(generation), secret };
}

/** 128 bits in base64url. A child is derived with the same key, but from a whole token: the prefix tells them apart. */
const tagOf = (content: string, key: Buffer) =>
  createHmac("sha256", key).update(`tag ${content}`).digest().subarray(0, 16).toString("base64url");
