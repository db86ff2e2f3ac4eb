/** The bodies that the fast path takes: small, of one media type, in UTF-8, and not compressed. */
import { FORM_TYPE, JSON_TYPE, MAX_BODY_BYTES } from "../edge/body.ts";
import type { Received } from "../edge/received.ts";

/** How browsers and programs declare a body in UTF-8. */
const declared = (type: string) => RegExp(`^${type}(; ?charset=utf-8)?$`, "i");
const FORM = declared(FORM_TYPE);
const JSON_TEXT = declared(JSON_TYPE);

/** Whether a request declares a plain form. */
export const isPlainForm = (req: Received): boolean => isPlain(req, FORM);
/** Whether a request declares plain JSON. */
export const isPlainJson = (req: Received): boolean => isPlain(req, JSON_TEXT);

const isPlain = ({ headers }: Received, type: RegExp): boolean =>
  type.test(headers["content-type"] ?? "") &&
  Number(headers["content-length"]) <= MAX_BODY_BYTES &&
  headers["content-encoding"] === undefined;
