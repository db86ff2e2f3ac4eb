/** The inputs and outputs of the procedures that send mails, and of those for their links. */
import { z } from "zod";
import { Email } from "../../accounts/identity.ts";

const A_LINK = "eyJlbmRNcyI6MTc5NjAwMH0.k3Jm2x9QdLw0aZ8fT5vYbAk3Jm2x9QdLw0aZ8fT5vYbA";
const token = z.string().meta({ description: "The `token` of a link in a mail" });

/** The input for a link that is used up by itself. */
export const Link = z.strictObject({ token }).meta({ id: "Link", example: { token: A_LINK } });

/** The input for a link with the password of its account. */
export const LinkWithPassword = z.strictObject({ token, password: z.string() }).meta({
  id: "LinkWithPassword",
  example: { token: A_LINK, password: "correct horse battery" },
});

/** The input for a new email address. */
export const EmailChange = z.strictObject({ newEmail: Email, password: z.string() }).meta({
  id: "EmailChange",
  example: { newEmail: "ada@example.org", password: "correct horse battery" },
});

/** An email address. */
export const EmailAddress = z
  .object({ email: z.string() })
  .meta({ id: "EmailAddress", example: { email: "ada@example.org" } });

/** The input for a forgotten password. */
export const ForgottenPassword = z
  .strictObject({ email: Email })
  .meta({ id: "ForgottenPassword", example: { email: "ada@example.com" } });

/** The input for a new password, with a link. */
export const PasswordReset = z.strictObject({ token, newPassword: z.string() }).meta({
  id: "PasswordReset",
  example: { token: A_LINK, newPassword: "another horse battery" },
});
