/** Keeps the focus on the page when the focused element disappears. */
import { nextTick } from "vue";

/** Moves the focus after the next update, if that update has removed the focused element. Otherwise the user has moved on. */
export async function keepFocus(
  target: () => Pick<HTMLElement, "focus"> | null | undefined,
): Promise<void> {
  await nextTick();
  if (document.activeElement === document.body) target()?.focus();
}
