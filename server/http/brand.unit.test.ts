import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { brandColors, contrast } from "./brand.ts";

const rgb = (hex: string): [number, number, number] => {
  const part = (at: number) => Number.parseInt(hex.slice(at, at + 2), 16);
  return [part(1), part(3), part(5)];
};
const ratio = (one: string, other: string) => contrast(rgb(one), rgb(other));

/** `--paper` and `--card` of `client/web/style.css`. */
const LIGHT = ["#f6f5f1", "#ffffff"];
const DARK = ["#121514", "#1b1f1d"];

test("contrast is that of WCAG", () => {
  expect(ratio("#000000", "#ffffff")).toBeCloseTo(21, 5);
  expect(ratio("#777777", "#ffffff")).toBeCloseTo(4.478, 3);
  expect(ratio("#0f6b5c", "#0f6b5c")).toBe(1);
});

describe("the colors of a brand", () => {
  test.each([
    ["#0f6b5c", "#ffffff"],
    ["#ffd400", "#000000"],
    ["#000000", "#ffffff"],
    ["#ffffff", "#000000"],
    ["#D0021B", "#ffffff"],
  ])("%s has a button in that color with a text in %s", (hex, onButton) => {
    expect(brandColors(hex)).toMatchObject({ button: hex.toLowerCase(), onButton });
  });

  test("a color that can be read as it is stays", () => {
    expect(brandColors("#0f4c81").accent.light).toBe("#0f4c81");
    expect(brandColors("#9ad0ff").accent.dark).toBe("#9ad0ff");
  });

  test("every color can be read on every paper, and every text on its button", () => {
    const color = fc
      .integer({ min: 0, max: 0xffffff })
      .map((value) => `#${value.toString(16).padStart(6, "0")}`);
    fc.assert(
      fc.property(color, (hex) => {
        const { button, onButton, accent } = brandColors(hex);
        expect(ratio(button, onButton)).toBeGreaterThanOrEqual(4.5);
        for (const paper of LIGHT) expect(ratio(accent.light, paper)).toBeGreaterThanOrEqual(5.5);
        for (const paper of DARK) expect(ratio(accent.dark, paper)).toBeGreaterThanOrEqual(5.5);
      }),
    );
  });
});
