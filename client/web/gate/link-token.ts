/** The token of the link in a mail that has opened the page. It leaves the URL at once: URLs are stored, shown and shared. */

const url = new URL(location.href);

/** The token; empty if the page was opened without one. */
export const linkToken: string = url.searchParams.get("token") ?? "";

if (linkToken) {
  url.searchParams.delete("token");
  history.replaceState(history.state, "", url);
}
