/** The token of the link in a mail that has opened the page. It leaves the URL at once: URLs are stored, shown and shared. */

import type { RequestState } from "../use-request.ts";

const url = new URL(location.href);

/** The token; empty if the page was opened without one. */
export const linkToken: string = url.searchParams.get("token") ?? "";

if (linkToken) {
  url.searchParams.delete("token");
  history.replaceState(history.state, "", url);
}

/** Whether the link does not work any more, or is incomplete. @param state the state of the request that sends the token */
export const isLinkExpired = (state: RequestState<unknown>): boolean =>
  !linkToken || (state.is === "failed" && state.failure.reason === "link_expired");
