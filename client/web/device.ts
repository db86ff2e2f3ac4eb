/** Names the browser and operating system of a session. */

const BROWSERS = [
  ["Edge", /Edg(e|A|iOS)?\//],
  ["Opera", /OPR\//],
  ["Firefox", /(Firefox|FxiOS)\//],
  ["Chrome", /(Chrome|CriOS)\//],
  ["Safari", /Safari\//],
] as const;

const SYSTEMS = [
  ["Android", /Android/],
  ["iOS", /iPhone|iPad/],
  ["Windows", /Windows/],
  ["macOS", /Mac OS X/],
  ["ChromeOS", /CrOS/],
  ["Linux", /Linux/],
] as const;

/** @returns for example `Firefox, Linux` or `curl`; undefined if there is no user agent */
export function device(userAgent: string | null): string | undefined {
  if (!userAgent) return undefined;
  const found = [BROWSERS, SYSTEMS].map(
    (known) => known.find(([, pattern]) => pattern.test(userAgent))?.[0],
  );
  return found.filter(Boolean).join(", ") || userAgent.split(/[ /(]/)[0] || undefined;
}
