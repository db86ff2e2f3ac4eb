/** The typed client of Tegata, for browsers and for Node. It takes only types from the server. */
import { createTRPCClient, httpBatchLink, TRPCClientError } from "@trpc/client";
import type { OAuthErrorCode } from "../server/http/oauth/error.ts";
import type { TokenResponse } from "../server/http/oauth/token.ts";
import type { Reason as ProcedureReason } from "../server/http/trpc/refusal.ts";
import type { AppRouter } from "../server/http/trpc/router.ts";
import type { TokenStore } from "./store.ts";

export { memoryStore, type TokenStore, type Tokens, webStore } from "./store.ts";
export type { AppRouter };

/** Why a call or a log-in failed: what {@link reasonOf} answers. */
export type Reason = ProcedureReason | OAuthErrorCode | "unreachable" | "unexpected_answer";

/** A log-in that failed. A wrong password is `invalid_grant`. */
export class LoginError extends Error {
  override readonly name = "LoginError";
  readonly reason: OAuthErrorCode | "unreachable" | "unexpected_answer";
  /** How long to wait before the next try, where the server said so. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    reason: LoginError["reason"],
    message: string,
    more: { retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.reason = reason;
    this.retryAfterSeconds = more.retryAfterSeconds;
  }
}

/**
 * Talks to one Tegata.
 * @param options.url where it is, without a slash at the end
 * @param options.store where the tokens are kept
 * @example
 * const tegata = createTegata({ url: "http://127.0.0.1:3000", store: memoryStore() });
 * await tegata.login("ada@example.com", "correct horse battery");
 * const { email } = await tegata.api.me.query();
 */
export function createTegata({ url, store }: { url: string; store: TokenStore }) {
  const api = createTRPCClient<AppRouter>({
    links: [
      httpBatchLink({
        url: `${url}/trpc`,
        // What the server takes at most, of each.
        maxItems: 10,
        maxURLLength: 2048,
        headers: () => {
          const tokens = store.get();
          return tokens ? { authorization: `Bearer ${tokens.accessToken}` } : {};
        },
      }),
    ],
  });

  return {
    /** The typed procedures: `api.register.mutate(…)`, `api.me.query()`, `api.isLoggedIn.query()`, … */
    api,

    /**
     * Logs in, and keeps the tokens in the store.
     * @param username an email or a username
     * @throws {LoginError}
     */
    async login(username: string, password: string): Promise<void> {
      const body = new URLSearchParams({ grant_type: "password", username, password });
      const answer = await postForm(`${url}/token`, body);
      store.set({ accessToken: answer.access_token, scope: answer.scope });
    },

    /**
     * Ends the session, at the server and in the store. The store is emptied even when the server cannot be told.
     * @throws {TRPCClientError} when the server could not be told
     */
    async logout(): Promise<void> {
      try {
        await api.logout.mutate();
      } catch (error) {
        // A session that is over already is what was asked for.
        const reason = reasonOf(error);
        if (reason !== "invalid_token" && reason !== "not_logged_in") throw error;
      } finally {
        store.set(undefined);
      }
    },
  };
}

/**
 * Why something failed, as one word to switch on, for everything that the client throws.
 * @returns undefined for an error that is none of ours
 */
export function reasonOf(error: unknown): Reason | undefined {
  if (error instanceof LoginError) return error.reason;
  if (!isProcedureError(error)) return undefined;
  if (error.data) return error.data.reason;
  // What fetch throws when no answer comes; what cannot be read as an answer is thrown as something else.
  return error.cause instanceof TypeError ? "unreachable" : "unexpected_answer";
}

/** Whether an error is one of a procedure: `data` then holds the reason and the fields that were refused. */
export function isProcedureError(error: unknown): error is TRPCClientError<AppRouter> {
  return error instanceof TRPCClientError;
}

async function postForm(url: string, body: URLSearchParams): Promise<TokenResponse> {
  const response = await fetch(url, { method: "POST", body }).catch((cause: unknown) => {
    throw new LoginError("unreachable", "the server cannot be reached", { cause });
  });
  const answer = (await response.json().catch(() => undefined)) as
    | TokenResponse
    | { error?: OAuthErrorCode; error_description?: string }
    | undefined;
  if (answer && "access_token" in answer) return answer;
  if (!answer?.error)
    throw new LoginError("unexpected_answer", `the server answered ${response.status}`);
  const wait = Number(response.headers.get("retry-after"));
  throw new LoginError(
    answer.error,
    answer.error_description ?? answer.error,
    wait > 0 ? { retryAfterSeconds: wait } : {},
  );
}
