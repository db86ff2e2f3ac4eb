/** The secrets of a request: its `state`, and the verifier of PKCE (RFC 7636) with its challenge. */

/** 256 random bits (RFC 7636 section 4.1). */
export const randomText = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

/** RFC 7636 section 4.2. @throws {TypeError} where browsers have no SHA-256 */
export async function challengeOf(verifier: string): Promise<string> {
  const { subtle }: { subtle?: typeof crypto.subtle } = crypto;
  if (!subtle) throw new TypeError("loginWithRedirect() needs https or a loopback address");
  return base64url(
    new Uint8Array(await subtle.digest("SHA-256", new TextEncoder().encode(verifier))),
  );
}

const base64url = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
