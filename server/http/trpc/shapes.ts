/** What goes in and out of the procedures, and so of the REST mirror. */
import { z } from "zod";
import { Email, FullName, Username } from "../../accounts/identity.ts";

/** Asks for an account. */
export const Registration = z.strictObject({
  email: Email,
  password: z.string(),
  username: Username.optional(),
  fullName: FullName.optional(),
});

/** An account as it is after registration. */
export const Account = z.object({
  id: z.int(),
  email: z.string(),
  username: z.string().nullable(),
  fullName: z.string().nullable(),
});

/** The account of the caller. */
export const Me = Account.extend({ disabled: z.boolean() });

/** Asks for another password. */
export const PasswordChange = z.strictObject({
  currentPassword: z.string(),
  newPassword: z.string(),
});

/** One log-in. */
export const Session = z.object({
  id: z.string(),
  clientId: z.string(),
  /** What the browser or program called itself when it logged in. */
  userAgent: z.string().nullable(),
  /** Epoch milliseconds. */
  createdAtMs: z.number(),
  /** Epoch milliseconds: the log-in, or the last time that the tokens were refreshed. */
  lastUsedAtMs: z.number(),
  /** Whether it is the session of this call. */
  current: z.boolean(),
});

/** Names one session. */
export const SessionId = z.strictObject({ id: z.string().max(22) });

/** Something that a user owns. */
export const Item = z.object({
  id: z.int(),
  title: z.string(),
  /** Epoch milliseconds. */
  createdAtMs: z.number(),
});

/** Asks for an item. */
export const NewItem = z.strictObject({ title: FullName });

/** Names one item. */
export const ItemId = z.strictObject({ id: z.int().positive() });

/** Asks for a page of items: those after an item, so many at most. */
export const ItemPage = z.strictObject({
  after: z.int().nonnegative().default(0),
  limit: z.int().min(1).max(100).default(20),
});

/** A page of items; `next` is what to ask for `after` to get the page that follows, null at the end. */
export const Items = z.object({ items: z.array(Item), next: z.int().nullable() });
