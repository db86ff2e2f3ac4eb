/** Decodes access tokens for display. Nothing here is verified. */

/** The decoded claims of a token. */
export interface Claims {
  /** In the order of the token. */
  all: readonly (readonly [name: string, value: unknown])[];
  /** Epoch milliseconds; 0 if the token has no expiry time. */
  expiresAtMs: number;
}

/** Decodes the payload of a JWT. @returns no claims if it is not a JWT */
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

/** Formats milliseconds as `m:ss` or `h:mm:ss`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60];
  const hours = Math.floor(seconds / 3600);
  const [first, ...rest] = hours > 0 ? [hours, ...parts] : parts;
  return [first, ...rest.map((part) => String(part).padStart(2, "0"))].join(":");
}
