import { describe, expect, test } from "vitest";
import { type WebStorage, webStore } from "./store.ts";

const tokens = { accessToken: "a", scope: "me", refreshToken: "r" };

/** A storage whose methods throw as long as they are listed. */
function brokenStorage(...broken: (keyof WebStorage)[]) {
  const kept = new Map<string, string>();
  const unlessBroken = <T>(method: keyof WebStorage, work: () => T): T => {
    if (broken.includes(method)) throw new DOMException("no", "QuotaExceededError");
    return work();
  };
  const storage: WebStorage = {
    getItem: (key) => unlessBroken("getItem", () => kept.get(key) ?? null),
    setItem: (key, value) => unlessBroken("setItem", () => void kept.set(key, value)),
    removeItem: (key) => unlessBroken("removeItem", () => void kept.delete(key)),
  };
  return { storage, broken, kept };
}

describe("a web store whose storage throws", () => {
  test.each([
    ["when it is opened", () => (): WebStorage => expect.unreachable()],
    ["always", () => brokenStorage("getItem", "setItem", "removeItem").storage],
    ["when it is written to", () => brokenStorage("setItem").storage],
  ])("keeps the tokens in memory: %s", (_, open) => {
    const store = webStore(open());
    expect(store.get()).toBeUndefined();
    store.set(tokens);
    expect(store.get()).toEqual(tokens);
    store.set({ ...tokens, accessToken: "b" });
    expect(store.get()).toEqual({ ...tokens, accessToken: "b" });
    store.set(undefined);
    expect(store.get()).toBeUndefined();
  });

  test("does not leave the previous tokens behind for the next reload", () => {
    const { storage, broken } = brokenStorage();
    webStore(storage).set(tokens);
    broken.push("setItem");
    webStore(storage).set({ ...tokens, refreshToken: "next" });
    expect(webStore(storage).get()).toBeUndefined();
  });

  test("stores again what comes after it works again", () => {
    const { storage, broken, kept } = brokenStorage("setItem");
    const store = webStore(storage);
    store.set(tokens);
    broken.length = 0;
    store.set({ ...tokens, accessToken: "b" });
    expect(kept.get("tegata")).toContain('"b"');
    expect(store.get()).toMatchObject({ accessToken: "b" });
  });
});
