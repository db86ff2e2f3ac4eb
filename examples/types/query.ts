/** The types that TanStack Query infers for an application with Tegata inside: its procedures, and those of Tegata. */
import { QueryClient } from "@tanstack/react-query";
import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import { createTegata, memoryStore, type WithTegata } from "tegata-client";
import type { own } from "./server.ts";

type Router = WithTegata<typeof own>;
const { api: client } = createTegata<Router>({ url: "http://x", store: memoryStore() });
const queryClient = new QueryClient();
const trpc = createTRPCOptionsProxy<Router>({ client, queryClient });
export const results: [Promise<number[]>, Promise<{ email: string }>] = [
  queryClient.fetchQuery(trpc.list.queryOptions()),
  queryClient.fetchQuery(trpc.me.queryOptions()),
];
export const add = trpc.items.add.mutationOptions({ onSuccess: ({ title }) => title.length });
// @ts-expect-error: there is no such procedure
void trpc.nothing;
// @ts-expect-error: not the input
void queryClient.fetchQuery(trpc.items.list.queryOptions({ limit: "x" }));
