/** The tRPC link that refreshes expired access tokens. */
import { TRPCClientError, type TRPCLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
// @trpc/client uses this module but does not re-export it.
import { observable, type Unsubscribable } from "@trpc/server/observable";
import type { Session } from "./session.ts";

/**
 * Retries a call once with a new token if the server rejected its token. This is safe for mutations, because a
 * rejected call has not run. Add it to your own tRPC client, before the terminating link.
 * @example
 * const { session } = createTegata({ url: "https://login.example.com", store: memoryStore() });
 * const orders = createTRPCClient<OrdersRouter>({
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

/** Every tRPC router puts the code there, unless its `errorFormatter` removes it. */
function isUnauthorized({ data }: { data?: unknown }): boolean {
  return (
    typeof data === "object" && data !== null && "code" in data && data.code === "UNAUTHORIZED"
  );
}
