/** What the last request of a panel was answered with. */
import { type ShallowRef, shallowReadonly, shallowRef } from "vue";
import { isProcedureError } from "../../index.ts";

/** An answer to show. */
export interface Answer {
  /** The HTTP status. */
  status: number;
  /** From the click to the answer; with the refresh of the tokens, if there was one. */
  milliseconds: number;
  /** What the typed client returned; for a refusal, the error of tRPC. */
  body: unknown;
}

/** Remembers the last answer. It stays while a further request is pending, and if there is no answer to that. */
export function useAnswer(): {
  readonly answer: Readonly<ShallowRef<Answer | undefined>>;
  /** Sends a request. @throws what it throws */
  ask<T>(send: () => Promise<T>): Promise<T>;
} {
  const answer = shallowRef<Answer>();
  return {
    answer: shallowReadonly(answer),
    async ask(send) {
      const startedMs = performance.now();
      const show = (status: number, body: unknown) => {
        const milliseconds = Math.round(performance.now() - startedMs);
        answer.value = { status, milliseconds, body };
      };
      try {
        const body = await send();
        // tRPC has no other status for a result.
        show(200, body);
        return body;
      } catch (error) {
        if (isProcedureError(error) && error.data) show(error.data.httpStatus, error.shape);
        throw error;
      }
    },
  };
}
