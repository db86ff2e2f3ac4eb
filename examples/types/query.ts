/** What TanStack Query knows of an application with Tegata inside: its procedures, and those of Tegata. */
import { QueryClient } from "@tanstack/react-query";
import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import { createTegata, memoryStore } from "tegata-client";
import type { Router } from "../embedded/app.ts";

const { api: client } = createTegata<Router>({ url: "http://x", store: memoryStore() });
const queryClient = new QueryClient();
const trpc = createTRPCOptionsProxy<Router>({ client, queryClient });
export const results: [Promise<{ text: string }[]>, Promise<{ email: string }>] = [
  queryClient.fetchQuery(trpc.notes.list.queryOptions()),
  queryClient.fetchQuery(trpc.me.queryOptions()),
];
export const add = trpc.notes.add.mutationOptions({
  onSuccess: (count: number) => void count,
});
// @ts-expect-error: there is no such procedure
void trpc.notes.nothing;
// @ts-expect-error: not the input
void queryClient.fetchQuery(trpc.items.list.queryOptions({ limit: "x" }));
