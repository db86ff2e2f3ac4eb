/** Registers users and refreshes their tokens from several callers at once, and remembers what the service confirmed. */
import { PASSWORD } from "./service.ts";

/** A user that a caller has begun to register. */
export interface Account {
  email: string;
  /** Whether the registration was confirmed. */
  isConfirmed: boolean;
  /** The refresh tokens that the user got, the oldest first: all but the last one have been used. */
  tokens: string[];
  /** Whether the last token was sent and there was no answer. */
  isRefreshing: boolean;
}

/** An answer; its status is undefined if the connection was lost. */
export interface Answer {
  status: number | undefined;
  /** The refresh token in it. */
  refreshToken: string | undefined;
}

/** Sends a request, and never rejects. */
async function send(url: string, type: string, body: string): Promise<Answer> {
  try {
    const response = await fetch(url, { method: "POST", headers: { "content-type": type }, body });
    const { refresh_token: refreshToken } = (await response.json()) as { refresh_token?: string };
    return { status: response.status, refreshToken };
  } catch {
    return { status: undefined, refreshToken: undefined };
  }
}

/** Registers a user. */
export const register = (url: string, email: string) =>
  send(`${url}/trpc/register`, "application/json", JSON.stringify({ email, password: PASSWORD }));
const token = (url: string, form: Record<string, string>) =>
  send(`${url}/token`, "application/x-www-form-urlencoded", new URLSearchParams(form).toString());
/** Logs a user in. */
export const logIn = (url: string, email: string) =>
  token(url, { grant_type: "password", username: email, password: PASSWORD });
/** Uses a refresh token. */
export const refresh = (url: string, refresh_token: string) =>
  token(url, { grant_type: "refresh_token", refresh_token });

/** How many callers there are. */
const CALLERS = 8;
/** How often each user refreshes. */
const REFRESHES = 3;

/**
 * Lets callers register, log in and refresh until so many registrations and refreshes have been confirmed, or until a
 * request is not.
 * @param onConfirmed is called after each confirmed registration and refresh, with their number
 */
export async function work(
  url: string,
  name: string,
  acts: number,
  onConfirmed: (count: number) => void,
): Promise<Account[]> {
  const accounts: Account[] = [];
  let confirmed = 0;
  const confirm = ({ status }: Answer): boolean => {
    if (status !== 200) return false;
    confirmed += 1;
    onConfirmed(confirmed);
    return true;
  };

  /** @returns whether everything was confirmed */
  async function serve(account: Account): Promise<boolean> {
    account.isConfirmed = confirm(await register(url, account.email));
    if (!account.isConfirmed) return false;
    let { refreshToken } = await logIn(url, account.email);
    for (let i = 0; refreshToken !== undefined; i += 1) {
      account.tokens.push(refreshToken);
      if (i === REFRESHES || confirmed >= acts) return true;
      account.isRefreshing = true;
      const answer = await refresh(url, refreshToken);
      if (answer.status !== undefined) account.isRefreshing = false;
      if (!confirm(answer)) return false;
      refreshToken = answer.refreshToken;
    }
    return false;
  }

  async function call(): Promise<void> {
    while (confirmed < acts) {
      const email = `${name}-${accounts.length}@example.com`;
      const account = { email, isConfirmed: false, tokens: [], isRefreshing: false };
      accounts.push(account);
      if (!(await serve(account))) return;
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, call));
  return accounts;
}
