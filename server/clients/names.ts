/** What users see of clients. */
import type { Tegata } from "../tegata.ts";
import { BUILT_IN_CLIENT } from "./clients.ts";

/** Reads the names of these clients. @returns the name of each; the id of one that has been removed */
export async function clientNames(
  { db }: Pick<Tegata, "db">,
  ids: readonly string[],
): Promise<(id: string) => string> {
  const names = new Map([[BUILT_IN_CLIENT.id, BUILT_IN_CLIENT.name]]);
  const others = new Set(ids.filter((id) => !names.has(id)));
  for (const { id, name } of await db.clients.findAll([...others])) names.set(id, name ?? id);
  return (id) => names.get(id) ?? id;
}
