import { describe, expect, test } from "vitest";
import { decode, duration } from "./claims.ts";

describe("a token", () => {
  const part = (json: string) => Buffer.from(json).toString("base64url");

  test("is decoded in order, including non-ASCII text", () => {
    const token = `${part('{"typ":"at+jwt"}')}.${part('{"sub":"1","name":"手形?>~","exp":7}')}.x`;
    expect(decode(token)).toEqual({
      header: [["typ", "at+jwt"]],
      claims: [
        ["sub", "1"],
        ["name", "手形?>~"],
        ["exp", 7],
      ],
      expiresAtMs: 7000,
    });
  });

  test.each(["", "x", "a.b.c", `x.${part("null")}.x`, `x.${part('"x"')}.x`, `x.${part("{")}.x`])(
    "has no members if it is %j",
    (token) => {
      expect(decode(token)).toEqual({ header: [], claims: [], expiresAtMs: 0 });
    },
  );
});

test.each([
  [-1, "0:00"],
  [999, "0:00"],
  [61_000, "1:01"],
  [3_600_000, "1:00:00"],
  [36_061_000, "10:01:01"],
])("%i ms is formatted as %s", (ms, text) => {
  expect(duration(ms)).toBe(text);
});
