import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { openPolicy, type PasswordOwner } from "./password-policy.ts";

const errorOf = openPolicy({
  passwordMinLength: 8,
  issuer: "https://login.acme-steel.example/auth",
});
const ada: PasswordOwner = {
  email: "ada.bramwell@engine-works.example.com",
  username: "Ｚｅｐｈｙｒｉｎａ_ada",
  fullName: "Ada Bramwell-Byron 花子",
};

describe("a new password", () => {
  test.each([
    ["Password", "too_common"],
    ["pAsSwOrD2026!", "too_common"],
    ["ｐａｓｓｗｏｒｄ", "too_common"],
    ["QWERTYUIOP", "too_common"],
    ["ABCABCABC", "too_simple"],
    ["Wertzuio", "too_simple"],
    ["ada.bramwell@engine-works.example.com", "contains_email"],
    ["ADA.BRAMWELL", "contains_email"],
    ["adabramwell", "contains_email"],
    ["bramwell1815", "contains_email"],
    ["1815!Bramwell?", "contains_email"],
    ["bramwell-bramwell", "contains_email"],
    ["engineworks", "contains_email"],
    ["engine-works.example.com", "contains_email"],
    ["zephyrina_ada!", "contains_username"],
    ["ZEPHYRINA1815", "contains_username"],
    ["ｚｅｐｈｙｒｉｎａ1815", "contains_username"],
    ["byron-1815", "contains_full_name"],
    ["ada bramwell-byron 花子", "contains_full_name"],
    ["tegata2026", "contains_service_name"],
    ["Tegata-Tegata", "contains_service_name"],
    ["login.acme-steel", "contains_service_name"],
    ["acme2026!", "contains_service_name"],
    ["Acme-Tegata-1815", "contains_service_name"],
    ["tegata-byron-zephyrina", "contains_service_name"],
  ])("%j is refused as %s", (password, code) => {
    expect(errorOf(password, ada)).toMatchObject({ code, message: expect.any(String) });
  });

  test.each([
    "correct horse battery",
    "bramwell and her engine",
    "the zephyrina of mornings",
    "tegata goes everywhere",
    "steel is strong",
    "花子は毎朝早く起きる",
    "compiler",
    // Without "bramwell" it reads "ada" on the two sides.
    "abramwelldaxyz12",
    "canada goose",
  ])("%j is accepted, although it may contain a known word", (password) => {
    expect(errorOf(password, ada)).toBeUndefined();
  });

  test("does not depend on a name that the account does not have, or on one of two characters", () => {
    for (const owner of [
      { email: "x@example.com" },
      { email: "xy@example.com", username: null, fullName: null },
      { email: "xy@co.jp", username: "um", fullName: "Bo Um" },
    ])
      expect(errorOf("umbotco8", owner)).toBeUndefined();
  });

  test("has the minimum length besides the known words, whatever that is", () => {
    const strict = openPolicy({ passwordMinLength: 15, issuer: "http://127.0.0.1:3000" });
    expect(strict("bramwell and engine", ada)).toMatchObject({ code: "contains_email", limit: 15 });
    expect(strict("bramwell and her machine", ada)).toBeUndefined();
  });

  test("is not normalized, nor are the names, before their lengths are known to be bounded", () => {
    const normalize = vi.spyOn(String.prototype, "normalize");
    const marks = "\u0345\u0334".repeat(4000);
    expect(errorOf(marks, { ...ada, fullName: "x".repeat(200) })).toMatchObject({
      code: "too_many_bytes",
    });
    errorOf("\ufdfa".repeat(24), { ...ada, fullName: "\ufdfa".repeat(200) });
    const longest = Math.max(...normalize.mock.contexts.map((text) => String(text).length));
    normalize.mockRestore();
    expect(longest).toBeLessThanOrEqual(288);
  });

  test("is checked without an exception, whatever it is and whatever the account is called", () => {
    const text = fc.string({ unit: "binary", maxLength: 200 });
    const owners = fc.record({ email: fc.emailAddress(), username: text, fullName: text });
    const anything = fc.string({ unit: "binary", maxLength: 100 });
    fc.assert(
      fc.property(anything, owners, (password, owner) => {
        const error = errorOf(password, owner);
        // An account can only make a password worse.
        if (errorOf(password, { email: "" })) expect(error).toBeDefined();
      }),
    );
  });
});
