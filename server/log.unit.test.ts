import { expect, onTestFinished, test, vi } from "vitest";
import { openLog } from "./log.ts";

test("a text that is too long is cut in every field", () => {
  const lines: string[] = [];
  const log = openLog({ logLevel: "info" }, { write: (line) => void lines.push(line) });
  const long = "x".repeat(15_000);
  log.info({ path: long, ip: long, id: 7, none: undefined }, "request");
  log.child({ a: 1 }).error({ err: new Error(long), path: long }, "failed");
  const cut = `${"x".repeat(200)}…`;
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ path: cut, ip: cut, id: 7, msg: "request" });
  expect(JSON.parse(lines[1] ?? "")).toMatchObject({ path: cut, err: { type: "Error" } });
  expect(lines.join("").length).toBeLessThan(4_000);
});

test.each([
  ["an end", { status: 200 }],
  ["no response, no address and several processes", { status: undefined, ip: undefined }, 2],
  ["texts to be encoded", { status: 404, path: '/"\\\n\u2028é\ud800', ip: "\u0000" }],
  ["long texts", { status: 200, path: "/".repeat(900), ip: "1".repeat(300) }],
])("a request with %s is logged as any other line", (_, fields, workers = 1) => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = openLog({ logLevel: "info", workers }, destination);
  const line = { requestId: "an-id", method: "GET", path: "/trpc/me", ms: 3, ip: "::1", ...fields };
  log.request(line);
  const { status, ...sent } = line;
  log.info({ ...sent, ...(status === undefined ? { aborted: true } : { status }) }, "request");
  const [first, second] = lines.map((text) => JSON.parse(text));
  expect(first).toEqual(second);
  expect(first).toMatchObject({ requestId: "an-id", msg: "request" });
});

test("a request is not logged below its level", () => {
  const lines: string[] = [];
  const log = openLog({ logLevel: "warn" }, { write: (line) => void lines.push(line) });
  log.request({ requestId: "", method: "GET", path: "/", status: 200, ms: 0, ip: undefined });
  expect(lines).toEqual([]);
});
