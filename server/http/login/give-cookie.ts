/** Gives the cookie to a browser that is logged in. Apart from the cookie itself, whose types procedures of others see. */
import { type Browser, sealBrowser } from "../../accounts/browser.ts";
import type { Tegata } from "../../tegata.ts";
import type { BrowserCookie } from "./cookie.ts";

/** Gives a browser that is logged in its cookie: until it is closed, or as long as its session. */
export function giveCookie(
  tegata: Pick<Tegata, "tickets" | "now">,
  cookie: BrowserCookie,
  { session, isKept }: Pick<Browser, "session" | "isKept">,
): void {
  const lifetimeSeconds = Math.floor((session.expiresAtMs - tegata.now()) / 1000);
  cookie.set(sealBrowser(tegata, session, isKept), isKept ? lifetimeSeconds : undefined);
}

/** Gives a browser its cookie again, after the user has authenticated again. */
export async function renewCookie(
  tegata: Tegata,
  cookie: BrowserCookie,
  { session, isKept }: Browser,
): Promise<void> {
  const found = await tegata.db.sessions.find(session.id);
  if (found)
    giveCookie(tegata, cookie, {
      session: { ...session, ...found.session, userId: session.userId },
      isKept,
    });
}
