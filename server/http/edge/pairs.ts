/** Decoding queries and forms strictly. */

/** Names and values in their order. */
export type Pairs = (readonly [name: string, value: string])[];

/**
 * Decodes what is `application/x-www-form-urlencoded`. Unlike URLSearchParams, it does not replace invalid bytes by U+FFFD,
 * which would make different passwords equal.
 * @returns undefined if it is malformed
 */
export function decodePairs(text: string): Pairs | undefined {
  const decode = (part: string) => decodeURIComponent(part.replaceAll("+", " "));
  try {
    return text
      .split("&")
      .filter((pair) => pair !== "")
      .map((pair) => {
        const [name = "", ...value] = pair.split("=");
        return [decode(name), decode(value.join("="))] as const;
      });
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
