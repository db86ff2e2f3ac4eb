/** What happened to an account, for its user. */
import type { EventRow } from "../../db/events.ts";
import { clientNames } from "../clients/names.ts";
import type { Tegata } from "../tegata.ts";

/** An event with the name of its client, if it has one. */
export type NamedEvent = EventRow & { clientName: string | null };

/** The events of a user, the newest first. @param page only those before an id, and the largest number of them */
export async function listUserEvents(
  { db }: Pick<Tegata, "db">,
  userId: number,
  page: { before?: number | undefined; limit: number },
): Promise<NamedEvent[]> {
  const events = await db.events.list({ userId }, page);
  const nameOf = await clientNames(
    { db },
    events.flatMap(({ clientId }) => clientId ?? []),
  );
  return events.map((event) => ({
    ...event,
    clientName: event.clientId === null ? null : nameOf(event.clientId),
  }));
}
