/** Tegata inside your own Express application: its endpoints, and your procedures beside its own. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AnyTRPCRouter, TRPCProcedureBuilder, TRPCUnsetMarker } from "@trpc/server";
import { loadSettings } from "./environment.ts";
import { createApp } from "./http/app.ts";
import {
  type Context,
  type Meta,
  mergeRouters,
  signedIn as signedInToTegata,
} from "./http/trpc/base.ts";
import { appRouter } from "./http/trpc/router.ts";
import type { Key } from "./settings.ts";
import { openTegata } from "./tegata.ts";
import type { Scope } from "./tokens/scopes.ts";

export type { AppRouter, WithTegata } from "../client/index.ts";
export { type Reason, Refusal } from "./http/refusal.ts";
export { anyone, type Context, type Meta, router } from "./http/trpc/base.ts";
export type { Key } from "./settings.ts";
export type { Scope } from "./tokens/scopes.ts";

/** The account of a caller, read fresh for each request. */
export interface Account {
  id: number;
  email: string;
  /** Null if the account has none. */
  username: string | null;
  /** Null if the account has none. */
  fullName: string | null;
}

/** What {@link createTegata} takes. */
export interface TegataOptions {
  /**
   * Values as the environment has them, by their names in `docs/settings.md`. If given, neither the environment nor `.env`
   * is read.
   */
  settings?: Readonly<Partial<Record<Key, string>>>;
  /** Your procedures, made with {@link router}, {@link anyone} and {@link signedIn}. They stand beside Tegata's own. */
  router?: AnyTRPCRouter;
}

/** Tegata, ready to answer. */
export interface EmbeddedTegata {
  /**
   * Answers every request that it gets, with 404 for a path that it does not have: mount it at a path of its own, before
   * anything that reads bodies, such as `express.json()`. The path belongs to ISSUER.
   * @example app.use("/login", tegata.handler) // ISSUER=https://app.example.com/login
   */
  handler: (req: IncomingMessage, res: ServerResponse) => void;
  /** Ends its work and closes the database. Close the server that it is mounted in first. */
  close(): Promise<void>;
}

/**
 * A procedure for users with an access token that has this scope. It refuses as Tegata's own procedures do: with
 * `not_logged_in`, `invalid_token`, `insufficient_scope`, `inactive_user` or `not_a_user`.
 */
export const signedIn: (
  scope: Scope,
) => TRPCProcedureBuilder<
  Context,
  Meta,
  { user: Account; sessionId: string },
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  false
> = (scope) =>
  signedInToTegata(scope).use(({ ctx, next }) => {
    // Not what the row has beside it: the hash of the password.
    const { id, email, username, fullName } = ctx.user;
    return next({ ctx: { user: { id, email, username, fullName } } });
  });

/**
 * Opens Tegata in this process.
 * @throws if a setting is invalid, or the database or a signing key cannot be used; the message says what to correct
 */
export async function createTegata(options: TegataOptions = {}): Promise<EmbeddedTegata> {
  const loaded = loadSettings(options.settings);
  if (loaded.is === "invalid")
    throw new Error(`Fix these settings of Tegata:\n  ${loaded.problems.join("\n  ")}`);
  const tegata = await openTegata(loaded.settings);
  const all = options.router ? mergeRouters(appRouter, options.router) : appRouter;
  return { handler: createApp(tegata, all), close: () => tegata.close() };
}
