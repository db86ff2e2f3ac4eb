/** The grants that there are, by `grant_type`. */
import type { Grant } from "./grant.ts";
import { password } from "./password.ts";

/** A Map: `__proto__` and its like are no grants. */
export const GRANTS: ReadonlyMap<string, Grant> = new Map([["password", password]]);
