/**
 * The session of the page, shared by all of its tabs. It is opened by a browser that is logged in, which a cookie says that
 * no script can read. The access token stays in memory. The refresh token is in `sessionStorage`, which no other file
 * accesses, so that the session survives a reload. Where the user has blocked site data, everything stays in memory.
 */
import { computed, shallowReadonly, shallowRef } from "vue";
import { createTegata, type Reason, reasonOf, type Tokens, webStore } from "../index.ts";
import { BASE } from "./base.ts";
import { language } from "./i18n.ts";

/** Tabs share their tokens, because the server treats a refresh token that two tabs use separately as stolen. */
type Message =
  | { is: "tokens_requested" }
  | { is: "tokens_changed"; login: string | undefined; tokens: Tokens | undefined };

/** Why the user has to log in again, what went wrong when logging out, or that there is no account any more. */
export type Notice = "ended" | "logged_out_here_only" | "account_deleted";

/** How long to wait for the tokens from another tab. */
const OTHER_TABS_TIMEOUT_MS = 200;

const storage = webStore(() => sessionStorage);
const current = shallowRef(storage.get());
const notice = shallowRef<Notice>();
const tabs = openChannel();
const broadcast = (message: Message) => tabs?.postMessage(message);

/** @returns undefined where the user has blocked site data: some browsers then keep tabs apart, too */
function openChannel(): BroadcastChannel | undefined {
  try {
    return new BroadcastChannel("tegata");
  } catch {
    return undefined;
  }
}

/** Stored tokens have an empty access token, so after a reload they have to be refreshed first. */
const isUsable = (tokens: Tokens | undefined) => Boolean(tokens?.accessToken);

function setTokens(tokens: Tokens | undefined): void {
  current.value = tokens;
  storage.set(tokens && { ...tokens, accessToken: "" });
}

tabs?.addEventListener("message", ({ data }: MessageEvent<Message>) => {
  const own = current.value;
  if (data.is === "tokens_requested") {
    if (own && isUsable(own)) broadcast({ is: "tokens_changed", login: own.login, tokens: own });
  } else if (!own || own.login === data.login) {
    if (data.tokens) notice.value = undefined;
    setTokens(data.tokens);
  }
});

broadcast({ is: "tokens_requested" });

const store = {
  get: () => current.value,
  set(tokens: Tokens | undefined) {
    const { login } = tokens ?? current.value ?? {};
    setTokens(tokens);
    broadcast({ is: "tokens_changed", login, tokens });
  },
};

const onEnd = () => {
  // The tokens may be gone because the user has deleted the account.
  notice.value ??= "ended";
};
const tegata = createTegata({ url: BASE, store, onEnd, language: () => language.value });
const { session } = tegata;

/** The typed procedures. */
export const { api } = tegata;

/** Whether the user is logged in. It is `restoring` from a reload until the session has been refreshed. */
export const status = computed(() => {
  if (!current.value) return "logged_out";
  return isUsable(current.value) ? "logged_in" : "restoring";
});

/** The access token, or undefined if the user is not logged in. */
export const accessToken = computed(() => current.value?.accessToken || undefined);

/** The notice to show above the login form. */
export const lastNotice = shallowReadonly(notice);

/** What the service shows to this browser. */
type Shown = Awaited<ReturnType<typeof api.login.show.mutate>>;

/** Opens a session for this page. */
async function open({ ticket }: Shown): Promise<void> {
  const { browser, ...tokens } = await api.login.open.mutate({ ticket });
  store.set({ ...tokens, login: browser });
}

/** Whether the browser keeps cookies: it does not where the user has blocked site data, and storage throws there. */
export function keepsCookies(): boolean {
  try {
    return sessionStorage.length >= 0;
  } catch {
    return false;
  }
}

/** Whether the user has logged out on this page. The browser may still be logged in, if the server was not notified. */
let hasLeft = false;

/** Opens a session if the browser is logged in and no other tab has shared one; not for somebody who has logged out. */
async function ask(): Promise<void> {
  if (hasLeft || !keepsCookies()) return;
  const shown = await api.login.show.mutate();
  if (shown.is === "logged_in" && !current.value) await open(shown);
}

let asked: Promise<void> | undefined;
/** Logs in without a password if the browser is logged in. It asks once; somebody who logs out then stays so. */
export function resume(): Promise<void> {
  asked ??= ask().catch(() => undefined);
  return asked;
}

/**
 * Logs the browser in, but not this page.
 * @param isKept whether the browser stays logged in when it is closed
 * @throws {TRPCClientError}
 */
export async function logInBrowser(
  username: string,
  password: string,
  isKept: boolean,
): Promise<Shown> {
  const { ticket } = await api.login.show.mutate();
  return api.login.password.mutate({ ticket, login: username, password, remember: isKept });
}

/** Logs in. See {@link logInBrowser}. @throws {TRPCClientError | AuthError} */
export async function login(username: string, password: string, isKept = false): Promise<void> {
  if (keepsCookies()) {
    await open(await logInBrowser(username, password, isKept));
  } else {
    // A browser without cookies cannot stay logged in: the session is that of this page alone.
    await tegata.login(username, password);
  }
  notice.value = undefined;
}

/** A new account, and why logging in to it failed, if it did. */
export interface Registered {
  email: string;
  notLoggedIn: Reason | undefined;
}

/** Creates an account and logs in to it. @throws {TRPCClientError} if there is no account */
export async function register(
  account: Parameters<typeof api.register.mutate>[0],
): Promise<Registered> {
  const { email } = await api.register.mutate(account);
  const notLoggedIn = await login(email, account.password).then(
    () => undefined,
    (error: unknown): Reason => reasonOf(error) ?? "internal",
  );
  return { email, notLoggedIn };
}

/** Logs the browser out, with all of its tabs. @throws {TRPCClientError | AuthError} if the server cannot be notified */
export async function logOutBrowser(): Promise<void> {
  hasLeft = true;
  const left = keepsCookies() ? [api.login.leave.mutate()] : [];
  await Promise.all([tegata.logout(), ...left]);
}

/**
 * Ends the session of the page, where the browser is logged out. Its cookie is left alone: somebody may log in at this moment
 * in another tab. @throws {AuthError} if the server cannot be notified
 */
export const logOutPage = (): Promise<void> => tegata.logout();

/** Like {@link logOutBrowser}, but if the server cannot be notified, it sets a notice and does not throw. */
export async function logout(): Promise<void> {
  notice.value = undefined;
  await logOutBrowser().catch(() => {
    notice.value = "logged_out_here_only";
  });
}

/** Deletes the account. Its tokens are invalid by then, so this only forgets them. @throws {TRPCClientError} */
export async function deleteAccount(password: string): Promise<void> {
  await api.deleteAccount.mutate({ password });
  notice.value = "account_deleted";
  store.set(undefined);
}

/** Replaces the tokens before they expire. @throws {AuthError} if the server could not answer */
export async function refresh(): Promise<void> {
  const found = session.tokens();
  if (found) await session.refresh(found);
}

/**
 * Restores the session after a reload, with the tokens of another tab or by a refresh. Does nothing if it needs no restoring.
 * @throws {AuthError} if the server could not answer
 */
export async function restore(): Promise<void> {
  if (status.value !== "restoring") return;
  await new Promise((done) => {
    tabs?.addEventListener("message", done, { once: true });
    setTimeout(done, OTHER_TABS_TIMEOUT_MS);
  });
  if (status.value === "restoring") await refresh();
  if (!current.value) await ask();
}
