/** Runs the requests of a panel and tracks their state. */
import { type ShallowRef, shallowReadonly, shallowRef } from "vue";
import {
  AuthError,
  type FieldErrors,
  fieldErrorsOf,
  isProcedureError,
  type Reason,
  reasonOf,
} from "../index.ts";
import { tick } from "./clock.ts";

/** Why a request failed. */
export interface Failure {
  reason: Reason;
  fields: Readonly<FieldErrors>;
  /** Epoch milliseconds before which the request must not be sent again; 0 if it may be sent immediately. */
  retryAtMs: number;
}

/** The state of the latest request. */
export type RequestState<T> =
  | { is: "idle" }
  | { is: "pending" }
  | { is: "succeeded"; value: T }
  | { is: "failed"; failure: Failure };

/** A request that can be sent repeatedly. Created by {@link useRequest}. */
export interface UseRequest<Args extends unknown[], T> {
  readonly state: Readonly<ShallowRef<RequestState<T>>>;
  /** @returns the response; undefined if the request failed or was superseded by a later one. Never rejects. */
  run(...args: Args): Promise<T | undefined>;
}

/** Wraps an asynchronous function and tracks the state of its latest call. */
export function useRequest<Args extends unknown[], T>(
  send: (...args: Args) => Promise<T>,
): UseRequest<Args, T> {
  const state = shallowRef<RequestState<T>>({ is: "idle" });
  let latest = 0;
  return {
    state: shallowReadonly(state),
    async run(...args) {
      latest += 1;
      const current = latest;
      state.value = { is: "pending" };
      const result = await send(...args).then(
        (value): RequestState<T> => ({ is: "succeeded", value }),
        (error: unknown): RequestState<T> => ({ is: "failed", failure: failureOf(error) }),
      );
      if (current !== latest) return undefined;
      state.value = result;
      return result.is === "succeeded" ? result.value : undefined;
    },
  };
}

function failureOf(error: unknown): Failure {
  const seconds = retryAfterSeconds(error);
  return {
    reason: reasonOf(error) ?? "internal",
    fields: fieldErrorsOf(error),
    retryAtMs: seconds === undefined ? 0 : tick() + seconds * 1000,
  };
}

function retryAfterSeconds(error: unknown): number | undefined {
  if (error instanceof AuthError) return error.retryAfterSeconds;
  if (!isProcedureError(error)) return undefined;
  if (error.cause instanceof AuthError) return error.cause.retryAfterSeconds;
  // The header of a batch is the longest wait of its calls.
  if (error.data) return error.data.retryAfterSeconds;
  const response = error.meta?.["response"];
  if (!(response instanceof Response)) return undefined;
  const seconds = Number(response.headers.get("retry-after"));
  return seconds > 0 ? seconds : undefined;
}
