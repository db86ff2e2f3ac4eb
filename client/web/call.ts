/** One request of a panel, and how it ended. */
import { type ShallowRef, shallowReadonly, shallowRef } from "vue";
import { isProcedureError, LoginError, type Reason, reasonOf } from "../index.ts";
import { tick } from "./clock.ts";

/** Why a request was refused. */
export interface Failure {
  reason: Reason;
  /** What the server says about which field of the input. */
  fields: Readonly<Record<string, string>>;
  /** Epoch milliseconds: not to be asked again before; 0 when at once. */
  retryAtMs: number;
}

/** A request: not sent yet, on its way, or ended. */
export type Call<T> =
  | { is: "idle" }
  | { is: "waiting" }
  | { is: "answered"; value: T }
  | { is: "refused"; failure: Failure };

/** A call that can be run, again and again; `state` is about the latest run. */
export interface Asking<Args extends unknown[], T> {
  readonly state: Readonly<ShallowRef<Call<T>>>;
  /** @returns the answer; undefined when it was refused, or when a later run has overtaken this one. */
  run(...args: Args): Promise<T | undefined>;
}

/** Runs requests of one kind, and remembers how the latest of them ended. */
export function useCall<Args extends unknown[], T>(
  ask: (...args: Args) => Promise<T>,
): Asking<Args, T> {
  const state = shallowRef<Call<T>>({ is: "idle" });
  let latest = 0;
  return {
    state: shallowReadonly(state),
    async run(...args) {
      latest += 1;
      const mine = latest;
      state.value = { is: "waiting" };
      const end = await ask(...args).then(
        (value): Call<T> => ({ is: "answered", value }),
        (error: unknown): Call<T> => ({ is: "refused", failure: failureOf(error) }),
      );
      if (mine !== latest) return undefined;
      state.value = end;
      return end.is === "answered" ? end.value : undefined;
    },
  };
}

function failureOf(error: unknown): Failure {
  const seconds = retryAfterSeconds(error);
  return {
    reason: reasonOf(error) ?? "internal",
    fields: (isProcedureError(error) && error.data?.fields) || {},
    retryAtMs: seconds === undefined ? 0 : tick() + seconds * 1000,
  };
}

/** As a refused log-in says it, or the header of a refused procedure. */
function retryAfterSeconds(error: unknown): number | undefined {
  if (error instanceof LoginError) return error.retryAfterSeconds;
  if (!isProcedureError(error)) return undefined;
  if (error.cause instanceof LoginError) return error.cause.retryAfterSeconds;
  const response = error.meta?.["response"];
  if (!(response instanceof Response)) return undefined;
  const seconds = Number(response.headers.get("retry-after"));
  return seconds > 0 ? seconds : undefined;
}
