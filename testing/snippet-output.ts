/** Whether the documentation shows what really comes back: times may differ, and `…` stands for what differs each time. */

const TIME = /\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?Z?/g;
/** Epoch seconds or milliseconds of this century. */
const EPOCH = /\b[12]\d{9}(\d{3})?\b/g;
const withoutTimes = (text: string) => text.replaceAll(TIME, "a time").replaceAll(EPOCH, "0");

const escapePattern = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/** Whether a text is the one that is shown. `…` stands for a part of a line, and on a line of its own for whole lines. */
function matchesText(shown: string, text: string): boolean {
  const pattern = escapePattern(withoutTimes(shown.trim()))
    .replaceAll(/^ *…$/gm, "[\\s\\S]*?")
    .replaceAll("…", "[^\\n]*?");
  return new RegExp(`^${pattern}$`).test(withoutTimes(text.trim()).replaceAll(/ +$/gm, ""));
}

/** The same for a value of JSON. `"…"` stands for any value. */
function matchesValue(shown: unknown, value: unknown): boolean {
  if (typeof shown === "string")
    return shown === "…" || (typeof value === "string" && matchesText(shown, value));
  if (typeof shown !== "object" || shown === null || typeof value !== "object" || value === null)
    return (
      withoutTimes(String(shown)) === withoutTimes(String(value)) && typeof shown === typeof value
    );
  const [wanted, given] = [Object.entries(shown), new Map(Object.entries(value))];
  return (
    Array.isArray(shown) === Array.isArray(value) &&
    wanted.length === given.size &&
    wanted.every(([name, one]) => {
      const other = given.get(name);
      // A second may have begun since the session.
      const isLifetime = name === "expires_in" && other === Number(one) - 1;
      return isLifetime || (given.has(name) && matchesValue(one, other));
    })
  );
}

/** A response with headers, as `curl -i` prints it: what is shown of it must be there. */
function matchesResponse(shown: string, text: string): boolean {
  const [head = "", body = ""] = split(shown);
  const [givenHead = "", givenBody = ""] = split(text.replaceAll("\r", ""));
  const given = givenHead.split("\n");
  const lines = head.split("\n");
  return (
    lines.every((line, index) =>
      given.some((one, place) => (index > 0 || place === 0) && matchesText(line, one)),
    ) &&
    (body === "" ||
      (body.trim().startsWith("{") ? matchesJson(body, givenBody) : matchesText(body, givenBody)))
  );
}
const split = (text: string) => text.trim().split(/\n\n([\s\S]*)/);

function matchesJson(shown: string, text: string): boolean {
  try {
    return matchesValue(JSON.parse(shown), JSON.parse(text));
  } catch {
    return false;
  }
}

/** Whether an output is the one that a page shows, by the language of its block. */
export const MATCHES: Readonly<Record<string, (shown: string, text: string) => boolean>> = {
  text: matchesText,
  json: matchesJson,
  http: matchesResponse,
};
