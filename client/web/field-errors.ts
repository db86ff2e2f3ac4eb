/** How a form gives its fields their errors. */
import type { InjectionKey, ShallowRef } from "vue";
import type { FieldError } from "../index.ts";

/** The errors of the fields, by their names. */
export const FIELD_ERRORS: InjectionKey<
  Readonly<ShallowRef<Readonly<Record<string, FieldError>>>>
> = Symbol("field errors");
