/** What a part of the account page shows: loaded when the session is ready, and kept while it is loaded again. */
import { type ShallowRef, shallowReadonly, shallowRef, watch } from "vue";
import { type api, status } from "../page-session.ts";
import { type RequestState, useRequest } from "../use-request.ts";

/** The account, as the service answers. */
export type Me = Awaited<ReturnType<typeof api.me.query>>;

/** What was loaded, and the state of the latest request for it. */
export interface Loaded<T> {
  readonly state: Readonly<ShallowRef<RequestState<T>>>;
  /** Undefined until the first request has succeeded. */
  readonly shown: ShallowRef<T | undefined>;
  load(): Promise<void>;
}

/**
 * Loads when the session is ready and each time that `changes` changes. The parts of a page load in the same tick, so the
 * typed client sends one HTTP request for all of them.
 * @param merge what to show after a further request, if not only its result
 */
export function useLoaded<T>(
  send: () => Promise<T>,
  changes: () => number,
  merge: (latest: T, shown: T) => T = (latest) => latest,
): Loaded<T> {
  const { state, run } = useRequest(send);
  const shown = shallowRef<T>();
  const load = async () => {
    const latest = await run();
    if (latest !== undefined)
      shown.value = shown.value === undefined ? latest : merge(latest, shown.value);
  };
  watch([status, changes], ([now]) => (now === "logged_in" ? load() : undefined), {
    immediate: true,
  });
  return { state: shallowReadonly(state), shown, load };
}
