/** Reading a request's URL: its path and its query. */
import type { IncomingMessage } from "node:http";

/** The path of a request, without its query. */
export function pathOf({ url = "" }: Pick<IncomingMessage, "url">): string {
  const end = url.indexOf("?");
  const target = end === -1 ? url : url.slice(0, end);
  return target.startsWith("/") ? target : new URL(target).pathname;
}

/** The parameters after the first question mark; a value may contain further ones. */
export const queryOf = ({ url = "" }: Pick<IncomingMessage, "url">): URLSearchParams =>
  new URLSearchParams(url.replace(/^[^?]*/, ""));
