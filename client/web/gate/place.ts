/** What people see of where they are sent. */

/** @returns the host of a URL, or the scheme of an app, which has no host */
export function placeOf(url: string): string {
  const { host, protocol } = new URL(url);
  return host || protocol.slice(0, -1);
}
