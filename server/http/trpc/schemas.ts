/**
 * The inputs and outputs of the procedures about an account, and so of the REST paths. Inputs are strict; an output sends
 * only the members that it names. An `id` makes a schema a component of the OpenAPI document.
 */
import { z } from "zod";
import { Email, FullName, Title, Username } from "../../accounts/identity.ts";
import { EVENT_TYPES } from "../../audit.ts";
import { isClientId } from "../../clients/rules.ts";

const A_MOMENT = 1_796_000_000_000;

/** The input for a new account. */
export const Registration = z
  .strictObject({
    email: Email,
    password: z.string(),
    username: Username.optional(),
    fullName: FullName.optional(),
  })
  .meta({
    id: "Registration",
    example: { email: "ada@example.com", password: "correct horse battery" },
  });

/** The members of an account. */
export const account = {
  id: z.int(),
  email: z.string(),
  username: z.string().nullable(),
  fullName: z.string().nullable(),
};
const ADA = { id: 1, email: "ada@example.com", username: "ada", fullName: "Ada Lovelace" };

/** A new account. */
export const Account = z.object(account).meta({ id: "Account", example: ADA });

/** The account of the caller. */
export const Me = z
  .object({
    ...account,
    disabled: z.boolean(),
    emailVerified: z
      .boolean()
      .meta({ description: "Whether it was proved that mail to the address arrives" }),
  })
  .meta({ id: "Me", example: { ...ADA, disabled: false, emailVerified: true } });

/** The input for a new password. */
export const PasswordChange = z
  .strictObject({ currentPassword: z.string(), newPassword: z.string() })
  .meta({
    id: "PasswordChange",
    example: { currentPassword: "correct horse battery", newPassword: "another horse battery" },
  });

const session = {
  id: z.string(),
  clientId: z.string(),
  clientName: z.string().meta({ description: "What users see of the client" }),
  userAgent: z
    .string()
    .nullable()
    .meta({ description: "What the browser or program called itself when it logged in" }),
  createdAtMs: z.number().meta({ description: "Epoch milliseconds" }),
  lastUsedAtMs: z
    .number()
    .meta({ description: "Epoch milliseconds: the login or the last refresh of its tokens" }),
};

/** One login. */
export const Session = z
  .object({
    ...session,
    apps: z.array(z.object({ clientId: z.string(), name: z.string() })).meta({
      description: "The app that has this session, or those that were opened in this browser",
    }),
    current: z.boolean().meta({ description: "Whether it is the session of this call" }),
  })
  .meta({
    id: "Session",
    example: {
      id: "k3Jm2x9QdLw0aZ8fT5vYbA",
      clientId: "tegata",
      clientName: "Tegata",
      userAgent: "curl/8.9.1",
      createdAtMs: A_MOMENT,
      lastUsedAtMs: A_MOMENT,
      apps: [{ clientId: "shop", name: "The Shop" }],
      current: true,
    },
  });

/** The id of one session. */
export const SessionId = z.strictObject({
  id: z.string().max(22).meta({ example: "k3Jm2x9QdLw0aZ8fT5vYbA" }),
});

/** An app that may use the account of the caller. */
export const App = z
  .object({
    clientId: z.string(),
    name: z.string(),
    scopes: z.array(z.object({ name: z.string(), text: z.string() })).meta({
      description: "What you have agreed to, with what it allows; empty if you were not asked",
    }),
    grantedAtMs: z.number().nullable().meta({
      description: "Epoch milliseconds: when you agreed first; null if you were not asked",
    }),
    sessions: z.int().meta({ description: "How many active sessions it has" }),
  })
  .meta({
    id: "App",
    example: {
      clientId: "shop",
      name: "The Shop",
      scopes: [{ name: "items", text: "Read and change your items" }],
      grantedAtMs: A_MOMENT,
      sessions: 1,
    },
  });

/** The client id of one app. */
export const AppId = z.strictObject({
  clientId: z.string().refine(isClientId).meta({ example: "shop" }),
});

const A_LOGIN = {
  id: 42,
  atMs: A_MOMENT,
  type: "logged_in",
  clientId: "tegata",
  clientName: "Tegata",
  address: "192.0.2.7",
  userAgent: "curl/8.9.1",
  detail: null,
};

/** What happened to the account of the caller. */
export const Event = z
  .object({
    id: z.int(),
    atMs: z.number().meta({ description: "Epoch milliseconds" }),
    type: z.string().meta({
      description: `What happened: ${EVENT_TYPES.join(", ")}; a later version may have more`,
    }),
    clientId: z.string().nullable(),
    clientName: z
      .string()
      .nullable()
      .meta({ description: "The name of the client; its id if it has no name or is gone" }),
    address: z
      .string()
      .nullable()
      .meta({ description: "The IP address that it was done from; `cli` for an operator" }),
    userAgent: z
      .string()
      .nullable()
      .meta({ description: "What the browser or program called itself" }),
    detail: z.string().nullable().meta({ description: "Why, or how many" }),
  })
  .meta({ id: "Event", example: A_LOGIN });

/** The input for a page of events. */
export const EventPage = z.strictObject({
  before: z
    .int()
    .positive()
    .optional()
    .meta({ description: "Only events before this one: the `next` of the page before" }),
  limit: z.int().min(1).max(100).default(20).meta({ description: "The largest number of events" }),
});

/** A page of events. */
export const Events = z
  .object({
    events: z.array(Event),
    next: z
      .int()
      .nullable()
      .meta({ description: "What to send as `before` for the next page; null on the last page" }),
  })
  .meta({ id: "Events", example: { events: [A_LOGIN], next: null } });

/** An item, which belongs to a user. */
export const Item = z
  .object({
    id: z.int(),
    title: z.string(),
    createdAtMs: z.number().meta({ description: "Epoch milliseconds" }),
  })
  .meta({ id: "Item", example: { id: 7, title: "A lantern", createdAtMs: A_MOMENT } });

/** The input for a new item. */
export const NewItem = z
  .strictObject({ title: Title })
  .meta({ id: "NewItem", example: { title: "A lantern" } });

/** The id of one item. */
export const ItemId = z.strictObject({ id: z.int().positive().meta({ example: 7 }) });

/** The input for a page of items. */
export const ItemPage = z.strictObject({
  after: z
    .int()
    .nonnegative()
    .default(0)
    .meta({ description: "Only items after this one: the `next` of the page before" }),
  limit: z.int().min(1).max(100).default(20).meta({ description: "The largest number of items" }),
});

/** A page of items. */
export const Items = z
  .object({
    items: z.array(Item),
    next: z
      .int()
      .nullable()
      .meta({ description: "What to send as `after` for the next page; null on the last page" }),
  })
  .meta({
    id: "Items",
    example: { items: [{ id: 7, title: "A lantern", createdAtMs: A_MOMENT }], next: null },
  });

/** The output of an act that can only succeed or be refused. */
export const True = z.literal(true).meta({ example: true });

/** The input for an act that asks for the password. */
export const PasswordConfirmation = z
  .strictObject({ password: z.string() })
  .meta({ id: "PasswordConfirmation", example: { password: "correct horse battery" } });

/** What the service knows about a user. */
export const Data = z
  .object({
    exportedAtMs: z.number().meta({ description: "Epoch milliseconds" }),
    account: z.object({
      ...account,
      createdAtMs: z.number(),
      emailVerifiedAtMs: z.number().nullable(),
      emailChangedAtMs: z.number().nullable(),
    }),
    sessions: z.array(
      z.object({
        ...session,
        opened: z
          .array(z.object(session))
          .meta({ description: "The sessions that were opened in this browser" }),
      }),
    ),
    consents: z
      .array(z.object({ clientId: z.string(), scope: z.string(), grantedAtMs: z.number() }))
      .meta({ description: "What you let apps do" }),
    items: z.array(Item),
    events: z.array(Event),
  })
  .meta({
    id: "Data",
    example: {
      exportedAtMs: A_MOMENT,
      account: {
        ...ADA,
        createdAtMs: A_MOMENT,
        emailVerifiedAtMs: A_MOMENT,
        emailChangedAtMs: null,
      },
      sessions: [],
      consents: [{ clientId: "shop", scope: "items", grantedAtMs: A_MOMENT }],
      items: [{ id: 7, title: "A lantern", createdAtMs: A_MOMENT }],
      events: [A_LOGIN],
    },
  });
