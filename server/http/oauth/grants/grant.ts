/** What a grant is: the part of `POST /token` that differs from one `grant_type` to the next. */
import type { Tegata } from "../../../tegata.ts";
import type { Grant as Granted } from "../../../tokens/access.ts";
import type { Client } from "../client.ts";
import type { OAuthError } from "../error.ts";
import type { Form } from "../form.ts";

/** Decides on one request and writes no response. What it grants is what the access token will say. */
export type Grant = (
  tegata: Tegata,
  client: Client,
  form: Form,
) => Promise<({ is: "granted" } & Granted) | OAuthError>;
