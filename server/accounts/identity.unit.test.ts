import { describe, expect, test } from "vitest";
import { inputErrorsOf } from "./field-errors.ts";
import { Email, parseLogin, Username, usernameKeys } from "./identity.ts";

const errorOf = (schema: typeof Email | typeof Username, typed: string) => {
  const { error } = schema.safeParse(typed);
  return error && inputErrorsOf(error)["input"];
};

describe("an email", () => {
  const BOOKS = "info@xn--bcher-kiosk-thb.example";

  test.each([
    ["in upper case", "Taro@Example.COM", "taro@example.com"],
    ["in white space", " \u3000\u00a0\u0085\ttaro@example.com\u2028\n", "taro@example.com"],
    ["in full-width ASCII", "ＴＡＲＯ＠ｅｘａｍｐｌｅ．ｃｏｍ", "taro@example.com"],
    ["with a domain that is not ASCII", "info@bücher-kiosk.example", BOOKS],
    ["with that domain in upper case", "info@BÜCHER-KIOSK.example", BOOKS],
    ["with that domain decomposed", "info@bu\u0308cher-kiosk.example", BOOKS],
    ["with that domain in Punycode", "info@XN--bcher-kiosk-thb.example", BOOKS],
    ["with an ideographic full stop", "taro@日本語。jp", "taro@xn--wgv71a119e.jp"],
    ["with a ß in its domain", "info@straße.example", "info@xn--strae-oqa.example"],
    ["with docomo's dots", "taro..y.@docomo.example.jp", "taro..y.@docomo.example.jp"],
    ["with a dot at its start", ".taro@example.com", ".taro@example.com"],
    ["with every symbol", "a.!#$%&'*+/=?^_`{|}~-9@x", "a.!#$%&'*+/=?^_`{|}~-9@x"],
    ["with a domain of numbers", "taro@127.1", "taro@127.1"],
  ])("%s is registered and looked up in one form", (_, typed, stored) => {
    expect(Email.parse(typed)).toBe(stored);
    expect(parseLogin(typed)).toEqual({ email: stored });
    expect(Email.parse(stored)).toBe(stored);
  });

  test.each([
    ["no @", "taro.example.com", "invalid_email"],
    ["nothing", " ", "invalid_email"],
    ["nothing before the @", "@example.com", "email_local_missing"],
    ["an accent before the @", "tàro@example.com", "email_local_not_ascii"],
    ["a Kelvin sign before the @", "\u212a@example.com", "email_local_not_ascii"],
    ["a ligature before the @", "\ufb01n@example.com", "email_local_not_ascii"],
    ["half-width katakana before the @", "ﾀﾛｳ@example.com", "email_local_not_ascii"],
    ["an emoji before the @", "😀@example.com", "email_local_not_ascii"],
    ["a space before the @", "ta ro@example.com", "email_local_invalid"],
    ["two @", "a@b@example.com", "email_local_invalid"],
    ["quotes", '"taro"@example.com', "email_local_invalid"],
    ["a name in front", "Taro <taro@example.com>", "email_local_invalid"],
    ["65 characters before the @", `${"l".repeat(65)}@example.com`, "email_local_too_long", 64],
    ["255 characters", `x@${"d".repeat(253)}`, "too_long", 254],
    ["more than that in Punycode", `x@${"ü.".repeat(100)}de`, "too_long", 254],
    ["nothing after the @", "taro@", "email_domain_invalid"],
    ["a dot at its end", "taro@example.com.", "email_domain_invalid"],
    ["two dots in its domain", "taro@example..com", "email_domain_invalid"],
    ["two dots in a domain that is not ASCII", "taro@bücher..com", "email_domain_invalid"],
    ["a hyphen before a label", "taro@-example.com", "email_domain_invalid"],
    ["an underscore in its domain", "taro@a_b.com", "email_domain_invalid"],
    ["a label of 64 characters", `taro@${"d".repeat(64)}.com`, "email_domain_invalid"],
    ["an address literal", "taro@[127.0.0.1]", "email_domain_invalid"],
    ["a path after its domain", "taro@bücher.com/x", "email_domain_invalid"],
    ["a port after its domain", "taro@bücher.com:80", "email_domain_invalid"],
    ["an escape in its domain", "taro@bücher%2ecom", "email_domain_invalid"],
    ["a tab in its domain", "taro@büc\ther.com", "email_domain_invalid"],
    ["a character that becomes a slash", "taro@\u2100.com", "email_domain_invalid"],
    ["digits that become an IPv4 address", "taro@①.①", "email_domain_invalid"],
    ["a domain that UTS 46 drops", "taro@\u00ad", "email_domain_invalid"],
  ])("with %s is refused, and the code says why", (_, typed, code, limit?: number) => {
    const bound = limit === undefined ? {} : { limit };
    expect(errorOf(Email, typed)).toEqual({ code, message: expect.any(String), ...bound });
    expect(parseLogin(typed) ?? {}).not.toHaveProperty("email");
  });
});

describe("a username", () => {
  const keyOf = (typed: string) => usernameKeys(Username.parse(typed)).folded;

  test.each([
    ["in any case and width", ["Haruka", "haruka", "HARUKA", "ＨＡＲＵＫＡ", "ｈaruka"]],
    ["in white space", ["haruka", "  haruka\u3000", "\u00a0haruka\n"]],
    ["in any composition", ["Jos\u00e9", "JOSE\u0301"]],
    ["with either sigma", ["ΟΔΥΣΣΕΥΣ", "οδυσσευς", "οδυσσευσ"]],
    ["with any Turkish i", ["ışık", "IŞIK", "İŞİK", "işik"]],
    ["with a Kelvin sign", ["\u212aai", "kai"]],
  ])("is one %s", (_, names) => {
    expect(new Set(names.map(keyOf)).size).toBe(1);
    for (const name of names) expect(parseLogin(name)).toMatchObject({ folded: keyOf(name) });
  });

  test.each([
    ["a ligature", "\ufb01n", "fin"],
    ["half-width katakana", "ﾊﾙｶ", "ハルカ"],
    ["a circled letter", "ⓐda", "ada"],
    ["a superscript", "ada²", "ada2"],
    ["an accent", "àda", "ada"],
    ["a ß", "Strauß", "Strauss"],
    ["katakana", "ハルカ", "はるか"],
  ])("with %s is not the one without", (_, one, other) => {
    expect(keyOf(one)).not.toBe(keyOf(other));
  });

  test("is shown as it was typed", () => {
    expect(Username.parse(" ＨＡＲuka\u3000")).toBe("ＨＡＲuka");
  });

  test("has a key that folds to itself and fits the column, whatever the character", () => {
    for (let point = 0; point < 0x110000; point += 1) {
      const character = String.fromCodePoint(point);
      if (!/[\p{L}\p{M}\p{N}\p{S}]/u.test(character)) continue;
      const { folded } = usernameKeys(character);
      if (usernameKeys(folded).folded !== folded) expect.unreachable(point.toString(16));
      const composed = character.normalize("NFC");
      if (Buffer.byteLength(folded) > 4 * composed.length) expect.unreachable(point.toString(16));
    }
  });

  test.each([
    ["Latin", "Zoë_99"],
    ["Cyrillic", "Наташа-99"],
    ["Greek", "Οδυσσέας"],
    ["Japanese in all of its scripts and Latin", "佐々木ハルカ・ー〆はるかHaruka"],
    ["full-width Latin and Japanese", "ＨＡＲＵＫＡ遥"],
    ["half-width katakana", "ﾊﾙｶﾞ"],
    ["Korean and Latin", "하루카 Haruka 遙"],
    ["Chinese with Bopomofo", "春ㄅ香"],
    ["Arabic with its digits", "هاروكا٢"],
    ["a rare script", "ᎭᎷᎧ"],
    ["emojis", "ada😀"],
  ])("may be %s", (_, name) => {
    expect(Username.parse(name)).toBe(name);
  });

  test.each([
    ["Latin with a Cyrillic letter", "p\u0430ypal"],
    ["Cyrillic with a Latin letter", "Н\u0061таша"],
    ["Latin with a Greek letter", "paypal\u03bf"],
    ["full-width Latin with a Cyrillic letter", "ｐ\u0430ｙ"],
    ["Japanese with a Cyrillic letter", "ハルカ\u0430"],
    ["Latin with a rare script", "paypa\u13de"],
    ["Latin with an Armenian letter", "n\u0578"],
    ["Japanese with Hangul", "ハルカ하"],
  ])("may not mix %s", (_, name) => {
    expect(errorOf(Username, name)).toMatchObject({ code: "mixed_scripts" });
    // The rule binds new names: whoever has such a name still logs in with it.
    expect(parseLogin(name)).toMatchObject({ exact: `@${name}` });
  });

  test("with an @ of any width is refused: it would be taken for an email", () => {
    for (const name of ["a@b", "a＠b"])
      expect(errorOf(Username, name)).toMatchObject({ code: "at_sign" });
    // One that is older than this rule is found by its exact spelling, and by no other name's key.
    expect(parseLogin("ﬁ＠x")).toEqual({ exact: "@ﬁ＠x", folded: "ﬁ＠x" });
    expect(parseLogin("＠ada")).toEqual({ exact: "@＠ada", folded: "＠ada" });
  });

  test.each(["@", "@@", "x".repeat(201), "nul\0", "half \ud83d", "line\nbreak"])(
    "%j is nobody's",
    (typed) => expect(parseLogin(typed)).toBeUndefined(),
  );

  test("in the middle of thousands of spaces is trimmed in one pass", () => {
    const inside = `a${" ".repeat(200_000)}b`;
    expect(parseLogin(` ${inside} `)).toBeUndefined();
  });
});
