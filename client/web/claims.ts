/** What an access token says, for people to look at: nothing here is checked. */

/** The claims of a token in their order, and when it expires (epoch milliseconds; 0 when it does not say). */
export interface Claims {
  all: readonly (readonly [name: string, value: unknown])[];
  expiresAtMs: number;
}

/** Reads the payload of a JWT; one without claims when it is none. */
export function claimsOf(token: string): Claims {
  const all = Object.entries(payloadOf(token));
  const exp = all.find(([name]) => name === "exp")?.[1];
  return { all, expiresAtMs: typeof exp === "number" ? exp * 1000 : 0 };
}

function payloadOf(token: string): object {
  try {
    const [, payload = ""] = token.split(".");
    const binary = atob(payload.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof claims === "object" && claims !== null ? claims : {};
  } catch {
    return {};
  }
}

/** A length of time as minutes and seconds, or with hours before them. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60];
  const hours = Math.floor(seconds / 3600);
  const [first, ...rest] = hours > 0 ? [hours, ...parts] : parts;
  return [first, ...rest.map((part) => String(part).padStart(2, "0"))].join(":");
}
