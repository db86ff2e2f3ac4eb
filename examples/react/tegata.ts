/** The client, and what TanStack Query calls: its keys and functions come from the types of the procedures. */

import { QueryClient } from "@tanstack/react-query";
import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import { type AppRouter, createTegata, webStore } from "tegata-client";

export const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } });
export const tegata = createTegata({
  url: location.origin,
  store: webStore(() => sessionStorage),
  onEnd: () => queryClient.resetQueries(),
});
export const trpc = createTRPCOptionsProxy<AppRouter>({ client: tegata.api, queryClient });
