/** The revocation endpoint, `POST /revoke` (RFC 7009). */
import type { Tegata } from "../../tegata.ts";
import { findToken } from "../../tokens/lookup.ts";
import { endSessions } from "../../tokens/sessions.ts";
import type { Handler } from "../route.ts";
import { identifyClient } from "./client-auth.ts";
import { oauthError } from "./error.ts";
import { readForm } from "./form.ts";

/** Ends the session of a token, and with it all tokens of the session. An unknown token is no error (section 2.2). */
export const revocationEndpoint = (tegata: Tegata): Handler =>
  async function revoke(req) {
    const read = await readForm(req);
    if (read.is === "error") return read;
    const { form } = read;
    const identified = await identifyClient(tegata, req, form);
    if (identified.is === "error") return identified;

    const value = form.get("token");
    if (value === undefined) return oauthError("invalid_request", "token is missing");
    const found = await findToken(tegata, value, form.get("token_type_hint"));
    if (found && found.session.clientId !== identified.client.id)
      return oauthError("invalid_grant", "the token was issued to another client");
    if (found) await endSessions(tegata, { id: found.session.id }, "token_revoked");
    // Some clients require a JSON body.
    return { body: {} };
  };
