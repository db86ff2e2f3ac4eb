import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { requesterOf } from "./requester.ts";

function languageOf(accepted: string) {
  const req = new IncomingMessage(new Socket());
  req.url = "/";
  req.headers["accept-language"] = accepted;
  return requesterOf(req).language;
}

test.each([
  ["", "en"],
  ["fr", "en"],
  ["JA-jp", "ja"],
  ["fr, ja;q=0.9, en;q=0.5", "ja"],
  [" ja ; q=0.4 ,\ten\t;\tq=0.8 ", "en"],
  ["ja;q=0, fr", "en"],
  ["ja x", "en"],
])("of Accept-Language: %j, the language is %s (RFC 9110 section 12.5.4)", (accepted, language) => {
  expect(languageOf(accepted)).toBe(language);
});

test("a header of blanks is as little work as another of its length", () => {
  const workOf = (accepted: string) => {
    const before = performance.now();
    languageOf(accepted);
    return performance.now() - before;
  };
  const least = (accepted: string) =>
    Math.min(...Array.from({ length: 5 }, () => workOf(accepted)));
  const blanks = " ".repeat(15_000);
  const another = least("x".repeat(15_000));
  // Work that grew with the square of the length would be thousands of times as much.
  for (const accepted of [`a${blanks}x`, `a${blanks};${blanks}x`, `a;q=1${blanks}x`, `${blanks}1`])
    expect(least(accepted), accepted.trim().slice(0, 3)).toBeLessThan(200 * another);
});

test("all calls of a batch share one listener for the end of their connection", async () => {
  const warned = vi.fn();
  process.on("warning", warned);
  onTestFinished(() => void process.off("warning", warned));
  const req = new IncomingMessage(new Socket());
  const res = new ServerResponse(req);
  const requester = requesterOf(Object.assign(req, { url: "/", res }));
  const { gone } = requester;
  expect(requester.gone).toBe(gone);
  expect(res.listenerCount("close")).toBe(1);
  for (let i = 0; i < 100; i += 1) gone.addEventListener("abort", () => undefined);
  res.emit("close");
  expect(gone.aborted).toBe(true);
  await new Promise(setImmediate);
  expect(warned).not.toHaveBeenCalled();
});
