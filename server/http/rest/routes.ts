/** The REST mirror as data: each row is a path over one procedure. No logic. */
import { z } from "zod";
import type { Scope } from "../oauth/scope.ts";
import type { createCaller } from "../trpc/caller.ts";
import type { Reason } from "../trpc/refusal.ts";
import {
  Account,
  Item,
  Items,
  Me,
  NewItem,
  PasswordChange,
  Registration,
  Session,
} from "../trpc/shapes.ts";

/** What a request brings along; still to be checked by the procedure. */
export interface RestRequest {
  body: unknown;
  params: Readonly<Record<string, string | string[]>>;
  query: Record<string, string>;
}

/** One path. */
export interface Row {
  method: "get" | "post" | "put" | "delete";
  /** With `{name}` for a parameter. */
  path: string;
  summary: string;
  /** What the token must allow; undefined where none is needed. */
  scope?: Scope;
  body?: z.ZodType;
  query?: Record<string, z.ZodType>;
  answer: z.ZodType;
  /** What it refuses beside bad input, bad tokens and too much at once. */
  refusals?: readonly Reason[];
  call(api: ReturnType<typeof createCaller>, request: RestRequest): Promise<unknown>;
}

/** The procedure says what is wrong with a number that is none. */
const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));

export const ROWS: readonly Row[] = [
  {
    method: "post",
    path: "/api/register",
    summary: "Make an account",
    body: Registration,
    answer: Account,
    refusals: ["email_taken", "weak_password"],
    call: (api, { body }) => api.register(body as z.input<typeof Registration>),
  },
  {
    method: "get",
    path: "/api/users/me",
    summary: "Your account",
    scope: "me",
    answer: Me,
    call: (api) => api.me(),
  },
  {
    method: "put",
    path: "/api/users/me/password",
    summary: "Change your password, and end your other sessions",
    scope: "me",
    body: PasswordChange,
    answer: z.object({ changed: z.literal(true) }),
    refusals: ["weak_password"],
    call: async (api, { body }) => ({
      changed: await api.changePassword(body as z.input<typeof PasswordChange>),
    }),
  },
  {
    method: "get",
    path: "/api/is-logged-in",
    summary: "Whether you are logged in; never an error",
    answer: z.object({ isLoggedIn: z.boolean() }),
    call: async (api) => ({ isLoggedIn: await api.isLoggedIn() }),
  },
  {
    method: "post",
    path: "/api/logout",
    summary: "End this session",
    scope: "me",
    answer: z.object({ ended: z.boolean() }),
    call: async (api) => ({ ended: await api.logout() }),
  },
  {
    method: "get",
    path: "/api/sessions",
    summary: "Your sessions, the last used first",
    scope: "me",
    answer: z.array(Session),
    call: (api) => api.sessions.list(),
  },
  {
    method: "delete",
    path: "/api/sessions/{id}",
    summary: "End one of your sessions",
    scope: "me",
    answer: z.object({ ended: z.boolean() }),
    call: async (api, { params }) => ({
      ended: await api.sessions.revoke({ id: String(params["id"]) }),
    }),
  },
  {
    method: "post",
    path: "/api/sessions/end-others",
    summary: "End all of your sessions but this one",
    scope: "me",
    answer: z.object({ ended: z.int() }),
    call: async (api) => ({ ended: await api.sessions.revokeOthers() }),
  },
  {
    method: "get",
    path: "/api/items",
    summary: "A page of your items",
    scope: "items",
    query: {
      after: z.int().nonnegative().optional(),
      limit: z.int().min(1).max(100).optional(),
    },
    answer: Items,
    call: (api, { query: { after, limit } }) =>
      api.items.list({ after: number(after), limit: number(limit) }),
  },
  {
    method: "post",
    path: "/api/items",
    summary: "Add an item",
    scope: "items",
    body: NewItem,
    answer: Item,
    call: (api, { body }) => api.items.add(body as z.input<typeof NewItem>),
  },
  {
    method: "delete",
    path: "/api/items/{id}",
    summary: "Remove an item",
    scope: "items",
    answer: z.object({ removed: z.boolean() }),
    call: async (api, { params }) => ({
      removed: await api.items.remove({ id: Number(params["id"]) }),
    }),
  },
];
