/** Decodes access tokens for display. Nothing here is verified. */

/** The members of a JSON object, in its order. */
export type Members = readonly (readonly [name: string, value: unknown])[];

/** A decoded token. */
export interface Decoded {
  header: Members;
  claims: Members;
  /** Epoch milliseconds; 0 if the token has no expiry time. */
  expiresAtMs: number;
}

/** Decodes a JWT. @returns no members if it is not a JWT */
export function decode(token: string): Decoded {
  const [header, claims] = token.split(".").map(membersOf);
  const exp = claims?.find(([name]) => name === "exp")?.[1];
  return {
    header: header ?? [],
    claims: claims ?? [],
    expiresAtMs: typeof exp === "number" ? exp * 1000 : 0,
  };
}

function membersOf(part: string): Members {
  try {
    const binary = atob(part.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
    const json: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof json === "object" && json !== null ? Object.entries(json) : [];
  } catch {
    return [];
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
