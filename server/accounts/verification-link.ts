/** The link that proves an address, and sending it. */
import { z } from "zod";
import type { User } from "../../db/users.ts";
import { DAY_MS } from "../durations.ts";
import type { Requester } from "../requester.ts";
import type { Tegata } from "../tegata.ts";
import type { Throttled } from "../throttle/counting.ts";
import type { Purpose } from "../tokens/tickets.ts";

/** Whose address a link proves, and which. */
export const PROOF: Purpose<{ userId: number; email: string }> = {
  name: "email verification",
  data: z.strictObject({ userId: z.int(), email: z.string() }),
};

/** A link that was used, has expired or is not whole. */
export interface LinkExpired {
  is: "link_expired";
}

/** Sends a link to an address that is not proved yet, unless its owner has got too many mails. */
export async function sendVerification(
  { mail, throttle, tickets, now }: Tegata,
  user: Pick<User, "id" | "email" | "emailVerifiedAtMs">,
  { address, requestId, language }: Requester,
): Promise<{ is: "sent" } | { is: "already_verified" } | { is: "no_mail" } | Throttled> {
  if (!mail.isAvailable) return { is: "no_mail" };
  if (user.emailVerifiedAtMs !== null) return { is: "already_verified" };
  const { id, email } = user;
  const throttled = await throttle.mail(email, address);
  if (throttled) return throttled;
  mail.post({ kind: "verify", requestId }, async () => {
    const token = tickets.seal(PROOF, { userId: id, email }, now() + DAY_MS);
    return { kind: "verify", to: email, language, link: { page: "verify", token } };
  });
  return { is: "sent" };
}
