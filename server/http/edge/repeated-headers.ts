/** Headers that were sent several times. */
import type { Received } from "./received.ts";

/**
 * How many times a header was sent. Of several, Node keeps the first and a proxy may keep the last: it would be unclear
 * which one counts.
 * @param header in lowercase
 */
export function timesSent({ rawHeaders }: Pick<Received, "rawHeaders">, header: string): number {
  let times = 0;
  // Every request comes through here: most names differ in their length.
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    if (name?.length === header.length && name.toLowerCase() === header) times += 1;
  }
  return times;
}
