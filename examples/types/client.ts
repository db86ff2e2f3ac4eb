/** What the types of the client promise, for a compiler that trusts no declaration. */
import type { inferRouterOutputs } from "@trpc/server";
import { type AppRouter, createTegata, memoryStore, type Reason, reasonOf } from "tegata-client";
import type { AppRouter as SameRouter } from "tegata-client/types";
import { createVerifier } from "tegata-client/verify";
import { expressAuth } from "tegata-client/verify/express";
import { trpcAuth } from "tegata-client/verify/trpc";

const tegata = createTegata({ url: "http://127.0.0.1:3000", store: memoryStore() });
export const email: Promise<string> = tegata.api.me.query().then((me) => me.email);
export const next: Promise<number | null> = tegata.api.items.list
  .query({ limit: 3 })
  .then((page) => page.next);
// @ts-expect-error: there is no such procedure
void tegata.api.nothing;
// @ts-expect-error: the input is missing
void tegata.api.items.add.mutate();
export const reason: Reason | undefined = reasonOf(new Error("x"));
export type Me = inferRouterOutputs<AppRouter>["me"];
export const me: Pick<Me, "id" | "username"> = { id: 1, username: null };
export const same: SameRouter extends AppRouter ? true : never = true;
const verifier = createVerifier({ issuer: "http://127.0.0.1:3000" });
export const middlewares = [expressAuth(verifier), trpcAuth(verifier, { scope: "me" })];
