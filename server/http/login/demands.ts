/** What a client demands of the login behind a request (OpenID Connect Core section 3.1.2.1). */
import type { Client } from "../../clients/clients.ts";
import { SECOND_MS } from "../../durations.ts";
import type { Tegata } from "../../tegata.ts";
import { readIdToken } from "../../tokens/id-token.ts";
import { type AuthorizationError, invalid } from "./response.ts";

/** What the page must ask even if nothing is missing; `none`: it must not ask anything. */
const PROMPTS = ["none", "login", "consent", "select_account"] as const;
/** One of `none`, `login`, `consent` and `select_account`. */
export type Prompt = (typeof PROMPTS)[number];

/** What a client demands of the login. */
export interface Demands {
  prompts: ReadonlySet<Prompt>;
  /** The maximum age of the login, in milliseconds. 0 requires a new login; Infinity allows any. */
  maxAgeMs: number;
  /** Who must be logged in: the user of an earlier ID token, by their id in decimal digits; undefined if it does not matter. */
  subject: string | undefined;
  /** What the ID token repeats; undefined if the request has none. */
  nonce: string | undefined;
}

/** The parameters that must not be repeated. The page reads `login_hint` and `ui_locales`; all others are ignored. */
export const OPENID_PARAMETERS = [
  "prompt",
  "max_age",
  "nonce",
  "id_token_hint",
  "login_hint",
  "ui_locales",
] as const;

/** The longest nonce, in bytes: the database has room for as many. */
const MAX_NONCE_BYTES = 500;

/** Reads the demands of a request. @param form its parameters, none of which is empty */
export async function readDemands(
  tegata: Pick<Tegata, "keys" | "settings">,
  form: ReadonlyMap<string, string>,
  client: Pick<Client, "id">,
): Promise<{ is: "demands"; demands: Demands } | ({ is: "refused" } & AuthorizationError)> {
  const refused = (description: string) => ({ is: "refused", ...invalid(description) }) as const;
  const asked = form.get("prompt")?.split(" ") ?? [];
  const prompts = new Set(PROMPTS.filter((prompt) => asked.includes(prompt)));
  if (!asked.every((prompt) => PROMPTS.some((one) => one === prompt)))
    return refused("the prompt must be none, login, consent or select_account");
  if (prompts.has("none") && prompts.size > 1)
    return refused("the prompt none must be the only one");

  const maxAge = form.get("max_age");
  if (maxAge !== undefined && !/^\d+$/.test(maxAge))
    return refused("max_age must be a number of seconds");
  // `prompt=login` means the same as `max_age=0` (section 3.1.2.1).
  const maxAgeMs = prompts.has("login") ? 0 : Number(maxAge ?? Infinity) * SECOND_MS;

  const nonce = form.get("nonce");
  if (nonce !== undefined && Buffer.byteLength(nonce) > MAX_NONCE_BYTES)
    return refused(`the nonce must have at most ${MAX_NONCE_BYTES} bytes`);
  // SQLite would cut it at a NUL.
  if (nonce !== undefined && /\p{Cc}/u.test(nonce))
    return refused("the nonce must not contain control characters");

  const hint = form.get("id_token_hint");
  const known = hint === undefined ? undefined : await readIdToken(tegata, hint);
  // A client that names a user must not get another one, so a hint that cannot be read is an error.
  if (hint !== undefined && known?.clientId !== client.id)
    return refused("the id_token_hint is not an ID token issued to this client");

  return { is: "demands", demands: { prompts, maxAgeMs, subject: known?.subject, nonce } };
}
