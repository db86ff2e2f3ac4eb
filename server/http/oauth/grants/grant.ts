/** What a grant is: the part of `POST /token` that differs from one `grant_type` to the next. */
import type { Tegata } from "../../../tegata.ts";
import type { Grant as Granted } from "../../../tokens/access.ts";
import type { OAuthRequest } from "../endpoint.ts";
import type { OAuthError } from "../error.ts";

/** Decides on one request and writes no response. What it grants is what the access token will say. */
export type Grant = (
  tegata: Tegata,
  request: OAuthRequest,
) => Promise<({ is: "granted"; refreshToken?: string } & Granted) | OAuthError>;
