/** The link that keeps a tRPC client logged in. */
import { TRPCClientError, type TRPCLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
// What @trpc/client itself is made of; it does not pass it on.
import { observable, type Unsubscribable } from "@trpc/server/observable";
import type { Session } from "./session.ts";

/**
 * A link for a tRPC client of your own, before the one that sends: a call that is refused because its token has
 * expired is sent again, once, with a new token. Nothing else is ever sent twice: a refused call has not run.
 * @example
 * const session = createSession({ url: "https://login.example.com", store: memoryStore() });
 * const api = createTRPCClient<AppRouter>({
 *   links: [authLink(session), httpBatchLink({ url, headers: session.headers })],
 * });
 */
export function authLink<Router extends AnyTRPCRouter>(session: Session): TRPCLink<Router> {
  return () =>
    ({ op, next }) =>
      observable((observer) => {
        let attempt: Unsubscribable | undefined;
        let cancelled = false;

        const send = (isRetry: boolean) => {
          const sent = session.tokens();
          attempt = next(op).subscribe({
            next: (value) => observer.next(value),
            complete: () => observer.complete(),
            error(error) {
              if (isRetry || !sent || !isUnauthorized(error)) return observer.error(error);
              session
                .refresh(sent)
                .then((renewed) => {
                  if (cancelled) return;
                  op.signal?.throwIfAborted();
                  if (renewed) send(true);
                  else observer.error(error);
                })
                .catch((cause: Error) => observer.error(TRPCClientError.from(cause)));
            },
          });
        };

        send(false);
        return () => {
          cancelled = true;
          attempt?.unsubscribe();
        };
      });
}

/** Every router has tRPC's code in the data of its errors, unless it formats them in a way of its own. */
function isUnauthorized({ data }: { data?: unknown }): boolean {
  return (
    typeof data === "object" && data !== null && "code" in data && data.code === "UNAUTHORIZED"
  );
}
