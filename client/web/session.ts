/**
 * The one session of this page, shared by all of its tabs. The access token is in memory alone; this is the only file
 * that touches `sessionStorage`, where the refresh token outlives a reload.
 */
import { computed, shallowReadonly, shallowRef } from "vue";
import { createSession, createTegata, type Tokens, webStore } from "../index.ts";

/** What tabs tell each other. Two that refreshed the same token by themselves would look like a thief to the server. */
type Message =
  | { is: "asked" }
  | { is: "changed"; login: string | undefined; tokens: Tokens | undefined };

/** Why a log-in is asked for that was not asked for before. */
export type Notice = "ended" | "logged_out_here_only";

/** How long to wait for another tab that has the tokens. */
const OTHER_TABS_MS = 200;

const url = location.origin;
const kept = webStore(sessionStorage);
const held = shallowRef(kept.get());
const notice = shallowRef<Notice>();
const tabs = new BroadcastChannel("tegata");
const tell = (message: Message) => tabs.postMessage(message);

/** After a reload the access token is empty, which no token of the server is. */
const isWhole = (tokens: Tokens | undefined) => Boolean(tokens?.accessToken);

function hold(tokens: Tokens | undefined): void {
  held.value = tokens;
  kept.set(tokens && { ...tokens, accessToken: "" });
}

tabs.addEventListener("message", ({ data }: MessageEvent<Message>) => {
  const mine = held.value;
  if (data.is === "asked") {
    if (mine && isWhole(mine)) tell({ is: "changed", login: mine.login, tokens: mine });
  } else if (!mine || mine.login === data.login) {
    if (data.tokens) notice.value = undefined;
    hold(data.tokens);
  }
});

tell({ is: "asked" });

const store = {
  get: () => held.value,
  set(tokens: Tokens | undefined) {
    const { login } = tokens ?? held.value ?? {};
    hold(tokens);
    tell({ is: "changed", login, tokens });
  },
};

const onEnd = () => {
  notice.value = "ended";
};
const tegata = createTegata({ url, store, onEnd });

/** The typed procedures. */
export const { api } = tegata;

/** Whether somebody is logged in; `resuming` between a reload and the first answer. */
export const status = computed(() => {
  if (!held.value) return "out";
  return isWhole(held.value) ? "in" : "resuming";
});

/** The access token; undefined when nobody is logged in. */
export const accessToken = computed(() => held.value?.accessToken || undefined);

/** Something to say beside the log-in. */
export const lastNotice = shallowReadonly(notice);

/** Logs in. @throws {LoginError} */
export async function login(username: string, password: string): Promise<void> {
  await tegata.login(username, password);
  notice.value = undefined;
}

/** Logs out: never an error, for here it is done in any case. */
export async function logout(): Promise<void> {
  notice.value = undefined;
  await tegata.logout().catch(() => {
    notice.value = "logged_out_here_only";
  });
}

/** Takes up the session of before a reload, unless another tab has its tokens. @throws {LoginError} when it cannot be known */
export async function resume(): Promise<void> {
  await new Promise((done) => {
    tabs.addEventListener("message", done, { once: true });
    setTimeout(done, OTHER_TABS_MS);
  });
  const session = createSession({ url, store, onEnd });
  const found = session.tokens();
  if (found && !isWhole(found)) await session.refresh(found);
}
