/** Headers that were sent several times. */
import type { IncomingMessage } from "node:http";

/**
 * How many times a header was sent. Of several, Node keeps the first and a proxy may keep the last: it would be unclear
 * which one counts.
 * @param header in lowercase
 */
export const timesSent = ({ rawHeaders }: IncomingMessage, header: string): number =>
  rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === header).length;
