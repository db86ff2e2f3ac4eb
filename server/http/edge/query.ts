/** Reading a request's query. */
import type { Request } from "express";

/** The parameters after the first question mark; a value may contain further ones. */
export const queryOf = ({ url }: Pick<Request, "url">): URLSearchParams =>
  new URLSearchParams(url.replace(/^[^?]*/, ""));
