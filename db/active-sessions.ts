/** The conditions under which sessions are active. */
import { and, type Column, eq, gt, isNull } from "drizzle-orm";

/** Whether a session has neither been ended nor expired. */
export function isActive(
  { revokedAtMs, expiresAtMs }: { revokedAtMs: Column; expiresAtMs: Column },
  nowMs: number,
) {
  return and(isNull(revokedAtMs), gt(expiresAtMs, nowMs));
}

/** Whether a session is the active one of a browser whose user is not disabled: what the browser needs to open others. */
export function isActiveBrowser(
  session: { id: Column; browser: Column; revokedAtMs: Column; expiresAtMs: Column },
  user: { disabled: Column },
  id: string,
  nowMs: number,
) {
  return and(
    eq(session.id, id),
    eq(session.browser, true),
    isActive(session, nowMs),
    eq(user.disabled, false),
  );
}
