/** Reading the parameters of a request with which a client has sent a browser. */
import { decodePairs } from "../edge/pairs.ts";

/** The longest request, in characters. */
const MAX_LENGTH = 8192;

/** The parameters of a request. */
export interface Parameters {
  /** The known ones by name. One without a value is omitted (RFC 6749 section 3.1). */
  form: ReadonlyMap<string, string>;
  /** Whether one is sent more than once. */
  isRepeated(name: string): boolean;
}

/**
 * Reads the parameters in a query.
 * @param query without the question mark
 * @param known the names of the parameters that are read; others are ignored
 * @returns undefined if the query is malformed or too long
 */
export function readParameters(query: string, known: readonly string[]): Parameters | undefined {
  const isText = query.length <= MAX_LENGTH && !/\p{Surrogate}/u.test(query);
  const pairs = isText ? decodePairs(query) : undefined;
  const sent = pairs?.filter(([name, value]) => known.includes(name) && value !== "");
  return (
    sent && {
      form: new Map(sent),
      isRepeated: (name) => sent.filter(([one]) => one === name).length > 1,
    }
  );
}
