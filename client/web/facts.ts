/** What the server says about itself in the document, so that the first screen does not have to ask. */
import type { Facts } from "../../server/http/pages.ts";

/** The facts of this server. */
export const facts: Facts = JSON.parse(
  document.querySelector<HTMLMetaElement>('meta[name="tegata"]')?.content ?? "",
);

/** Sets the colors of the brand. The content security policy allows scripts to do that, but no inline styles. */
export function showBrand(): void {
  const { colors } = facts.brand;
  if (!colors) return;
  const { style } = document.documentElement;
  style.setProperty("--button", colors.button);
  style.setProperty("--on-button", colors.onButton);
  style.setProperty("--accent", `light-dark(${colors.accent.light}, ${colors.accent.dark})`);
}
