/** Tegata inside your own application: its endpoints, and your procedures beside its own. */
import type { RequestListener } from "node:http";
import type {
  AnyTRPCProcedure,
  AnyTRPCRouter,
  TRPCProcedureBuilder,
  TRPCUnsetMarker,
} from "@trpc/server";
import { loadSettings } from "./environment.ts";
import { createApp } from "./http/app.ts";
import { type Listening, listen as listenOn } from "./http/edge/listen.ts";
import { mount } from "./http/edge/mount.ts";
import {
  type Context,
  type Meta,
  mergeRouters,
  signedIn as signedInToTegata,
} from "./http/trpc/base.ts";
import { appRouter } from "./http/trpc/router.ts";
import { EmbeddedRules, type Key } from "./settings.ts";
import { openTegata } from "./tegata.ts";
import { checkOwnScopes, type OwnScope, SCOPES, type Scope } from "./tokens/scopes.ts";

export type { AppRouter, WithTegata } from "../client/index.ts";
export type { Listening } from "./http/edge/listen.ts";
export { type Reason, Refusal } from "./http/refusal.ts";
export { anyone, type Context, type Meta, router } from "./http/trpc/base.ts";
export type { Key } from "./settings.ts";
export type { OwnScope, Scope } from "./tokens/scopes.ts";

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
  /**
   * Your scopes, each with what it allows, for people; see {@link signedInWith}. Users who log in without asking for scopes
   * get all of them, as they get Tegata's own.
   */
  scopes?: Readonly<Record<OwnScope, string>>;
}

/** Tegata, ready to answer. */
export interface EmbeddedTegata {
  /**
   * Answers every request that it gets, with 404 for a path that it does not have: mount it at a path of its own, before
   * anything that reads bodies, such as `express.json()`. The path belongs to ISSUER.
   * @example app.use("/auth", tegata.handler) // ISSUER=https://app.example.com/auth
   */
  handler: RequestListener;
  /** Ends its work and closes the database. Close the server that it is mounted in first. */
  close(): Promise<void>;
}

/** A procedure for users who are logged in. */
export type SignedIn = TRPCProcedureBuilder<
  Context,
  Meta,
  { user: Account; sessionId: string },
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  false
>;

/**
 * A procedure for users with an access token that has this scope. Users can let applications of others have Tegata's own
 * scopes, so what is only for your applications needs a scope of your own: see {@link signedInWith}. It refuses as Tegata's
 * own procedures do: with `not_logged_in`, `invalid_token`, `insufficient_scope`, `inactive_user` or `not_a_user`.
 */
export const signedIn: (scope: Scope) => SignedIn = withScope;

/**
 * Makes a {@link signedIn} that also takes your scopes. Give the same ones to {@link createTegata}.
 * @param scopes each with what it allows, for people. A name begins with that of your application and a colon.
 * @example const signedIn = signedInWith({ "notes:read": "Read your notes" });
 */
export function signedInWith<Own extends OwnScope>(
  scopes: Readonly<Record<Own, string>>,
): (scope: Scope | Own) => SignedIn;
export function signedInWith() {
  return withScope;
}

function withScope(scope: Scope | OwnScope): SignedIn {
  return signedInToTegata(scope).use(({ ctx, next }) => {
    // An application needs no more, and depends on no more.
    const { id, email, username, fullName } = ctx.user;
    return next({ ctx: { user: { id, email, username, fullName } } });
  });
}

/**
 * Opens Tegata in this process.
 * @throws if a setting, a scope or the `meta` of a procedure is invalid, or the database or a signing key cannot be used;
 *   the message says what to correct
 */
export async function createTegata(options: TegataOptions = {}): Promise<EmbeddedTegata> {
  const { settings, router, scopes = {} } = options;
  const loaded = loadSettings(settings, EmbeddedRules);
  if (loaded.is === "invalid")
    throw new Error(`Fix these settings of Tegata:\n  ${loaded.problems.join("\n  ")}`);
  const all = router ? mergeRouters(appRouter, router) : appRouter;
  const problem = checkOwnScopes(scopes) ?? findUndeclared(all, { ...SCOPES, ...scopes });
  if (problem !== undefined) throw new Error(`Fix these scopes of Tegata:\n  ${problem}`);
  const tegata = await openTegata(loaded.settings, { ownScopes: scopes });
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= tegata.close();
    return closed;
  };
  try {
    return { handler: mount(createApp(tegata, all).serve), close };
  } catch (error) {
    // What a procedure declares about itself is read here.
    await close();
    throw error;
  }
}

/** Finds a procedure that nobody could call, because no token can have its scope. */
function findUndeclared(router: AnyTRPCRouter, scopes: object): string | undefined {
  for (const [name, { _def }] of Object.entries<AnyTRPCProcedure>(router._def.procedures)) {
    const { scope } = (_def.meta ?? {}) as Meta;
    if (scope !== undefined && !Object.hasOwn(scopes, scope))
      return `${scope}: add it to the option scopes, because ${name} needs it`;
  }
  return undefined;
}

/**
 * Listens without Express, with the limits of the service for slow and large requests, and for callers that do not read.
 * @param address `host` is 127.0.0.1 by default; with `port` 0, any free port is taken
 * @throws if the address is not available
 * @example const server = await listen(tegata.handler, { port: 3000 });
 */
export const listen = (
  handler: RequestListener,
  { host = "127.0.0.1", port }: { host?: string; port: number },
): Promise<Listening> => listenOn(handler, { host, port, keepAliveSeconds: 130 });
