/** The current time for countdowns, updated every second. */
import { shallowReadonly, shallowRef } from "vue";

const time = shallowRef(Date.now());

/** Epoch milliseconds. */
export const now = shallowReadonly(time);

/** Updates {@link now} immediately. @returns epoch milliseconds */
export function tick(): number {
  time.value = Date.now();
  return time.value;
}

setInterval(tick, 1000);
