/** Sessions: one per log-in. What an access token is worth now is decided here. */
import { randomBytes } from "node:crypto";
import type { User } from "../../db/users.ts";
import type { Tegata } from "../tegata.ts";
import type { Grant } from "./access.ts";

/** Opens a session for a user who has just proved who they are. @returns its id, 128 random bits. */
export async function openSession(
  { db, now }: Tegata,
  user: Pick<User, "id">,
  clientId: string,
): Promise<string> {
  const id = randomBytes(16).toString("base64url");
  await db.sessions.add({ id, userId: user.id, clientId, createdAtMs: now() });
  return id;
}

/** The user of a verified access token, read fresh: a revoked session or a deleted user ends it at once. */
export async function findSubject(
  { db }: Tegata,
  { subject, sessionId }: Grant,
): Promise<User | undefined> {
  const found = await db.sessions.find(sessionId);
  if (!found || found.session.revokedAtMs !== null) return undefined;
  return String(found.user.id) === subject ? found.user : undefined;
}
