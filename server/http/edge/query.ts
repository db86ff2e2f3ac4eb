/** Reading a request's query. */
import type { IncomingMessage } from "node:http";

/** The parameters after the first question mark; a value may contain further ones. */
export const queryOf = ({ url = "" }: Pick<IncomingMessage, "url">): URLSearchParams =>
  new URLSearchParams(url.replace(/^[^?]*/, ""));
