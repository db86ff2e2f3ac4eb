import { describe, expect, test } from "vitest";
import { en as accountEn } from "./texts/account.en.ts";
import { ja as accountJa } from "./texts/account.ja.ts";
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

test.each([
  ["English", accountEn, /audit log.* number.* email/],
  ["Japanese", accountJa, /監査ログ.*番号.*メールアドレス/],
])(
  "in %s, users learn which events an export has, and which a deletion leaves",
  (_, texts, left) => {
    // MAX_EVENTS in server/accounts/data-export.ts.
    expect(texts.aboutData).toContain("1,000");
    expect(texts.consequences.filter((text) => left.test(text))).toHaveLength(1);
  },
);

test("no Japanese field error is left in English", () => {
  const english = Object.values(en.fieldErrors).map((text: Text) => text(8));
  for (const text of Object.values<Text>(ja.fieldErrors)) expect(english).not.toContain(text(8));
});
