/** The requests of the workbench as curl commands and as TypeScript, to paste into a shell or a program. */
import { shallowRef } from "vue";
import { BASE } from "../base.ts";

/** The languages of the code. */
export const LANGUAGES = ["curl", "TypeScript"] as const;

/** What the user has chosen to see, in every panel. */
export const shownLanguage = shallowRef<(typeof LANGUAGES)[number]>("curl");

/** Whether the access token is shown, in its panel and in the code. Somebody may be looking, or the screen is recorded. */
export const showsTokens = shallowRef(false);

/** A request as code. */
export type Snippet = Readonly<Record<(typeof LANGUAGES)[number], string>>;

/** The access token, or the shell variable that stands for it while tokens are hidden. */
export type TokenText = string;

/** Quotes a text for a POSIX shell. */
const quoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`;

const curl = (path: string, ...options: string[]) =>
  [`curl ${quoted(BASE + path)}`, ...options].join(" \\\n  ");
const bearer = (token: TokenText) => `-H "Authorization: Bearer ${token}"`;
const json = (body: unknown) => [
  "-H 'Content-Type: application/json'",
  `-d ${quoted(JSON.stringify(body))}`,
];

/** Logs in. */
export const logIn: Snippet = {
  curl: curl(
    "/token",
    "-d grant_type=password",
    `--data-urlencode "username=$EMAIL"`,
    `--data-urlencode "password=$PASSWORD"`,
  ),
  TypeScript: `import { createTegata, memoryStore } from "tegata-client";

const tegata = createTegata({
  url: ${JSON.stringify(BASE)},
  store: memoryStore(),
});
await tegata.login(email, password);`,
};

/** Replaces the tokens. */
export const refresh: Snippet = {
  curl: curl("/token", "-d grant_type=refresh_token", `-d "refresh_token=$REFRESH_TOKEN"`),
  TypeScript: `// The client does this by itself when a token has expired.
const tokens = tegata.session.tokens();
if (tokens) await tegata.session.refresh(tokens);`,
};

/** Ends the session. */
export const logOut: Snippet = {
  curl: curl("/revoke", `-d "token=$REFRESH_TOKEN"`),
  TypeScript: "await tegata.logout();",
};

/** Gets the account. */
export const getMe = (token: TokenText): Snippet => ({
  curl: curl("/api/users/me", bearer(token)),
  TypeScript: "await tegata.api.me.query();",
});

/** Gets the first page of items. */
export const getItems = (token: TokenText, limit: number): Snippet => ({
  curl: curl(`/api/items?limit=${limit}`, bearer(token)),
  TypeScript: `await tegata.api.items.list.query({ limit: ${limit} });`,
});

/** Adds an item. */
export const addItem = (token: TokenText, title: string): Snippet => ({
  curl: curl("/api/items", bearer(token), ...json({ title })),
  TypeScript: `await tegata.api.items.add.mutate({ title: ${JSON.stringify(title)} });`,
});

/** Removes an item. */
export const removeItem = (token: TokenText, id: number): Snippet => ({
  curl: curl(`/api/items/${id}`, "-X DELETE", bearer(token)),
  TypeScript: `await tegata.api.items.remove.mutate({ id: ${id} });`,
});
