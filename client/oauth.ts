/** The OAuth endpoints as the client asks them. */
import type { OAuthErrorCode } from "../server/http/oauth/error.ts";
import type { TokenResponse } from "../server/http/oauth/token.ts";
import { LoginError } from "./failure.ts";
import type { Tokens } from "./store.ts";

/** After this long without an answer a server is as good as unreachable. */
const TIMEOUT_MS = 30_000;

/** What comes back may be from something else than Tegata: nothing of it is certain. */
type Answer = Partial<TokenResponse> & { error?: OAuthErrorCode; error_description?: string };

/**
 * `POST /token`.
 * @throws {LoginError}
 */
export async function requestTokens(url: string, form: Record<string, string>): Promise<Tokens> {
  const { access_token, refresh_token, scope } = await postForm(`${url}/token`, form);
  if (typeof access_token !== "string" || typeof scope !== "string")
    throw new LoginError("unexpected_answer", "the server answered without a token");
  return {
    accessToken: access_token,
    scope,
    ...(refresh_token !== undefined && { refreshToken: refresh_token }),
  };
}

/**
 * `POST /revoke`: ends the session of a token. A token that is worth nothing already is no error.
 * @throws {LoginError} when the server could not be told
 */
export async function revokeToken(url: string, token: string): Promise<void> {
  await postForm(`${url}/revoke`, { token });
}

async function postForm(url: string, form: Record<string, string>): Promise<Answer> {
  const body = new URLSearchParams(form);
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  // A redirect would send the password on to wherever it points.
  const request = { method: "POST", body, signal, redirect: "error" } as const;
  const response = await fetch(url, request).catch((cause: unknown) => {
    throw new LoginError("unreachable", "the server cannot be reached", { cause });
  });
  const answer = (await response.json().catch(() => undefined)) as Answer | null | undefined;
  if (answer && response.ok) return answer;
  if (typeof answer?.error !== "string")
    throw new LoginError("unexpected_answer", `the server answered ${response.status}`);
  const wait = Number(response.headers.get("retry-after"));
  throw new LoginError(
    answer.error,
    answer.error_description ?? answer.error,
    wait > 0 ? { retryAfterSeconds: wait } : {},
  );
}
