/** What a grant is: the part of `POST /token` that differs from one `grant_type` to the next. */
import type { Tegata } from "../../../tegata.ts";
import type { Grant as AccessGrant } from "../../../tokens/access.ts";
import type { OAuthRequest } from "../endpoint.ts";
import type { OAuthError } from "../error.ts";

/** What was granted: what the access token will say, and the refresh token where there is one. */
export type Granted = { is: "granted"; refreshToken?: string } & AccessGrant;

/** Decides on one request and writes no response. */
export type Grant = (tegata: Tegata, request: OAuthRequest) => Promise<Granted | OAuthError>;
