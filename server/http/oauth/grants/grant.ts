/** What a grant is: the part of `POST /token` that differs from one `grant_type` to the next. */
import type { Session } from "../../../../db/sessions.ts";
import type { Tegata } from "../../../tegata.ts";
import type { OAuthRequest } from "../endpoint.ts";
import type { OAuthError } from "../error.ts";

/** What was granted: what the access token will say, and the refresh token where there is one. */
export interface Granted {
  is: "granted";
  session: Session;
  /** `sub`: the user's id in decimal digits or, where a client acts for itself, the client's id. */
  subject: string;
  /** Space-separated. */
  scope: string;
  refreshToken?: string;
}

/** Decides on one request and writes no response. */
export type Grant = (tegata: Tegata, request: OAuthRequest) => Promise<Granted | OAuthError>;
