/** The inputs and outputs of the procedures of the pages at `/login`, `/authorize` and `/logout`. */
import { z } from "zod";
import { LOGOUT_FAULTS } from "../login/logout-request.ts";
import { UNPROVED_FAULTS } from "../login/request.ts";
import { account } from "./schemas.ts";

const ticket = z.string().meta({ description: "What the page was shown with" });

/** What the log-in page shows. */
export const Shown = z.discriminatedUnion("is", [
  z.object({ is: z.literal("log_in"), ticket }),
  z.object({ is: z.literal("logged_in"), ticket, account: z.object(account) }),
]);

/** The input for a login on the page. */
export const PasswordLogin = z.strictObject({
  ticket,
  login: z.string(),
  password: z.string(),
  remember: z.boolean(),
});

/** The input for what the page does with what it shows. */
export const Ticket = z.strictObject({ ticket });

/** The tokens of the page, and the session of the browser that has opened it. */
export const PageTokens = z.object({
  browser: z.string(),
  accessToken: z.string(),
  refreshToken: z.string(),
  scope: z.string(),
});

const request = z.string().meta({ description: "The query of the page's URL" });

/** An authorization request, as a client has sent the browser with it, and what the page has shown for it, if anything. */
export const Authorization = z.strictObject({ request, ticket: ticket.optional() });

/** The input for what a person decides about it. */
export const Decision = z.strictObject({ request, ticket });

const client = z.object({
  name: z.string(),
  host: z.string().meta({ description: "Where the person is sent back to" }),
});

/** What the page shows for an authorization request. */
export const AuthorizationShown = z.discriminatedUnion("is", [
  z.object({ is: z.literal("refused"), fault: z.enum(UNPROVED_FAULTS) }),
  z.object({ is: z.literal("log_in"), ticket, client }),
  z.object({
    is: z.enum(["log_in_again", "log_in_as_another", "choose"]),
    ticket,
    account: z.object(account),
    client,
  }),
  z.object({
    is: z.literal("consent"),
    ticket,
    account: z.object(account),
    client,
    scopes: z.array(z.object({ name: z.string(), text: z.string() })),
  }),
  z.object({ is: z.literal("done"), to: z.string() }),
]);

/** Where the browser goes with what was decided. */
export const Destination = z.object({ to: z.string() });

/** A request to log out, as a client has sent the browser with it. */
export const Logout = z.strictObject({ request });

/** What the page shows for a request to log out. */
export const LogoutShown = z.object({
  fault: z.enum(LOGOUT_FAULTS).nullable(),
  account: z.object(account).nullable().meta({ description: "Null if nobody is logged in" }),
  to: z.string().nullable().meta({ description: "Where the browser goes afterwards" }),
});
