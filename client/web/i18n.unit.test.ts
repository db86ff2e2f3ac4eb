import { describe, expect, test } from "vitest";
import { en } from "./texts/en.ts";
import { ja } from "./texts/ja.ts";

type Text = (limit?: number) => string;

describe.each([
  ["English", en],
  ["Japanese", ja],
])("in %s, a field error", (_, { fieldErrors }) => {
  test.each<[string, Text]>(Object.entries(fieldErrors))("%s is one sentence", (_, text) => {
    expect(text(8)).toMatch(/^[^.。]+[.。]$/);
    expect(text(8)).not.toContain("undefined");
  });

  test("states its limit, if the code has one", () => {
    const withLimit = Object.entries<Text>(fieldErrors).filter(([, text]) => /8/.test(text(8)));
    expect(withLimit.map(([code]) => code).sort()).toEqual([
      "contains_email",
      "contains_full_name",
      "contains_service_name",
      "contains_username",
      "email_local_too_long",
      "too_large",
      "too_long",
      "too_many_bytes",
      "too_short",
      "too_small",
    ]);
  });
});

test("no Japanese field error is left in English", () => {
  const english = Object.values(en.fieldErrors).map((text: Text) => text(8));
  for (const text of Object.values<Text>(ja.fieldErrors)) expect(english).not.toContain(text(8));
});
