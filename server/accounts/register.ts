/** Registration: creates an account. */
import type { User } from "../../db/users.ts";
import type { Requester } from "../requester.ts";
import type { Tegata } from "../tegata.ts";
import type { Throttled } from "../throttle/counting.ts";
import type { FieldError } from "./field-errors.ts";
import { usernameKeys } from "./identity.ts";
import { addItem } from "./items.ts";
import type { Busy, Place } from "./password-queue.ts";

/** The data of a new account. `identity.ts` has parsed the names. */
export interface Registration {
  email: string;
  password: string;
  username?: string | undefined;
  fullName?: string | undefined;
}

/** The result of a registration. */
export type Registered =
  | { is: "registered"; user: Pick<User, "id" | "email" | "username" | "fullName"> }
  | { is: "taken"; field: "email" | "username" }
  | { is: "weak_password"; error: FieldError }
  | Throttled
  | Busy;

/** The title of the item that every new account starts with. */
const FIRST_ITEM = "Foo";

/** Registers an account. If several registrations use the same name at the same time, one succeeds. */
export async function register(
  tegata: Tegata,
  registration: Registration,
  requester: Requester,
): Promise<Registered> {
  const { passwords } = tegata;
  const { password, ...owner } = registration;
  const error = passwords.errorOf(password, owner);
  if (error) return { is: "weak_password", error };
  return passwords.enter(password, (place) => registerFrom(place, tegata, registration, requester));
}

async function registerFrom(
  place: Place,
  { db, passwords, throttle, audit, now }: Tegata,
  { email, password, ...names }: Registration,
  requester: Requester,
): Promise<Registered> {
  const attempt = await throttle.register(requester.address);
  if (attempt.is === "throttled") return attempt;
  const hashed = await passwords.hash(password, requester.gone, place);
  if (hashed.is === "busy") {
    await attempt.release();
    return hashed;
  }
  const user = { email, username: names.username ?? null, fullName: names.fullName ?? null };
  const createdAtMs = now();
  const { username } = user;
  const named =
    username === null ? { username } : { username, usernameKey: usernameKeys(username).folded };
  const row = { ...user, ...named, passwordHash: hashed.hash, createdAtMs };
  const added = await db.users.add(row);
  if (added.is === "taken") return { is: "taken", field: added.column };
  await audit.record({ type: "registered", userId: added.id }, requester);
  await addItem({ db, now }, { userId: added.id, title: FIRST_ITEM });
  return { is: "registered", user: { id: added.id, ...user } };
}
