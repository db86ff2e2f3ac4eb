/** How a form gives its fields their errors. */
import type { InjectionKey, ShallowRef } from "vue";

/** The texts of the errors, by the name of the field. */
export const FIELD_ERRORS: InjectionKey<Readonly<ShallowRef<Readonly<Record<string, string>>>>> =
  Symbol("field errors");
