/** The time that the page shows, by the second. */
import { shallowReadonly, shallowRef } from "vue";

const time = shallowRef(Date.now());

/** Epoch milliseconds, by the clock of this computer. */
export const now = shallowReadonly(time);

/** Sets the clock of the page, between two of its ticks too. @returns the time. */
export function tick(): number {
  time.value = Date.now();
  return time.value;
}

setInterval(tick, 1000);
