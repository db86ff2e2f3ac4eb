/** Registration: creates an account. */
import type { User } from "../../db/users.ts";
import type { Origin, Requester } from "../requester.ts";
import type { Tegata } from "../tegata.ts";
import type { Throttled } from "../throttle/counting.ts";
import type { FieldError } from "./field-errors.ts";
import { usernameKeys } from "./identity.ts";
import { addItem } from "./items.ts";
import type { Busy, Place } from "./password-queue.ts";
import { sendVerification } from "./verification-link.ts";

/** The data of a new account. `identity.ts` has parsed the names. */
export interface Registration {
  email: string;
  password: string;
  username?: string | undefined;
  fullName?: string | undefined;
}

/** The result of creating an account. */
export type Created =
  | { is: "registered"; user: Pick<User, "id" | "email" | "username" | "fullName"> }
  | { is: "taken"; field: "email" | "username" }
  | Busy;

/** The result of adding an account. */
export type Added = Created | { is: "weak_password"; error: FieldError };

/** The result of a registration. It is `closed` if nobody may register. */
export type Registered = Added | Throttled | { is: "closed" };

/** The title of the item that an account starts with, if `FIRST_ITEM` says so. */
const FIRST_ITEM = "Foo";

/** Registers an account. If several registrations use the same name at the same time, one succeeds. */
export async function register(
  tegata: Tegata,
  registration: Registration,
  requester: Requester,
): Promise<Registered> {
  const { settings, passwords } = tegata;
  if (settings.registration === "closed") return { is: "closed" };
  const error = passwords.errorOf(registration.password, registration);
  if (error) return { is: "weak_password", error };
  return passwords.enter(registration.password, (place) =>
    registerFrom(place, tegata, registration, requester),
  );
}

async function registerFrom(
  place: Place,
  tegata: Tegata,
  registration: Registration,
  requester: Requester,
): Promise<Registered> {
  const { settings, throttle } = tegata;
  const attempt = await throttle.register(requester.address);
  if (attempt.is === "throttled") return attempt;
  const created = await create(tegata, registration, requester, requester.gone, place);
  if (created.is === "busy") await attempt.release();
  if (created.is !== "registered") return created;
  const { id, email } = created.user;
  if (settings.firstItem) await addItem(tegata, { userId: id, title: FIRST_ITEM });
  if (settings.emailVerification !== "off")
    await sendVerification(tegata, { id, email, emailVerifiedAtMs: null }, requester);
  return created;
}

type Parts = Pick<Tegata, "db" | "passwords" | "audit" | "now">;

/** Adds an account for an operator: also if registration is closed, and not throttled. */
export async function addAccount(
  parts: Parts,
  registration: Registration,
  by: Origin,
): Promise<Added> {
  const error = parts.passwords.errorOf(registration.password, registration);
  return error ? { is: "weak_password", error } : create(parts, registration, by);
}

async function create(
  { db, passwords, audit, now }: Parts,
  { email, password, ...names }: Registration,
  by: Origin,
  gone?: AbortSignal,
  place?: Place,
): Promise<Created> {
  const hashed = await passwords.hash(password, gone, place);
  if (hashed.is === "busy") return hashed;
  const user = { email, username: names.username ?? null, fullName: names.fullName ?? null };
  const createdAtMs = now();
  const { username } = user;
  const named =
    username === null ? { username } : { username, usernameKey: usernameKeys(username).folded };
  const row = { ...user, ...named, passwordHash: hashed.hash, createdAtMs };
  const added = await db.users.add(row);
  if (added.is === "taken") return { is: "taken", field: added.column };
  await audit.record({ type: "registered", userId: added.id }, by);
  return { is: "registered", user: { id: added.id, ...user } };
}
